import { computePercentile, type SortedSamples, sortSamples } from '../../vocabulary/percentiles.ts';
import { PERCENT } from '../../vocabulary/units.ts';
import { computeTriangularQuantile, type Range, ratioTo, relativeRange } from './ranges.ts';

/** What is known of an uncertain figure: its ends with the likeliest value, or values that were seen. */
export type Uncertainty =
  | { readonly kind: 'triangular'; readonly range: Range }
  | { readonly kind: 'empirical'; readonly samples: SortedSamples };

/** What is known of `value` as a factor around 1. */
export function factorOf(
  value: number,
  known: { readonly low: number; readonly high: number; readonly samples?: readonly number[] },
): Uncertainty {
  return known.samples === undefined || value === 0
    ? { kind: 'triangular', range: relativeRange(value, known) }
    : { kind: 'empirical', samples: sortSamples([...known.samples].map((one) => ratioTo(one, value))) };
}

/** The value that the figure stays at or below with `probability` in [0, 1): of samples, the nearest rank. */
export function computeQuantile(uncertainty: Uncertainty, probability: number): number {
  switch (uncertainty.kind) {
    case 'triangular':
      return computeTriangularQuantile(uncertainty.range, probability);
    case 'empirical':
      return computePercentile(uncertainty.samples, probability * PERCENT) ?? 0;
  }
}

/** Lowest and highest value that can be drawn. */
export function endsOf(uncertainty: Uncertainty): { readonly low: number; readonly high: number } {
  if (uncertainty.kind === 'triangular') return uncertainty.range;
  const { samples } = uncertainty;
  return { low: samples[0] ?? 0, high: samples[samples.length - 1] ?? 0 };
}

/** Equal measurements differ in their last digits: a range no wider than that is none. */
const ROUNDING_RATIO = 1e-9;

/** Whether every draw is the same, to rounding. */
export function isCertain(uncertainty: Uncertainty): boolean {
  const { low, high } = endsOf(uncertainty);
  return high - low <= ROUNDING_RATIO * Math.abs(high);
}
