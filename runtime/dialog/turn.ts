import { type Answer, type AnswerSink, answer } from '../llm/answer.ts';
import { type Fault, faultFromUnknown } from '../llm/fault.ts';
import type { CompletionMessage, CompletionRequest } from '../llm/provider.ts';
import type { AuditEntry } from '../store/audit.ts';
import type { DialogContext } from '../store/context-store.ts';
import type { TurnRecord } from '../store/history-store.ts';
import { dropOlderHalf, fitHistory, tokensPerCharFrom } from './context-window.ts';
import type { DialogDependencies } from './dependencies.ts';
import { fromStore } from './store-fault.ts';

/** A customer's message, under the client's own id for it. */
export interface TurnInput {
  readonly messageId: string;
  readonly text: string;
}

export interface TurnOptions {
  readonly requestId: string;
  readonly signal: AbortSignal;
  readonly sink?: AnswerSink;
}

type Answered = Extract<Answer, { kind: 'answered' }>;

/** How a turn ended. Only `answered` and `replayed` turns have a row in history. */
export type TurnResult =
  | { readonly kind: 'replayed'; readonly turn: TurnRecord }
  | { readonly kind: 'answered'; readonly turn: TurnRecord; readonly answer: Answered }
  | { readonly kind: 'refused'; readonly fault: Fault; readonly answer: Answer };

/** Enough to fill any context window that is asked for. */
const MAX_REBUILT_TURNS = 200;

const messagesOf = (turn: TurnRecord): CompletionMessage[] => [
  { role: 'user', content: turn.customerText },
  { role: 'assistant', content: turn.answerText },
];

/** What an interaction knows after a turn: what of its history was asked with, and the turn itself. */
function contextAfter(prepared: Prepared, turn: TurnRecord): DialogContext {
  const tokensPerChar =
    tokensPerCharFrom(promptOf(prepared), turn.promptTokens) ?? prepared.context.tokensPerChar;
  return {
    interactionId: turn.interactionId,
    messages: [...prepared.history, ...messagesOf(turn)],
    turns: turn.turnIndex + 1,
    ...(tokensPerChar === undefined ? {} : { tokensPerChar }),
  };
}

/**
 * The working memory of an interaction; after an expiry, eviction or restart it comes from history, turn by turn in the
 * way it grew, so that the next prompt (and its cached prefix) is the one that it would have been.
 */
async function loadContext(deps: DialogDependencies, interactionId: string): Promise<DialogContext> {
  const known = await fromStore(deps, deps.contexts.get(interactionId));
  if (known !== undefined) return known;
  const turns = await fromStore(deps, deps.history.listTurns(interactionId, MAX_REBUILT_TURNS));
  const empty: DialogContext = { interactionId, messages: [], turns: 0 };
  return turns.reduce(
    (context, turn) => contextAfter(prepare(deps, context, turn.customerText), turn),
    empty,
  );
}

interface Prepared {
  readonly context: DialogContext;
  readonly fixed: readonly CompletionMessage[];
  readonly history: readonly CompletionMessage[];
}

function prepare(deps: DialogDependencies, context: DialogContext, text: string): Prepared {
  const { systemPrompt, maxOutputTokens } = deps.config;
  const user: CompletionMessage = { role: 'user', content: text };
  const fixed: CompletionMessage[] =
    systemPrompt === '' ? [user] : [{ role: 'system', content: systemPrompt }, user];
  const { tokensPerChar } = context;
  const budget = { contextTokens: deps.contextTokens(), maxOutputTokens, tokensPerChar };
  return { context, fixed, history: fitHistory(context.messages, fixed, budget) };
}

/** The prompt: system prompt, what is kept of the history, the new message. */
function promptOf({ fixed, history }: Prepared): readonly CompletionMessage[] {
  return [...fixed.slice(0, -1), ...history, ...fixed.slice(-1)];
}

function completionFor(
  deps: DialogDependencies,
  prepared: Prepared,
  options: TurnOptions,
): CompletionRequest {
  return {
    requestId: options.requestId,
    messages: promptOf(prepared),
    maxOutputTokens: deps.config.maxOutputTokens,
    temperature: deps.config.temperature,
    topP: 1,
    stop: [],
    ignoreEos: false,
    cacheKey: prepared.context.interactionId,
    tenant: 'default',
  };
}

interface Asked {
  readonly answer: Answer;
  readonly prepared: Prepared;
}

/** Asks; where the engine finds the prompt too long after all, asks again with the older half of the turns dropped. */
async function ask(deps: DialogDependencies, first: Prepared, options: TurnOptions): Promise<Asked> {
  let prepared = first;
  for (let attempt = 0; ; attempt++) {
    const request = completionFor(deps, prepared, {
      ...options,
      requestId: attempt === 0 ? options.requestId : `${options.requestId}-${attempt}`,
    });
    const result = await answer(deps.chain, request, {
      signal: options.signal,
      observer: deps.observer,
      clock: deps.clock,
      ...(options.sink === undefined ? {} : { sink: options.sink }),
    });
    const isTooLong = result.kind === 'refused' && result.fault.code === 'caller_context_too_long';
    if (!isTooLong || prepared.history.length === 0) return { answer: result, prepared };
    prepared = { ...prepared, history: dropOlderHalf(prepared.history) };
  }
}

/** One turn, from context to the row in history. The caller holds the interaction's lock. */
export async function runTurn(
  deps: DialogDependencies,
  interactionId: string,
  input: TurnInput,
  options: TurnOptions,
): Promise<TurnResult> {
  const startedAtUnixMs = deps.clock.unixMs();
  const context = await loadContext(deps, interactionId);
  const { answer: result, prepared } = await ask(deps, prepare(deps, context, input.text), options);
  if (result.kind === 'refused') return { kind: 'refused', fault: result.fault, answer: result };
  if (result.end.outcome === 'incomplete')
    return { kind: 'refused', fault: result.end.fault, answer: result };
  const { end, answerer } = result;
  const turn: TurnRecord = {
    interactionId,
    tenant: 'default',
    turnIndex: context.turns,
    messageId: input.messageId,
    customerText: input.text,
    answerText: result.text,
    outcome: end.outcome,
    finishReason: end.reason,
    provider: answerer.provider,
    engine: answerer.engine,
    level: answerer.level,
    decidedBy: 'agent',
    promptTokens: end.usage.promptTokens,
    cachedPromptTokens: end.usage.cachedPromptTokens,
    outputTokens: end.usage.outputTokens,
    costUsd: result.spent.costUsd,
    startedAtUnixMs,
    finishedAtUnixMs: deps.clock.unixMs(),
  };
  return persist(deps, prepared, turn, result);
}

function answeredEntry(turn: TurnRecord): AuditEntry {
  const { tenant, interactionId, turnIndex, messageId, costUsd, finishedAtUnixMs: atUnixMs } = turn;
  return {
    kind: 'turn_answered',
    atUnixMs,
    tenant,
    interactionId,
    turnIndex,
    messageId,
    decisions: [],
    costUsd,
  };
}

/** Write before acknowledge: the row first, then the working memory, then the client. */
async function persist(
  deps: DialogDependencies,
  prepared: Prepared,
  turn: TurnRecord,
  result: Answered,
): Promise<TurnResult> {
  try {
    await fromStore(deps, deps.history.appendTurn(turn, [answeredEntry(turn)]));
  } catch (error) {
    // Without its row the turn did not happen: the text that was streamed ends in this fault.
    const fault = faultFromUnknown(error, 'gateway_store_unavailable');
    return { kind: 'refused', fault, answer: result };
  }
  const context = contextAfter(prepared, turn);
  // The turn is answered: a context that cannot be kept is rebuilt from history next time.
  await deps.contexts.set(context, deps.config.contextTtlMs).catch(deps.onStoreFailure);
  return { kind: 'answered', turn, answer: result };
}
