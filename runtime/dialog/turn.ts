import { addSpent } from '../llm/spent.ts';
import type { InteractionRecord } from '../store/history-store.ts';
import { withSpan } from '../telemetry/spans.ts';
import { type Asked, askAgent, completionsOf } from './agent.ts';
import type { DialogParts } from './dependencies.ts';
import type { Escalation } from './escalation/hand-over.ts';
import { escalationByMessage, escalationByScript, escalationByUnsureTurns } from './escalation/triggers.ts';
import { countAnswer, deliver, finishTurn, refuseTurn, writtenAnswer } from './finish-turn.ts';
import { redactionContextOf } from './kept-text.ts';
import { runScript, type ScriptStep } from './script/run-script.ts';
import type { AgentBrief } from './script/schema.ts';
import type { ScriptState } from './script/script-state.ts';
import { policyFault, supervise, watchSink } from './supervisor/supervise.ts';
import type { ReviewSubject, Verdict } from './supervisor/verdict.ts';
import { loadContext, prepare } from './turn-context.ts';
import {
  type Answered,
  decide,
  sentText,
  type TurnInput,
  type TurnOptions,
  type TurnResult,
  type TurnScope,
} from './turn-types.ts';

export type { TurnInput, TurnOptions, TurnResult } from './turn-types.ts';

async function openTurn(
  parts: DialogParts,
  interaction: InteractionRecord,
  input: TurnInput,
  options: TurnOptions,
): Promise<TurnScope> {
  const startedAtUnixMs = parts.clock.unixMs();
  const context = await loadContext(parts, interaction);
  const { text: keptText, found } = parts.redactor.redact(input.text, redactionContextOf(context, input));
  const scope = {
    parts,
    interaction,
    input,
    options,
    context,
    startedAtUnixMs,
    keptText,
    decisions: [],
    begun: [],
  };
  const kinds = Object.entries(found).map(([kind, times]) => `${kind} ×${times}`);
  if (kinds.length > 0) decide(scope, 'redaction', 'redacted', kinds.join(', '));
  return scope;
}

/** The script's part; undefined where there is none. */
async function scriptStep(scope: TurnScope): Promise<ScriptStep | undefined> {
  const { parts, context, interaction, input, startedAtUnixMs } = scope;
  const { scripts, clock, dialogObserver } = parts;
  if (scripts === undefined || context.script === undefined) return undefined;
  const startedAtMs = clock.nowMs();
  let logicMs = 0;
  const script = scripts.forVersion(context.script.version);
  const step = await runScript({
    script,
    // A version that is gone is not asked for again: the interaction moves to the one that runs.
    state: { ...context.script, version: script.version },
    text: input.text,
    channel: interaction.channel,
    nowUnixMs: startedAtUnixMs,
    runLogic: async (logic, argument) => {
      const calledAtMs = clock.nowMs();
      const outcome = await scripts.sandbox.run(logic, argument);
      logicMs = clock.nowMs() - calledAtMs;
      dialogObserver.logicCalled(outcome.kind === 'ok' ? 'ok' : outcome.reason, logicMs);
      return outcome;
    },
  });
  dialogObserver.scriptStepped(clock.nowMs() - startedAtMs - logicMs);
  const { version } = context.script;
  if (version !== script.version) decide(scope, 'script', `moved_from:${version}`, 'that version is gone');
  decide(scope, 'script', `version:${script.version}`);
  for (const { step: name, outcome, reason } of step.decisions) decide(scope, name, outcome, reason);
  return step;
}

interface HandOverAsk {
  readonly step?: ScriptStep | undefined;
  /** Work that was done for an answer which is not given. */
  readonly spentOn?: Answered;
  readonly instead?: boolean;
}

/** Ends a turn with words for the customer and the hand-over. */
function handOver(scope: TurnScope, escalation: Escalation, ask: HandOverAsk = {}): Promise<TurnResult> {
  const { step, spentOn, instead = false } = ask;
  const text = escalation.text ?? scope.parts.config.escalation.answer;
  const answer = writtenAnswer(scope, text, {
    instead,
    ...(spentOn === undefined ? {} : { spent: spentOn.spent }),
  });
  deliver(scope, answer);
  const state = step?.state ?? scope.context.script;
  return finishTurn(scope, { answer, decidedBy: 'script', step, state, escalation });
}

const NO_BRIEF: AgentBrief = { facts: [], allowedActions: [] };

function subjectOf(scope: TurnScope, brief: AgentBrief): Omit<ReviewSubject, 'answer'> {
  const { parts, context, input } = scope;
  const facts =
    context.script === undefined
      ? []
      : (parts.scripts?.forVersion(context.script.version).script.facts ?? []);
  return {
    customerText: input.text,
    grounds: [...facts, ...brief.facts, ...context.messages.map((message) => message.content)].join('\n'),
    allowedActions: brief.allowedActions,
  };
}

interface Drafted extends Asked {
  /** Set where a streamed answer was stopped before its end. */
  readonly stopped: Verdict | undefined;
}

/** Lets the agent answer: straight to the customer, watched on its way there, or held back. */
async function draft(
  scope: TurnScope,
  brief: AgentBrief,
  subject: Omit<ReviewSubject, 'answer'>,
): Promise<Drafted> {
  const { parts, options, context } = scope;
  const prepared = prepare(parts, context, sentText(scope), brief);
  await options.reserve?.(() => completionsOf(scope, prepared, subject));
  const { mode } = parts.config.supervisor;
  if (mode === 'alongside' && options.sink !== undefined) {
    const watched = watchSink(parts, options.sink, subject, options.signal);
    const asked = await askAgent(scope, prepared, watched);
    return { ...asked, stopped: watched.stopped() };
  }
  const sink = mode === 'off' ? options.sink : undefined;
  return { ...(await askAgent(scope, prepared, { signal: options.signal, sink })), stopped: undefined };
}

const policyHit = (verdict: Verdict): Escalation => ({
  trigger: 'policy_hit',
  reasonCode: verdict.kind === 'escalate' ? 'supervisor_escalated' : 'policy_blocked',
  reason: verdict.kind === 'approved' ? 'The supervisor asks for a person.' : `Supervisor: ${verdict.reason}`,
});

interface Stopped {
  readonly answer: Answered;
  readonly isHeld: boolean;
  readonly verdict: Verdict;
}

/** An answer that must not stand. Held back, another text takes its place; already streaming, it ends as an error. */
function stopAnswer(
  scope: TurnScope,
  step: ScriptStep | undefined,
  { answer: answered, isHeld, verdict }: Stopped,
): Promise<TurnResult> {
  const { escalation: settings, supervisor } = scope.parts.config;
  const escalation = settings.onPolicyHit || verdict.kind === 'escalate' ? policyHit(verdict) : undefined;
  if (!isHeld) {
    const known = escalation === undefined ? {} : { escalation };
    return refuseTurn(scope, policyFault(), { answer: answered, step, ...known });
  }
  if (escalation !== undefined) return handOver(scope, escalation, { step, spentOn: answered });
  const answer = writtenAnswer(scope, supervisor.blockedAnswer, { spent: answered.spent });
  deliver(scope, answer);
  return finishTurn(scope, { answer, decidedBy: 'script', step, state: step?.state ?? scope.context.script });
}

/** Where the script stands after the agent's answer; an answer from keyword rules counts as one not understood. */
function stateAfter(
  scope: TurnScope,
  step: ScriptStep | undefined,
  answered: Answered,
): ScriptState | undefined {
  const before = scope.context.script;
  const state = step?.state ?? before;
  if (state === undefined || before === undefined) return undefined;
  const isDegraded = answered.answerer.level === 'keyword' && !scope.parts.isKeywordOnly;
  const isUnknown = state.unsureTurns > before.unsureTurns;
  if (isDegraded) decide(scope, 'agent', 'keyword_level', 'no model answered');
  return { ...state, unsureTurns: isDegraded || isUnknown ? before.unsureTurns + 1 : 0 };
}

/** Adds the words of a hand-over to an answer that stands. */
function withHandOver(
  scope: TurnScope,
  answered: Answered,
  escalation: Escalation,
  isHeld: boolean,
): Answered {
  const more = `\n\n${escalation.text ?? scope.parts.config.escalation.answer}`;
  if (!isHeld && !scope.options.signal.aborted) scope.options.sink?.text(more);
  return { ...answered, text: answered.text + more };
}

interface Reviewed extends Drafted {
  readonly answer: Answered;
  readonly isHeld: boolean;
  readonly verdict: Verdict;
}

function finishReviewed(
  scope: TurnScope,
  step: ScriptStep | undefined,
  { answer, isHeld, verdict, prepared }: Reviewed,
): Promise<TurnResult> {
  const isLate = verdict.kind === 'rewritten' && !isHeld;
  const isUnfit = verdict.kind === 'blocked' || isLate || (verdict.kind === 'escalate' && isHeld);
  if (isUnfit) return stopAnswer(scope, step, { answer, isHeld, verdict });
  const state = stateAfter(scope, step, answer);
  const escalation = verdict.kind === 'escalate' ? policyHit(verdict) : escalationByUnsureTurns(scope, state);
  const fitting = verdict.kind === 'rewritten' ? { ...answer, text: verdict.text } : answer;
  const whole = escalation === undefined ? fitting : withHandOver(scope, fitting, escalation, isHeld);
  if (isHeld) deliver(scope, whole);
  return finishTurn(scope, { answer: whole, decidedBy: 'agent', prepared, step, state, escalation });
}

const AGENT_TIMEOUT: Escalation = {
  trigger: 'agent_timeout',
  reasonCode: 'agent_timeout',
  reason: 'The agent did not answer in time.',
};

async function answerByAgent(scope: TurnScope, step: ScriptStep | undefined): Promise<TurnResult> {
  const { parts, options } = scope;
  const brief = step?.action.kind === 'agent' ? step.action.brief : NO_BRIEF;
  const subject = subjectOf(scope, brief);
  const drafted = await draft(scope, brief, subject);
  const { answer, stopped } = drafted;
  if (answer.kind === 'answered') scope.begun.push(answer);
  if (answer.kind === 'refused') {
    decide(scope, 'agent', 'refused', answer.fault.code);
    const isTimeout = answer.fault.code === 'provider_timeout' && parts.config.escalation.onAgentTimeout;
    return isTimeout && !options.signal.aborted
      ? handOver(scope, AGENT_TIMEOUT, { step, instead: true })
      : refuseTurn(scope, answer.fault, { answer, step });
  }
  const { provider, engine, level } = answer.answerer;
  if (stopped !== undefined) {
    decide(scope, 'supervisor', 'stopped', stopped.kind === 'approved' ? undefined : stopped.reason);
    return stopAnswer(scope, step, { answer, isHeld: false, verdict: stopped });
  }
  decide(scope, 'agent', answer.end.outcome, `${provider} (${engine}, ${level})`);
  if (answer.end.outcome === 'incomplete') return refuseTurn(scope, answer.end.fault, { answer, step });
  const { mode } = parts.config.supervisor;
  const isHeld = mode === 'before' || (mode === 'alongside' && options.sink === undefined);
  const { verdict, spent } = await supervise(scope, { ...subject, answer: answer.text });
  const paid = { ...answer, spent: addSpent(answer.spent, spent) };
  return finishReviewed(scope, step, { ...drafted, answer: paid, isHeld, verdict });
}

/** One turn, from context to the row in history. The caller holds the interaction's lock. */
export async function runTurn(
  parts: DialogParts,
  interaction: InteractionRecord,
  input: TurnInput,
  options: TurnOptions,
): Promise<TurnResult> {
  const scope = await openTurn(parts, interaction, input, options);
  let result: TurnResult | undefined;
  try {
    result = await takeTurn(scope);
    return result;
  } finally {
    countAnswer(scope, result);
  }
}

async function takeTurn(scope: TurnScope): Promise<TurnResult> {
  const byMessage = escalationByMessage(scope);
  if (byMessage !== undefined) return handOver(scope, byMessage);
  const step = await withSpan('script', {}, () => scriptStep(scope));
  const isNewlyUnsure = (step?.state.unsureTurns ?? 0) > (scope.context.script?.unsureTurns ?? 0);
  const escalation =
    (step === undefined ? undefined : escalationByScript(step)) ??
    (isNewlyUnsure ? escalationByUnsureTurns(scope, step?.state) : undefined);
  if (escalation !== undefined) return handOver(scope, escalation, { step });
  if (step?.action.kind !== 'answer') return answerByAgent(scope, step);
  const answer = writtenAnswer(scope, step.action.text);
  deliver(scope, answer);
  return finishTurn(scope, { answer, decidedBy: 'script', step, state: step.state });
}
