import type { HistogramMetricId } from '../../../vocabulary/metrics.ts';
import type { Outcome } from '../../../vocabulary/outcomes.ts';
import type { ResultFile, ResultStep, StepLoad } from '../../../vocabulary/result-file.ts';
import type { RequestSpans } from '../../observe/request-metrics.ts';

/** Pooled spans that count several times each, as other tools weigh them. */
export interface WeighedSpan {
  readonly metric: HistogramMetricId;
  readonly spanMs: number;
  readonly times: number;
}

/** One request as another tool recorded it, by our definitions; what cannot be converted is absent. */
export interface ImportedRequest {
  readonly outcome: Outcome;
  /** Key of the count of those that did not complete, where no code of ours says it. */
  readonly reason?: string;
  /** On the tool's own clock. */
  readonly sentAtMs?: number;
  readonly endedAtMs?: number;
  readonly spans: RequestSpans;
  readonly weighed?: readonly WeighedSpan[];
  readonly inputTokens?: number;
  readonly cachedInputTokens?: number;
  readonly outputTokens?: number;
}

/** Totals of a step where the tool wrote no requests. */
export interface ImportedTotals {
  readonly completed: number;
  readonly failed: number;
  readonly inputTokens: number;
  readonly cachedInputTokens?: number;
  readonly outputTokens: number;
  readonly summaries: NonNullable<ResultStep['summaries']>;
  readonly meanInFlight: number;
  readonly maxInFlight: number;
}

/** One load as another tool measured it: every request, or totals where it kept none. Spans in ms. */
export interface ImportedStep {
  readonly name: string;
  readonly load: StepLoad;
  readonly startedAtUnixMs?: number;
  readonly windowMs: number;
  readonly content:
    | { readonly kind: 'requests'; readonly requests: readonly ImportedRequest[] }
    | { readonly kind: 'totals'; readonly totals: ImportedTotals };
}

/** Where the instants of a run begin whose date nobody knows; an instant of a result file lies above 0. */
export const UNDATED_FROM_MS = 1;

/** A measurement of another tool, before it is a result file. */
export interface ImportedRun {
  readonly tool: string;
  readonly version?: string;
  readonly startedAtUnixMs: number;
  readonly finishedAtUnixMs: number;
  /** The file names no date: its instants count from UNDATED_FROM_MS, and only what lies between them is known. */
  readonly isUndated?: boolean;
  readonly target: { readonly name: string; readonly url?: string; readonly model?: string };
  /** What a reader has to know: what is missing, and whose definitions stand behind what is there. */
  readonly notes: readonly string[];
  readonly steps: readonly ImportedStep[];
  readonly state?: ResultFile['state'];
}

/** What is the same for every tool that measures from its own send. */
export const NOTE_NO_SCHEDULE =
  'Spans count from the actual send (wire…): the tool keeps no scheduled instants, so latencyMs, timeToFirstTokenMs and scheduleSlipMs are withheld and its own lateness is unknown.';
