/** Nearest-rank percentiles: rank = max(1, ceil(percent × n / 100)), an observed value. */
declare const sorted: unique symbol;
/** Ascending samples, granted only by sortSamples. */
export type SortedSamples = readonly number[] & { readonly [sorted]: true };

export const sortSamples = (samples: Iterable<number>): SortedSamples =>
  Float64Array.from(samples).sort() as unknown as SortedSamples;

export const nearestRank = (percent: number, samples: number): number =>
  Math.max(1, Math.ceil((percent * samples) / 100));

/** Percentile of sorted samples; undefined for an empty set. */
export function computePercentile(samples: SortedSamples, percent: number): number | undefined {
  return samples.length === 0 ? undefined : samples[nearestRank(percent, samples.length) - 1];
}

/** Samples that certify a percentile at 99 % confidence (MLPerf Inference early stopping). */
export const MIN_SAMPLES_BY_PERCENT: ReadonlyMap<number, number> = new Map([
  [50, 11],
  [90, 64],
  [95, 130],
  [99, 662],
  [99.9, 6_636],
]);

export type PercentileReading =
  | { readonly kind: 'certified'; readonly value: number; readonly samples: number }
  | {
      readonly kind: 'withheld';
      readonly value: number;
      readonly samples: number;
      readonly minSamples: number;
    }
  | { readonly kind: 'empty' };

/** Says whether enough samples stand behind a percentile value. Percents outside the table need 10 / (1 − p). */
export function classifyPercentile(
  percent: number,
  value: number | undefined,
  samples: number,
): PercentileReading {
  if (value === undefined || samples === 0) return { kind: 'empty' };
  const minSamples = MIN_SAMPLES_BY_PERCENT.get(percent) ?? Math.ceil(1000 / Math.max(1e-9, 100 - percent));
  return samples >= minSamples
    ? { kind: 'certified', value, samples }
    : { kind: 'withheld', value, samples, minSamples };
}
