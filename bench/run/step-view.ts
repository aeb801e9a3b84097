import type { StepLoad } from '../../vocabulary/result-file.ts';
import type { RecordedSoFar } from '../observe/recorder.ts';

/** What a live view shows percentiles of. */
export const LIVE_METRICS = ['latencyMs', 'timeToFirstTokenMs', 'scheduleSlipMs'] as const;

/** A step's counters at one instant. They belong to the step: read them, and copy what is to be kept. */
export interface StepSoFar extends RecordedSoFar {
  /** Requests sent since the step began, warm-up included. */
  readonly sent: number;
  readonly inFlight: number;
  /** Requests that did not complete since the step began, warm-up included. */
  readonly failed: number;
}

/** What a live view may know of a running step; reading it costs the step nothing. Instants are of performance.now(). */
export interface StepView {
  readonly load: StepLoad;
  readonly startedAtMs: number;
  readonly windowFromMs: number;
  readonly windowToMs: number;
  /** Of which instant the counters are, where they come from afar; of now where absent. */
  readonly asOfMs?: number;
  read(): StepSoFar;
}

interface Counting {
  readonly sent: number;
  readonly inFlight: number;
  readonly failed: number;
}

/** A view of a step by its recorder and session. */
export const createStepView = (
  span: Omit<StepView, 'read' | 'asOfMs'>,
  recorder: { readonly soFar: RecordedSoFar },
  session: Counting,
): StepView => ({
  ...span,
  read: () => ({
    ...recorder.soFar,
    sent: session.sent,
    inFlight: session.inFlight,
    failed: session.failed,
  }),
});
