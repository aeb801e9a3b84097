import type { Answerer } from '../llm/chain.ts';
import { type Fault, faultFromUnknown } from '../llm/fault.ts';
import { NOTHING_SPENT, type Spent } from '../llm/spent.ts';
import type { AuditEntry, AuditKind } from '../store/audit.ts';
import type { HandOver, StateChange, TurnRecord } from '../store/history-store.ts';
import { type Escalation, handOverFrom } from './escalation/hand-over.ts';
import type { ScriptStep } from './script/run-script.ts';
import type { ScriptState } from './script/script-state.ts';
import { fromStore } from './store-fault.ts';
import { contextAfter, type Prepared, prepare } from './turn-context.ts';
import { type Answered, decide, keptTextOf, type TurnResult, type TurnScope } from './turn-types.ts';

/** A turn that has its answer. */
export interface Outcome {
  readonly answer: Answered;
  readonly decidedBy: TurnRecord['decidedBy'];
  /** What the agent was asked with; absent where it was not. */
  readonly prepared?: Prepared;
  readonly step?: ScriptStep | undefined;
  /** Where the script stands afterwards. */
  readonly state: ScriptState | undefined;
  readonly escalation?: Escalation | undefined;
}

const NO_TOKENS = { promptTokens: 0, cachedPromptTokens: 0, outputTokens: 0 };

/** An answer that no model wrote, in the form in which the chain gives answers. */
export function writtenAnswer(scope: TurnScope, text: string, options: WrittenOptions = {}): Answered {
  const { parts, context } = scope;
  const { spent = NOTHING_SPENT, instead = false } = options;
  const answerer: Answerer = {
    provider: 'script',
    providerKind: 'keyword',
    engine: 'script',
    model: `script ${context.script?.version ?? ''}`.trim(),
    level: instead ? 'keyword' : 'primary',
  };
  const end = {
    kind: 'end',
    outcome: instead ? 'failed_over' : 'complete',
    reason: 'stop',
    usage: NO_TOKENS,
    spent,
  } as const;
  return { kind: 'answered', answerer, text, end, endedAtMs: parts.clock.nowMs(), spent };
}

interface WrittenOptions {
  readonly spent?: Spent;
  /** True where it stands in for an agent that did not answer. */
  readonly instead?: boolean;
}

/** Sends a text that was not streamed while it was made. */
export function deliver({ options: { sink, signal } }: TurnScope, answer: Answered): void {
  if (sink === undefined || signal.aborted) return;
  sink.begin(answer.answerer);
  sink.text(answer.text);
}

function turnRecordFrom(scope: TurnScope, outcome: Outcome, end: Whole): TurnRecord {
  const { parts, interaction, context, input, keptText, startedAtUnixMs } = scope;
  const { answer, decidedBy, step } = outcome;
  const { promptTokens, cachedPromptTokens, outputTokens } = end.usage;
  return {
    interactionId: interaction.interactionId,
    tenant: interaction.tenant,
    turnIndex: context.turns,
    messageId: input.messageId,
    customerText: keptText,
    answerText: keptTextOf(scope, answer.text),
    outcome: end.outcome,
    finishReason: end.reason,
    provider: answer.answerer.provider,
    engine: answer.answerer.engine,
    level: answer.answerer.level,
    decidedBy,
    ...(step?.intent === undefined ? {} : { intent: step.intent }),
    ...(step?.confidence === undefined ? {} : { confidence: step.confidence }),
    promptTokens,
    cachedPromptTokens,
    outputTokens,
    costUsd: answer.spent.costUsd,
    startedAtUnixMs,
    finishedAtUnixMs: parts.clock.unixMs(),
  };
}

type Whole = Exclude<Answered['end'], { outcome: 'incomplete' }>;

/** An audit row about this turn, with the decisions taken so far. */
export function entryOf(scope: TurnScope, kind: AuditKind, atUnixMs: number): AuditEntry {
  const { interaction, context, input, options, decisions } = scope;
  return {
    kind,
    atUnixMs,
    tenant: interaction.tenant,
    interactionId: interaction.interactionId,
    turnIndex: context.turns,
    messageId: input.messageId,
    requestId: options.requestId,
    ...traceOf(options.traceparent),
    decisions: [...decisions],
  };
}

/** The trace id is the second field of a W3C trace context. */
const traceOf = (traceparent: string | undefined): { readonly traceId?: string } => {
  const traceId = traceparent?.split('-')[1];
  return traceId === undefined ? {} : { traceId };
};

/** The hand-over record, redacted, and the change of state that carries it. */
export function handOverChange(
  scope: TurnScope,
  escalation: Escalation,
  known: {
    readonly state: ScriptState | undefined;
    readonly step: ScriptStep | undefined;
    readonly atUnixMs: number;
  },
): StateChange & { readonly handOver: HandOver } {
  const { interaction, context, keptText } = scope;
  const handOver = handOverFrom({
    escalation,
    intent: known.step?.intent ?? known.state?.intent,
    slots: known.state?.slots ?? {},
    messages: [...context.messages, { role: 'user', content: keptText }],
    atUnixMs: known.atUnixMs,
  });
  return {
    interactionId: interaction.interactionId,
    state: 'handed-off',
    reason: escalation.reasonCode,
    handOver: { ...handOver, summary: keptTextOf(scope, handOver.summary) },
    atUnixMs: known.atUnixMs,
  };
}

/** Write before acknowledge: the row first, then the working memory, then the client. */
export async function finishTurn(scope: TurnScope, outcome: Outcome): Promise<TurnResult> {
  const { parts, interaction, input } = scope;
  const { answer, escalation, step, state } = outcome;
  const { end } = answer;
  if (end.outcome === 'incomplete') return { kind: 'refused', fault: end.fault, answer };
  const turn = turnRecordFrom(scope, outcome, end);
  const atUnixMs = turn.finishedAtUnixMs;
  if (escalation !== undefined) {
    decide(scope, 'escalation', `${escalation.trigger}:${escalation.reasonCode}`, escalation.reason);
  }
  const change =
    escalation === undefined ? undefined : handOverChange(scope, escalation, { state, step, atUnixMs });
  const answered = { ...entryOf(scope, 'turn_answered', atUnixMs), costUsd: turn.costUsd };
  const audit = change === undefined ? [answered] : [answered, entryOf(scope, 'escalated', atUnixMs)];
  try {
    await fromStore(parts, parts.history.appendTurn(turn, audit, change));
  } catch (error) {
    // Without its row the turn did not happen: the text that was streamed ends in this fault.
    const fault: Fault = faultFromUnknown(error, 'gateway_store_unavailable');
    // A store that refuses this row can keep that of the refusal; one that does not answer would be waited for twice.
    if (fault.code === 'caller_conflict') return refuseTurn(scope, fault, { answer });
    return { kind: 'refused', fault, answer };
  }
  parts.dialogObserver.turnDecided(outcome.decidedBy);
  if (escalation !== undefined) parts.dialogObserver.escalated(escalation.trigger);
  const prepared = outcome.prepared ?? prepare(parts, scope.context, input.text);
  const context = { ...contextAfter(prepared, turn, state), interactionId: interaction.interactionId };
  // The turn is answered: a context that cannot be kept is rebuilt from history next time.
  await parts.contexts.set(context, parts.config.contextTtlMs).catch(parts.onStoreFailure);
  return { kind: 'answered', turn, answer, ...(change === undefined ? {} : { handOver: change.handOver }) };
}

/** A turn that ended in a fault: no row of its own, but one in the audit trail, and a hand-over where one was decided. */
export async function refuseTurn(
  scope: TurnScope,
  fault: Fault,
  known: {
    readonly answer: TurnResultAnswer;
    readonly escalation?: Escalation;
    readonly step?: ScriptStep | undefined;
  },
): Promise<TurnResult> {
  const { parts, context } = scope;
  const { answer, escalation, step } = known;
  const atUnixMs = parts.clock.unixMs();
  const refused = {
    ...entryOf(scope, 'turn_refused', atUnixMs),
    fault: fault.code,
    costUsd: answer.spent.costUsd,
  };
  if (escalation === undefined) {
    await parts.history.appendAudit([refused]).catch(parts.onStoreFailure);
    return { kind: 'refused', fault, answer };
  }
  decide(scope, 'escalation', `${escalation.trigger}:${escalation.reasonCode}`, escalation.reason);
  const change = handOverChange(scope, escalation, { state: step?.state ?? context.script, step, atUnixMs });
  const audit = [refused, entryOf(scope, 'escalated', atUnixMs)];
  try {
    await parts.history.changeState(change, audit);
  } catch (error) {
    parts.onStoreFailure(error);
    return { kind: 'refused', fault, answer };
  }
  parts.dialogObserver.escalated(escalation.trigger);
  return { kind: 'refused', fault, answer, handOver: change.handOver };
}

/** Counts the answer that a model began by what became of the turn: by its row where it has one, else as cut. */
export function countAnswer({ parts, begun }: TurnScope, result: TurnResult | undefined): void {
  for (const { answerer } of begun) {
    if (result?.kind === 'answered')
      parts.observer.answerEnded(result.turn.outcome, result.answer.answerer.level);
    else parts.observer.answerEnded('incomplete', answerer.level);
  }
}

type TurnResultAnswer = Extract<TurnResult, { kind: 'refused' }>['answer'];
