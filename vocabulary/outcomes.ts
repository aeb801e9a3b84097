import { z } from 'zod';

/** Why a request that was sent did not complete, as the client saw it. Closed list. */
export const REQUEST_FAILURE_CODES = [
  'connect-refused',
  'connection-reset',
  'tls-error',
  'dns-error',
  'http-client-error',
  'http-rate-limited',
  'http-server-error',
  'http-overloaded',
  'grpc-error',
  'malformed-response',
  'incomplete-stream',
  'empty-answer',
] as const;
export type RequestFailureCode = (typeof REQUEST_FAILURE_CODES)[number];

/** Which limit a timed-out request ran into. `run-ended`: still unfinished when the drain time was over; `patience`: the customer left. */
export const TIMEOUT_PHASES = ['connect', 'first-token', 'idle', 'total', 'run-ended', 'patience'] as const;
export type TimeoutPhase = (typeof TIMEOUT_PHASES)[number];

/** Why a scheduled request was never sent. */
export const DROP_REASONS = ['max-in-flight', 'run-aborted', 'too-late'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/** How one scheduled request ended. A timeout is not a slow success; a request never sent is still an arrival. */
export type Outcome =
  | { readonly state: 'completed' }
  | {
      readonly state: 'failed';
      readonly code: RequestFailureCode;
      readonly httpStatus?: number;
      /** The server's own code from the closed fault vocabulary, where it gave one. */
      readonly faultCode?: string;
      readonly detail?: string;
    }
  | { readonly state: 'timed-out'; readonly phase: TimeoutPhase }
  | { readonly state: 'dropped'; readonly reason: DropReason };

export const outcomeCountsSchema = z.strictObject({
  offered: z.int().nonnegative(),
  completed: z.int().nonnegative(),
  failed: z.int().nonnegative(),
  timedOut: z.int().nonnegative(),
  dropped: z.int().nonnegative(),
  /** Keys: `failed:<code>`, `timed-out:<phase>`, `dropped:<reason>`; a server's fault code adds `/<faultCode>`. */
  byReason: z.record(z.string(), z.int().positive()),
});

export type OutcomeCounts = z.infer<typeof outcomeCountsSchema>;

export const emptyOutcomeCounts = (): OutcomeCounts => ({
  offered: 0,
  completed: 0,
  failed: 0,
  timedOut: 0,
  dropped: 0,
  byReason: {},
});

/** The key under which an outcome that did not complete is counted. */
export function reasonOf(outcome: Outcome): string | undefined {
  switch (outcome.state) {
    case 'completed':
      return undefined;
    case 'failed':
      return outcome.faultCode === undefined
        ? `failed:${outcome.code}`
        : `failed:${outcome.code}/${outcome.faultCode}`;
    case 'timed-out':
      return `timed-out:${outcome.phase}`;
    case 'dropped':
      return `dropped:${outcome.reason}`;
  }
}

const COUNTER = {
  completed: 'completed',
  failed: 'failed',
  'timed-out': 'timedOut',
  dropped: 'dropped',
} as const;

/** Counts one outcome, in place. Keeps offered = completed + failed + timedOut + dropped. */
export function countOutcome(counts: OutcomeCounts, outcome: Outcome): void {
  counts.offered++;
  counts[COUNTER[outcome.state]]++;
  const reason = reasonOf(outcome);
  if (reason !== undefined) counts.byReason[reason] = (counts.byReason[reason] ?? 0) + 1;
}

/** Sum of two counts, as a new record. */
export function mergeOutcomeCounts(a: OutcomeCounts, b: OutcomeCounts): OutcomeCounts {
  const byReason = { ...a.byReason };
  for (const [reason, requests] of Object.entries(b.byReason))
    byReason[reason] = (byReason[reason] ?? 0) + requests;
  return {
    offered: a.offered + b.offered,
    completed: a.completed + b.completed,
    failed: a.failed + b.failed,
    timedOut: a.timedOut + b.timedOut,
    dropped: a.dropped + b.dropped,
    byReason,
  };
}

/** Share of offered requests that did not complete; undefined when nothing was offered. */
export const computeErrorRatio = (counts: OutcomeCounts): number | undefined =>
  counts.offered === 0 ? undefined : (counts.offered - counts.completed) / counts.offered;
