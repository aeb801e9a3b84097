import type { HistogramMetricId } from '../vocabulary/metrics.ts';
import type { ResultStep } from '../vocabulary/result-file.ts';

/** Range that a figure truly lies in with `confidence`, and how that is known. */
export interface FigureInterval {
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
  readonly method: string;
}

/** Interval of a step's percentile in ms; undefined where none can be given. The bench judges; a report only shows. */
export type PercentileIntervalOf = (
  step: ResultStep,
  metric: HistogramMetricId,
  percent: number,
) => FigureInterval | undefined;
