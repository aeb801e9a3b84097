import type { FaultCode } from '../../vocabulary/faults.ts';
import type { Random } from '../../vocabulary/random.ts';
import { type BackoffOptions, drawBackoffMs } from './backoff.ts';
import type { Course } from './course.ts';
import type { Fault } from './fault.ts';
import type { Link } from './link.ts';
import type { LlmObserver } from './llm-observer.ts';
import type { RetryBudget, RetryBudgetOptions } from './retry-budget.ts';

export interface RetryOptions extends BackoffOptions {
  /** Attempts of one request at providers outside, over the whole chain, the first one included. */
  readonly maxAttempts: number;
  readonly budget: RetryBudgetOptions;
}

/** Worth the same question to the same provider. One that was too slow is not asked again: its time is used up. */
export const RETRYABLE: ReadonlySet<FaultCode> = new Set([
  'provider_unreachable',
  'provider_rate_limited',
  'provider_overloaded',
  'provider_error',
  'provider_incomplete',
]);

export interface RetryScope {
  readonly options: RetryOptions | undefined;
  readonly budget: RetryBudget | undefined;
  readonly random: Random;
  readonly events: LlmObserver;
}

/** How things stand after a failed attempt. */
export interface Setback {
  readonly link: Link;
  readonly fault: Fault;
  /** Retries made at this provider for this request, the one in question included. */
  readonly retry: number;
  /** Providers outside that are still to be asked: each keeps one attempt. */
  readonly successors: number;
}

/** The wait before the same provider is asked again, ms; undefined when it is not. */
export function planRetry(course: Course, setback: Setback, scope: RetryScope): number | undefined {
  const { options, budget, random, events } = scope;
  const { link, fault, retry, successors } = setback;
  if (options === undefined || budget === undefined || !RETRYABLE.has(fault.code)) return undefined;
  if (course.attempts + successors >= options.maxAttempts || !link.breaker.mayEnter) return undefined;
  // Somebody else may answer before this one wants to be asked again.
  if (successors > 0 && (fault.retryAfterMs ?? 0) > options.maxMs) return undefined;
  const waitMs = drawBackoffMs(options, retry, random, fault.retryAfterMs);
  const leftMs = course.startedAtMs + link.timeouts.totalMs - course.clock.nowMs();
  if (waitMs >= leftMs) return undefined;
  if (!budget.tryTake()) {
    events.extraAttemptDenied(link.provider.name, 'retry');
    return undefined;
  }
  events.extraAttempt(link.provider.name, 'retry');
  return waitMs;
}
