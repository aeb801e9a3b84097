import type { Decision } from '../../store/audit.ts';
import type { LogicOutcome, LogicSource } from '../sandbox/logic-sandbox.ts';
import type { CompiledScript } from './compile-script.ts';
import type { IntentScore } from './intents.ts';
import { type AgentBrief, type Intent, type LogicResult, logicResultSchema } from './schema.ts';
import type { ScriptState } from './script-state.ts';
import type { SlotValue, SlotValues } from './slots.ts';
import { paddedWords } from './tokens.ts';

/** What a script makes of a message. */
export type ScriptAction =
  | { readonly kind: 'answer'; readonly text: string }
  | { readonly kind: 'agent'; readonly brief: AgentBrief }
  | {
      readonly kind: 'escalate';
      readonly trigger: 'script' | 'low_confidence';
      readonly reasonCode: string;
      readonly text: string | undefined;
    };

export interface ScriptStep {
  readonly action: ScriptAction;
  readonly state: ScriptState;
  readonly intent?: string;
  readonly confidence?: number;
  readonly decisions: readonly Decision[];
}

export interface ScriptInput {
  readonly script: CompiledScript;
  readonly state: ScriptState;
  readonly text: string;
  readonly channel: string;
  readonly nowUnixMs: number;
  readonly runLogic: (logic: LogicSource, input: unknown) => Promise<LogicOutcome>;
}

const NO_BRIEF: AgentBrief = { facts: [], allowedActions: [] };
const CORRECTION = /\b(no|actually|sorry|wrong|instead|meant|correction|not)\b/i;
const PLACEHOLDER = /\{([a-z][a-z0-9_]*)\}/g;

/** Puts slot values into a text; a slot without one leaves nothing. */
const fill = (text: string, slots: SlotValues): string =>
  text.replaceAll(PLACEHOLDER, (whole, name: string) =>
    Object.hasOwn(slots, name) ? String(slots[name]) : whole,
  );

/** What is carried through the steps of one message. */
interface Walk {
  readonly input: ScriptInput;
  readonly decisions: Decision[];
  score: IntentScore | undefined;
}

const note = (walk: Walk, outcome: string, reason?: string): void => {
  walk.decisions.push({ step: 'script', outcome, ...(reason === undefined ? {} : { reason }) });
};

const rounded = (confidence: number): string => confidence.toFixed(2);

function stepOf(walk: Walk, action: ScriptAction, state: ScriptState): ScriptStep {
  const { score, decisions } = walk;
  return {
    action,
    state,
    decisions,
    ...(score === undefined ? {} : { intent: score.intent, confidence: score.confidence }),
  };
}

/** An intent is over: its slots stay known for what comes next. */
const closed = (state: ScriptState): ScriptState => {
  const { intent: _intent, awaiting: _awaiting, ...rest } = state;
  return { ...rest, reprompts: 0, unsureTurns: 0 };
};

/** Fills slots of an intent from a message: the awaited one, those still empty, and corrected ones. */
function readSlots(walk: Walk, intent: Intent, state: ScriptState): ScriptState {
  const { script, text, nowUnixMs } = walk.input;
  const isCorrection = CORRECTION.test(text.slice(0, 200));
  const slots: Record<string, SlotValue> = { ...state.slots };
  for (const name of [...intent.requiredSlots, ...intent.optionalSlots]) {
    const isAsked = name === state.awaiting;
    if (!isAsked && Object.hasOwn(slots, name) && !isCorrection) continue;
    const value = script.slots.get(name)?.read(text, isAsked, nowUnixMs);
    if (value === undefined || value === slots[name]) continue;
    note(walk, Object.hasOwn(slots, name) ? `slot_corrected:${name}` : `slot_filled:${name}`);
    slots[name] = value;
  }
  return { ...state, slots };
}

/** Asks for a slot; after too many questions a person takes over. */
function askFor(walk: Walk, state: ScriptState, name: string, isAgain: boolean): ScriptStep {
  const { script } = walk.input;
  const slot = script.slots.get(name)?.slot;
  const reprompts = isAgain ? state.reprompts + 1 : 0;
  if (reprompts > script.script.maxReprompts) {
    note(walk, 'gave_up', `${name} was asked for ${reprompts + 1} times`);
    const action = {
      kind: 'escalate',
      trigger: 'low_confidence',
      reasonCode: 'slot_not_filled',
      text: undefined,
    } as const;
    return stepOf(walk, action, state);
  }
  note(walk, isAgain ? `reprompt:${name}` : `prompt:${name}`);
  const text = (isAgain ? slot?.reprompt : undefined) ?? slot?.prompt ?? '';
  return stepOf(
    walk,
    { kind: 'answer', text: fill(text, state.slots) },
    { ...state, awaiting: name, reprompts },
  );
}

function settleLogic(walk: Walk, intent: Intent, state: ScriptState, result: LogicResult): ScriptStep {
  const slots = Object.fromEntries(
    Object.entries(state.slots).filter(([name]) => !result.clear.includes(name)),
  );
  const kept: ScriptState = {
    ...state,
    slots,
    ...(result.memory === undefined ? {} : { memory: result.memory }),
  };
  if (result.escalate !== undefined) {
    const { reasonCode, answer } = result.escalate;
    note(walk, `logic_escalates:${reasonCode}`);
    return stepOf(walk, { kind: 'escalate', trigger: 'script', reasonCode, text: answer }, kept);
  }
  if (result.agent !== undefined) {
    note(walk, 'logic_briefs_agent');
    return stepOf(walk, { kind: 'agent', brief: result.agent }, closed(kept));
  }
  const action: ScriptAction = { kind: 'answer', text: fill(result.answer ?? '', state.slots) };
  if (result.ask === undefined) {
    note(walk, 'logic_answers');
    return stepOf(walk, action, closed(kept));
  }
  note(walk, `logic_asks:${result.ask}`);
  return stepOf(walk, action, { ...kept, intent: intent.name, awaiting: result.ask, reprompts: 0 });
}

/** Logic that fails costs the script's part of the turn, not the turn: the agent answers without it. */
function withoutLogic(walk: Walk, state: ScriptState, why: string): ScriptStep {
  note(walk, 'logic_failed', why);
  return stepOf(walk, { kind: 'agent', brief: NO_BRIEF }, closed(state));
}

async function runLogic(walk: Walk, intent: Intent, state: ScriptState): Promise<ScriptStep> {
  const { script, text, channel, nowUnixMs, runLogic: run } = walk.input;
  if (script.logic === undefined) return withoutLogic(walk, state, 'there is no logic.js');
  const { slots, memory = null } = state;
  const outcome = await run(script.logic, { intent: intent.name, slots, text, channel, nowUnixMs, memory });
  for (const line of outcome.logs) note(walk, 'log', line);
  if (outcome.kind === 'failed') return withoutLogic(walk, state, `${outcome.reason}: ${outcome.message}`);
  const parsed = logicResultSchema.safeParse(outcome.output);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return withoutLogic(
      walk,
      state,
      `wrong result at ${issue?.path.join('.') || '(root)'}: ${issue?.message}`,
    );
  }
  const { ask } = parsed.data;
  if (ask !== undefined && !script.slots.has(ask)) {
    return withoutLogic(walk, state, `wrong result: asks for ${ask}, which is no slot`);
  }
  return settleLogic(walk, intent, state, parsed.data);
}

/** Goes on with an open intent: asks for what is missing, then does what the intent is for. */
function pursue(walk: Walk, intent: Intent, state: ScriptState): ScriptStep | Promise<ScriptStep> {
  const missing = intent.requiredSlots.find((name) => !Object.hasOwn(state.slots, name));
  if (missing !== undefined) return askFor(walk, state, missing, missing === state.awaiting);
  const ready: ScriptState = { ...state, reprompts: 0 };
  if (intent.logic) {
    const { awaiting: _awaiting, ...free } = ready;
    return runLogic(walk, intent, free);
  }
  if (intent.escalate !== undefined) {
    const { reasonCode, answer } = intent.escalate;
    return stepOf(walk, { kind: 'escalate', trigger: 'script', reasonCode, text: answer }, ready);
  }
  if (intent.answer !== undefined) {
    return stepOf(walk, { kind: 'answer', text: fill(intent.answer, ready.slots) }, closed(ready));
  }
  const brief = intent.agent ?? NO_BRIEF;
  const facts = brief.facts.map((fact) => fill(fact, ready.slots));
  return stepOf(walk, { kind: 'agent', brief: { ...brief, facts } }, closed(ready));
}

function begin(walk: Walk, score: IntentScore, state: ScriptState): ScriptStep | Promise<ScriptStep> {
  const intent = walk.input.script.intents.get(score.intent);
  if (intent === undefined) return notUnderstood(walk, state);
  note(walk, `intent:${intent.name}`, `confidence ${rounded(score.confidence)}`);
  const { awaiting: _awaiting, ...rest } = state;
  // What was asked before in free words belongs to the request it was asked for.
  const fresh = forgetAsked(walk.input.script, rest, intent);
  return pursue(
    walk,
    intent,
    readSlots(walk, intent, { ...fresh, intent: intent.name, reprompts: 0, unsureTurns: 0 }),
  );
}

/** Accounts, phones and the like identify the customer and stay; answers to questions are asked for anew. */
function forgetAsked(script: CompiledScript, state: ScriptState, intent: Intent): ScriptState {
  const own = new Set([...intent.requiredSlots, ...intent.optionalSlots]);
  const slots = Object.fromEntries(
    Object.entries(state.slots).filter(([name]) => {
      const type = script.slots.get(name)?.slot.type;
      return type === 'account' || type === 'phone' || !own.has(name);
    }),
  );
  return { ...state, slots };
}

function notUnderstood(walk: Walk, state: ScriptState): ScriptStep {
  const { score } = walk;
  const reason =
    score === undefined ? 'no known words' : `${score.intent} at ${rounded(score.confidence)} only`;
  note(walk, 'not_understood', reason);
  walk.score = undefined;
  const step = stepOf(
    walk,
    { kind: 'agent', brief: NO_BRIEF },
    { ...closed(state), unsureTurns: state.unsureTurns + 1 },
  );
  return score === undefined ? step : { ...step, confidence: score.confidence };
}

/** An awaited slot that stayed empty: another request, if the message clearly is one, else the question again. */
function unanswered(walk: Walk, open: Intent, state: ScriptState): ScriptStep | Promise<ScriptStep> {
  const { script } = walk.input;
  const { score } = walk;
  const isOther = score !== undefined && score.intent !== open.name;
  if (isOther && score.confidence >= script.script.unknownBelow) {
    note(walk, 'intent_changed', `from ${open.name}`);
    return begin(walk, score, state);
  }
  walk.score = { intent: open.name, confidence: score?.confidence ?? 0 };
  return askFor(walk, state, state.awaiting ?? '', true);
}

function goOn(walk: Walk, open: Intent): ScriptStep | Promise<ScriptStep> {
  const { script, state, text } = walk.input;
  const words = paddedWords(text);
  if (script.cancelKeys.some((key) => words.includes(key))) {
    note(walk, 'cancelled', open.name);
    walk.score = { intent: open.name, confidence: 1 };
    return stepOf(walk, { kind: 'answer', text: script.script.cancel.answer }, closed(state));
  }
  walk.score = script.classifier.classify(text);
  const awaited = state.awaiting ?? '';
  // A slot that logic asks for need not be one of the intent's own.
  const asked: Intent =
    open.requiredSlots.includes(awaited) || open.optionalSlots.includes(awaited)
      ? open
      : { ...open, optionalSlots: [...open.optionalSlots, awaited] };
  const before = state.slots[awaited];
  const { [awaited]: _old, ...others } = state.slots;
  const read = readSlots(walk, asked, { ...state, slots: others });
  if (!Object.hasOwn(read.slots, awaited)) {
    return unanswered(walk, open, before === undefined ? read : state);
  }
  walk.score = { intent: open.name, confidence: 1 };
  return pursue(walk, open, { ...read, reprompts: 0, unsureTurns: 0 });
}

/**
 * One message through the script: goes on with the open intent, or finds one, and says what to do. Apart from logic.js
 * it takes well under a millisecond and gives its result at once.
 */
export function runScript(input: ScriptInput): ScriptStep | Promise<ScriptStep> {
  const { script, state, text } = input;
  const walk: Walk = { input, decisions: [], score: undefined };
  const open = state.intent === undefined ? undefined : script.intents.get(state.intent);
  if (open !== undefined && state.awaiting !== undefined) return goOn(walk, open);
  walk.score = script.classifier.classify(text);
  const { score } = walk;
  if (score === undefined || score.confidence < script.script.unknownBelow) return notUnderstood(walk, state);
  return begin(walk, score, state);
}
