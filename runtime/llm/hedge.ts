import { type Attempt, type DecisiveEvent, nextEvent, noteEnd } from './attempt.ts';
import { begin, type Course, end } from './course.ts';
import { enterLinkNow, type Link } from './link.ts';
import type { RetryBudget } from './retry-budget.ts';

/** The first decisive event of an attempt. */
export interface FirstEvent {
  readonly attempt: Attempt;
  readonly event: DecisiveEvent;
}

const firstOf = async (attempt: Attempt): Promise<FirstEvent> => ({
  attempt,
  event: await nextEvent(attempt),
});

export interface HedgeScope {
  readonly budget: RetryBudget | undefined;
  readonly options: { readonly maxAttempts: number } | undefined;
}

/**
 * The first decisive event of an attempt; when that lets itself be waited for and the budget allows, a second attempt
 * at the same provider starts beside it, and the one that speaks first stays. The other is cancelled: what it cost is
 * paid for nothing.
 */
export async function firstEventOf(course: Course, attempt: Attempt, scope: HedgeScope): Promise<FirstEvent> {
  const { hedge, firstTokens } = attempt.link;
  const afterMs = hedge === undefined ? undefined : (hedge.afterMs ?? firstTokens.p95Ms);
  if (afterMs === undefined || scope.budget === undefined) return firstOf(attempt);
  const original = firstOf(attempt);
  const early = await within(course, original, afterMs);
  if (early !== undefined) return early;
  const mayAskAgain = course.attempts < (scope.options?.maxAttempts ?? 1) && !course.signal.aborted;
  const second = mayAskAgain ? startHedge(course, attempt.link, scope.budget) : undefined;
  if (second === undefined) return original;
  return settle(course, await race(course, original, second), { attempt, second });
}

/** What came before the span was over; undefined when nothing did. */
async function within(
  course: Course,
  original: Promise<FirstEvent>,
  spanMs: number,
): Promise<FirstEvent | undefined> {
  const timer = new AbortController();
  const late = course.clock.sleepUntil(course.clock.nowMs() + spanMs, timer.signal).catch(() => undefined);
  const first = await Promise.race([original, late]);
  timer.abort();
  return first ?? undefined;
}

function startHedge(course: Course, link: Link, budget: RetryBudget): Attempt | undefined {
  const { events } = course;
  const { tenant } = course.request;
  const pass = enterLinkNow(link, { tenant, tokens: course.tokens });
  if (pass === undefined) return undefined;
  if (budget.tryTake()) {
    events.extraAttempt(link.provider.name, 'hedge');
    return begin(course, link, pass);
  }
  events.extraAttemptDenied(link.provider.name, 'hedge');
  link.breaker.record(pass.entry, 'caller_disconnected');
  pass.place.release(0);
  return undefined;
}

/** Who speaks first wins; one that fails leaves the field to the other. */
async function race(course: Course, original: Promise<FirstEvent>, second: Attempt): Promise<FirstEvent> {
  const hedged = firstOf(second);
  const first = await Promise.race([original, hedged]);
  if (first.event.kind !== 'failed') return first;
  noteEnd(first.attempt, first.event);
  end(course, first.attempt);
  return first.attempt === second ? original : hedged;
}

function settle(
  course: Course,
  winner: FirstEvent,
  pair: { readonly attempt: Attempt; readonly second: Attempt },
): FirstEvent {
  const loser = winner.attempt === pair.second ? pair.attempt : pair.second;
  end(course, loser);
  course.events.hedgeEnded(
    loser.link.provider.name,
    winner.attempt === pair.second && winner.event.kind !== 'failed',
  );
  return winner;
}
