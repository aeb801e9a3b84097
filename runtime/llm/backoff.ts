import type { Random } from '../../vocabulary/random.ts';

export interface BackoffOptions {
  /** Ceiling of the first wait; doubles with each retry. */
  readonly baseMs: number;
  /** No wait is drawn longer than this. */
  readonly maxMs: number;
}

/**
 * Full jitter (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015): uniform between 0 and the
 * doubled ceiling; never shorter than the provider asked for.
 */
export function drawBackoffMs(
  options: BackoffOptions,
  retry: number,
  random: Random,
  retryAfterMs: number | undefined,
): number {
  const ceilingMs = Math.min(options.maxMs, options.baseMs * 2 ** (retry - 1));
  return Math.max(retryAfterMs ?? 0, random.next() * ceilingMs);
}
