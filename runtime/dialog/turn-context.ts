import type { CompletionMessage } from '../llm/provider.ts';
import type { DialogContext } from '../store/context-store.ts';
import type { InteractionRecord, TurnRecord } from '../store/history-store.ts';
import { fitHistory, tokensPerCharFrom } from './context-window.ts';
import type { DialogParts } from './dependencies.ts';
import { runScript } from './script/run-script.ts';
import type { AgentBrief } from './script/schema.ts';
import { beginScript, type ScriptState } from './script/script-state.ts';
import { fromStore } from './store-fault.ts';

/** Enough to fill any context window that is asked for. */
const MAX_REBUILT_TURNS = 200;

/** A prompt in the making. */
export interface Prepared {
  readonly context: DialogContext;
  readonly fixed: readonly CompletionMessage[];
  readonly history: readonly CompletionMessage[];
}

/** The prompt: system prompt, what is kept of the history, the new message. */
export const promptOf = ({ fixed, history }: Prepared): readonly CompletionMessage[] => [
  ...fixed.slice(0, -1),
  ...history,
  ...fixed.slice(-1),
];

const NO_BRIEF: AgentBrief = { facts: [], allowedActions: [] };

/** The gateway's system prompt, then what the script adds: instructions, facts and what may be offered. */
function systemPromptFor(parts: DialogParts, state: ScriptState | undefined, brief: AgentBrief): string {
  const script = state === undefined ? undefined : parts.scripts?.forVersion(state.version).script;
  const facts = [...(script?.facts ?? []), ...brief.facts];
  const sections = [
    parts.config.systemPrompt,
    script?.instructions ?? '',
    brief.instructions ?? '',
    facts.length === 0 ? '' : `Facts you may rely on:\n- ${facts.join('\n- ')}`,
    brief.allowedActions.length === 0 ? '' : `You may offer only: ${brief.allowedActions.join(', ')}.`,
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

/** What of the history fits beside the system prompt and the message. */
export function prepare(
  parts: DialogParts,
  context: DialogContext,
  text: string,
  brief: AgentBrief = NO_BRIEF,
): Prepared {
  const { maxOutputTokens } = parts.config;
  const user: CompletionMessage = { role: 'user', content: text };
  const system = systemPromptFor(parts, context.script, brief);
  const fixed: CompletionMessage[] = system === '' ? [user] : [{ role: 'system', content: system }, user];
  const { tokensPerChar } = context;
  const budget = { contextTokens: parts.contextTokens(), maxOutputTokens, tokensPerChar };
  return { context, fixed, history: fitHistory(context.messages, fixed, budget) };
}

const messagesOf = (turn: TurnRecord): CompletionMessage[] => [
  { role: 'user', content: turn.customerText },
  { role: 'assistant', content: turn.answerText },
];

/** What an interaction knows after a turn: what of its history was asked with, and the turn itself. */
export function contextAfter(
  prepared: Prepared,
  turn: TurnRecord,
  script: ScriptState | undefined,
): DialogContext {
  const tokensPerChar =
    tokensPerCharFrom(promptOf(prepared), turn.promptTokens) ?? prepared.context.tokensPerChar;
  return {
    interactionId: turn.interactionId,
    messages: [...prepared.history, ...messagesOf(turn)],
    turns: turn.turnIndex + 1,
    ...(tokensPerChar === undefined ? {} : { tokensPerChar }),
    ...(script === undefined ? {} : { script }),
  };
}

/**
 * Where a script begins in an interaction: with the version that its record names, also where that is gone meanwhile, so
 * that the next turn tells of the move. One from before versions were recorded begins with the one that was active then.
 */
export function initialScript(parts: DialogParts, interaction: InteractionRecord): ScriptState | undefined {
  const { scripts } = parts;
  if (scripts === undefined) return beginScript('');
  return beginScript(interaction.scriptVersion ?? scripts.activeAt(interaction.createdAtUnixMs).version);
}

/** Plays a stored turn again, for the state it left the script in. What was redacted is asked for again. */
async function scriptAfter(
  parts: DialogParts,
  interaction: InteractionRecord,
  state: ScriptState | undefined,
  turn: TurnRecord,
): Promise<ScriptState | undefined> {
  const { scripts } = parts;
  if (scripts === undefined || state === undefined) return state;
  const step = await runScript({
    script: scripts.forVersion(state.version),
    state,
    text: turn.customerText,
    channel: interaction.channel,
    nowUnixMs: turn.startedAtUnixMs,
    runLogic: (logic, input) => scripts.sandbox.run(logic, input),
  });
  return step.state;
}

/** Turns in history: what a context must have seen to be of use. */
async function storedTurns(parts: DialogParts, interactionId: string): Promise<number> {
  const [last] = await fromStore(parts, parts.history.listTurns(interactionId, 1));
  return last === undefined ? 0 : last.turnIndex + 1;
}

/**
 * The working memory of an interaction. One older than history is not used: a process died between a row and its context,
 * or a Redis came back without its last second. Then, and after an expiry, eviction or restart, it comes from history,
 * turn by turn in the way it grew, so that the next prompt (and its cached prefix) is the one that it would have been.
 */
export async function loadContext(
  parts: DialogParts,
  interaction: InteractionRecord,
): Promise<DialogContext> {
  const { interactionId } = interaction;
  const known = await fromStore(parts, parts.contexts.get(interactionId));
  if (known !== undefined && known.turns === (await storedTurns(parts, interactionId))) return known;
  const turns = await fromStore(parts, parts.history.listTurns(interactionId, MAX_REBUILT_TURNS));
  let script = initialScript(parts, interaction);
  let context: DialogContext = {
    interactionId,
    messages: [],
    turns: 0,
    ...(script === undefined ? {} : { script }),
  };
  for (const turn of turns) {
    script = await scriptAfter(parts, interaction, script, turn);
    context = contextAfter(prepare(parts, context, turn.customerText), turn, script);
  }
  return context;
}
