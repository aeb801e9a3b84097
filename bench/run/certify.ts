import { estimateBinomialInterval } from '../../vocabulary/binomial.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import { allowedRatioOf, type Slo } from '../../vocabulary/slo.ts';
import { classifySteadiness, evaluateStep } from '../judge/read-step.ts';

/**
 * Whether a step meets every objective at `confidence`: of each, the exact upper bound of the share of requests past
 * the limit (Clopper & Pearson 1934) is within what is allowed, and requests do not pile up. Meeting all at once needs
 * no correction for their number, for each has to pass by itself (intersection–union; Berger 1982).
 */
export function isMetAt(step: ResultStep, slos: readonly Slo[], confidence: number): boolean {
  if (step.counts.offered === 0 || classifySteadiness(step).kind === 'rising') return false;
  return evaluateStep(step, slos).every(({ slo, exceedRatio, samples }) => {
    if (exceedRatio === undefined) return false;
    const exceeding = Math.round(exceedRatio * samples);
    return estimateBinomialInterval(exceeding, samples, confidence).high <= allowedRatioOf(slo);
  });
}

/** A share nearer than this to the one allowed takes more samples than a search has. */
const NEAREST_SHARE_RATIO = 0.7;
const GROWTH_RATIO = 1.25;
const MAX_SAMPLES = 200_000;

function samplesFor(allowedRatio: number, observedRatio: number, confidence: number): number {
  if (allowedRatio <= 0) return MAX_SAMPLES;
  const ratio = Math.min(observedRatio, allowedRatio * NEAREST_SHARE_RATIO);
  // Without any exceedance the upper bound is 1 − α^(1/n).
  let samples = Math.ceil(Math.log(1 - confidence) / Math.log1p(-allowedRatio));
  while (samples < MAX_SAMPLES) {
    const exceeding = Math.ceil(ratio * samples);
    if (estimateBinomialInterval(exceeding, samples, confidence).high <= allowedRatio) return samples;
    samples = Math.ceil(samples * GROWTH_RATIO);
  }
  return MAX_SAMPLES;
}

/** Samples with which a step like the one given is expected to meet every objective at `confidence`. */
export const estimateSamplesToCertify = (
  step: ResultStep,
  slos: readonly Slo[],
  confidence: number,
): number =>
  evaluateStep(step, slos).reduce(
    (most, { slo, exceedRatio }) =>
      Math.max(most, samplesFor(allowedRatioOf(slo), exceedRatio ?? 0, confidence)),
    1,
  );
