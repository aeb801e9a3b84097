import type { Attempt, AttemptScope } from './attempt.ts';
import { beginAttempt, endAttempt, spentOf } from './attempt.ts';
import type { Fault } from './fault.ts';
import type { Link, Pass } from './link.ts';
import type { LlmObserver } from './llm-observer.ts';
import { addSpent, NOTHING_SPENT, type Spent } from './spent.ts';

interface CourseScope extends AttemptScope {
  readonly events: LlmObserver;
}

/** One request on its way through the chain. */
export interface Course extends CourseScope {
  /** The most tokens that one attempt may use. */
  readonly tokens: number;
  readonly startedAtMs: number;
  /** Attempts made at providers outside, of this request. */
  attempts: number;
  readonly running: Set<Attempt>;
  spent: Spent;
  /** Why nobody has answered so far. */
  refusal: Fault | undefined;
}

/** A request that nobody was asked yet. */
export const createCourse = (scope: CourseScope, tokens: number): Course => ({
  ...scope,
  tokens,
  startedAtMs: scope.clock.nowMs(),
  attempts: 0,
  running: new Set(),
  spent: NOTHING_SPENT,
  refusal: undefined,
});

/** Asks one more time. */
export function begin(course: Course, link: Link, pass: Pass): Attempt {
  course.attempts++;
  const attempt = beginAttempt(course, link, pass, course.attempts);
  course.running.add(attempt);
  return attempt;
}

/** Ends an attempt and adds up what it cost. */
export function end(course: Course, attempt: Attempt): void {
  if (!course.running.delete(attempt)) return;
  endAttempt(attempt, course);
  course.spent = addSpent(course.spent, spentOf(attempt));
  const { provider } = attempt.link;
  if (attempt.lateTokens > 0) course.events.tokensOrphaned(provider.name, attempt.lateTokens);
}

/** Ends whatever still runs: its reader has left. */
export function endAll(course: Course): void {
  for (const attempt of [...course.running]) end(course, attempt);
}
