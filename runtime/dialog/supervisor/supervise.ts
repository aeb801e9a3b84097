import type { AnswerSink } from '../../llm/answer.ts';
import { createFault, type Fault, FaultError } from '../../llm/fault.ts';
import { NOTHING_SPENT, type Spent } from '../../llm/spent.ts';
import { withSpan } from '../../telemetry/spans.ts';
import type { DialogParts } from '../dependencies.ts';
import { decide, sentText, type TurnScope } from '../turn-types.ts';
import { reviewByModel } from './model-review.ts';
import type { ReviewSubject, Verdict } from './verdict.ts';

interface Review {
  readonly verdict: Verdict;
  readonly spent: Spent;
}

/** The whole answer before the rules, then, if it may still stand, before the model. */
export async function supervise(scope: TurnScope, subject: ReviewSubject): Promise<Review> {
  const { clock, config, dialogObserver } = scope.parts;
  if (config.supervisor.mode === 'off') return { verdict: { kind: 'approved' }, spent: NOTHING_SPENT };
  const startedAtMs = clock.nowMs();
  try {
    return await withSpan('supervisor', {}, () => review(scope, subject));
  } finally {
    dialogObserver.supervised?.(clock.nowMs() - startedAtMs);
  }
}

async function review(scope: TurnScope, subject: ReviewSubject): Promise<Review> {
  const { parts, options, interaction } = scope;
  const { supervisor } = parts.config;
  const byRules = parts.reviewByRules(subject);
  noteVerdict(scope, byRules, 'rules');
  const isDecided = byRules.kind === 'blocked' || byRules.kind === 'escalate';
  if (isDecided || !supervisor.model.enabled) return { verdict: byRules, spent: NOTHING_SPENT };
  const reviewed = byRules.kind === 'rewritten' ? { ...subject, answer: byRules.text } : subject;
  const { verdict, spent, failure } = await reviewByModel(parts, supervisor.model, {
    // Rules are of this process; the model is a provider like any other.
    subject: { ...reviewed, customerText: sentText(scope) },
    requestId: options.requestId,
    tenant: interaction.tenant,
    signal: options.signal,
    ...(options.traceparent === undefined ? {} : { traceparent: options.traceparent }),
  });
  if (failure !== undefined) {
    parts.dialogObserver.reviewFailed();
    decide(scope, 'supervisor', `review_failed:${supervisor.model.onFailure}`, failure);
  }
  noteVerdict(scope, verdict, 'model');
  return { verdict: verdict.kind === 'approved' ? byRules : verdict, spent };
}

function noteVerdict(scope: TurnScope, verdict: Verdict, by: 'rules' | 'model'): void {
  scope.parts.dialogObserver.reviewed(verdict.kind, by);
  const reason = verdict.kind === 'approved' ? `by ${by}` : `by ${by}: ${verdict.reason}`;
  decide(scope, 'supervisor', verdict.kind, reason);
}

/** An answer on its way to the customer that can be stopped. */
export interface WatchedSink {
  readonly sink: AnswerSink;
  readonly signal: AbortSignal;
  /** Why it was stopped; undefined while it was not. */
  readonly stopped: () => Verdict | undefined;
}

const SENTENCE_END = /[.!?\n]/;
/** Text without sentences is looked at this often. */
const MAX_UNREAD_CHARS = 160;
/** Read again with each new part: a phrase may begin in the part before. */
const OVERLAP_CHARS = 200;

/**
 * Lets text through sentence by sentence checked: a part that blocks is not sent, and the work behind it is aborted.
 * Pieces of a sentence go out at once, so what a rule finds may have begun to show.
 */
export function watchSink(
  parts: DialogParts,
  target: AnswerSink,
  subject: Omit<ReviewSubject, 'answer'>,
  signal: AbortSignal,
): WatchedSink {
  const stop = new AbortController();
  let text = '';
  let readChars = 0;
  let verdict: Verdict | undefined;

  function isStopped(piece: string): boolean {
    text += piece;
    if (!SENTENCE_END.test(piece) && text.length - readChars < MAX_UNREAD_CHARS) return false;
    const found = parts.reviewByRules({
      ...subject,
      answer: text.slice(Math.max(0, readChars - OVERLAP_CHARS)),
    });
    readChars = text.length;
    if (found.kind !== 'blocked' && found.kind !== 'rewritten') return false;
    verdict = found;
    stop.abort(new FaultError(policyFault()));
    return true;
  }
  const sink: AnswerSink = {
    begin: (answerer) => target.begin(answerer),
    text: (piece) => {
      if (verdict === undefined && !isStopped(piece)) target.text(piece);
    },
    hold: () => target.hold(),
  };
  return { sink, signal: AbortSignal.any([signal, stop.signal]), stopped: () => verdict };
}

/** The client learns that a policy stopped the answer, not which: that is in the audit trail. */
export const policyFault = (): Fault => createFault('policy_blocked', 'The answer was stopped by a review.');
