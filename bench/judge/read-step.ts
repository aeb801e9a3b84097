import { LatencyHistogram } from '../../vocabulary/histogram.ts';
import type { HistogramMetricId } from '../../vocabulary/metrics.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import { allowedRatioOf, evaluateSlo, type Slo, type SloVerdict } from '../../vocabulary/slo.ts';
import { sFromMs } from '../../vocabulary/units.ts';

/** A histogram of a step, decoded; undefined when the step has none of that metric. */
export function histogramOf(step: ResultStep, metric: HistogramMetricId): LatencyHistogram | undefined {
  const encoded = step.histograms[metric];
  return encoded === undefined ? undefined : LatencyHistogram.decode(encoded);
}

/** Verdicts of a step on every objective. */
export const evaluateStep = (step: ResultStep, slos: readonly Slo[]): SloVerdict[] =>
  slos.map((slo) =>
    evaluateSlo(slo, { counts: step.counts, histogramOf: (metric) => histogramOf(step, metric) }),
  );

export const computeOfferedPerS = (step: ResultStep): number => step.counts.offered / sFromMs(step.windowMs);
export const computeThroughputPerS = (step: ResultStep): number =>
  step.counts.completed / sFromMs(step.windowMs);
export const computeGoodputPerS = (step: ResultStep): number => step.goodRequests / sFromMs(step.windowMs);

export type Steadiness =
  | { readonly kind: 'steady' }
  | { readonly kind: 'rising'; readonly fromInFlight: number; readonly toInFlight: number }
  | { readonly kind: 'unknown' };

const MIN_SECONDS = 3;
const RISE_RATIO = 0.1;
const SIGMAS = 3;
/** Keeps a handful of requests from counting as a trend. */
const MIN_RISE_REQUESTS = 2;

/**
 * Whether requests in flight pile up over the window: from its first third to its last, the mean of the per-second
 * maxima rises by more than a tenth of the requests offered meanwhile, and by more than three standard deviations of a
 * Poisson number around the first. A rate above what the target carries does so long before latency shows it.
 */
export function classifySteadiness(step: ResultStep): Steadiness {
  const seconds = step.timeline.length;
  if (step.load.kind === 'closed' || seconds < MIN_SECONDS) return { kind: 'unknown' };
  const third = Math.floor(seconds / 3);
  const meanOf = (from: number, to: number): number =>
    step.timeline.slice(from, to).reduce((sum, second) => sum + second.maxInFlight, 0) / (to - from);
  const fromInFlight = meanOf(0, third);
  const toInFlight = meanOf(seconds - third, seconds);
  const offeredBetween = (step.counts.offered * (seconds - third)) / seconds;
  const noise = MIN_RISE_REQUESTS + SIGMAS * Math.sqrt(fromInFlight);
  const rise = toInFlight - fromInFlight;
  return rise > Math.max(noise, RISE_RATIO * offeredBetween)
    ? { kind: 'rising', fromInFlight, toInFlight }
    : { kind: 'steady' };
}

/**
 * Whether a step carried its load: every objective within its limit as observed, and no pile-up. The observed share
 * decides, not the confident verdict: a short step rarely has the samples for one.
 */
export function isSustained(step: ResultStep, slos: readonly Slo[]): boolean {
  if (step.counts.offered === 0 || classifySteadiness(step).kind === 'rising') return false;
  return evaluateStep(step, slos).every(
    (verdict) => verdict.exceedRatio !== undefined && verdict.exceedRatio <= allowedRatioOf(verdict.slo),
  );
}
