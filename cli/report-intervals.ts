import { estimateDesignEffect, estimatePercentile } from '../bench/judge/interval.ts';
import { secondsOf } from '../bench/judge/timeline.ts';
import type { PercentileIntervalOf } from '../presentation/intervals.ts';
import { LatencyHistogram } from '../vocabulary/histogram.ts';

/** Percentiles in reports stand with intervals made as the gate makes them: correlated requests widen them. */
export const percentileIntervalOf: PercentileIntervalOf = (step, metric, percent) => {
  const encoded = step.histograms[metric];
  if (encoded === undefined) return undefined;
  const designEffect = estimateDesignEffect(secondsOf(step, 'meanLatencyMs'));
  return estimatePercentile(LatencyHistogram.decode(encoded), percent, { designEffect });
};
