import type { OpenStep, ThinkTime } from '../../scenarios/load.ts';
import type { TraceRequest } from '../../scenarios/traces/trace.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import type { WatchedProcess } from '../observe/server-watch.ts';
import type { ProgressListener } from './progress.ts';
import type { RunJournal } from './run-journal.ts';
import type { StepLabel } from './step-label.ts';

/** A number of users for one step. */
export interface ClosedStepOptions {
  readonly concurrency: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
  readonly thinkTime: ThinkTime;
  readonly drainMs: number;
}

/** Requests of a trace at their instants, those divided by the speed-up already. */
export interface TraceStep {
  readonly requests: readonly TraceRequest[];
  readonly speedUp: number;
}

/** One step of any plan, as data: it can be carried out by other threads than the one that chose it. */
export type StepOrder =
  | { readonly kind: 'open'; readonly step: OpenStep; readonly label: StepLabel }
  | { readonly kind: 'closed'; readonly options: ClosedStepOptions; readonly label: StepLabel }
  | { readonly kind: 'trace'; readonly trace: TraceStep; readonly label: StepLabel };

/** Of the run that gives an order, what carrying it out elsewhere needs to know. */
export interface CrewedRun {
  readonly metricsUrls: readonly WatchedProcess[];
  readonly onProgress: ProgressListener;
  /** performance.now() of this thread at the start of the run. */
  readonly startedAtMs: number;
  readonly journal?: RunJournal;
}

/** Carries out steps in place of the thread that runs the plan. */
export interface StepCrew {
  /** As runStep: the step, cut where the run was stopped; undefined when its window had not begun. */
  run(order: StepOrder, run: CrewedRun): Promise<ResultStep | undefined>;
  /** Ends every thread. Idempotent. */
  close(): Promise<void>;
}
