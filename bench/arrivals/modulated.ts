import type { ArrivalsOf } from '../../scenarios/arrivals.ts';
import { type Random, sampleExponential, sampleGamma } from '../../vocabulary/random.ts';
import { sFromMs } from '../../vocabulary/units.ts';
import type { ArrivalModel, ArrivalSpan } from './arrival-process.ts';
import { poissonArrivals } from './poisson.ts';

type Modulated = ArrivalsOf<'modulated'>;

const correlationMsOf = ({ correlationMs, windowMs }: Modulated): number => correlationMs ?? windowMs;

/**
 * The time t for which variance of the integrated multiplier over a window = its variance × window × t: the integral
 * of 2 (W − τ) R(τ) ÷ W over lags τ in [0, W]. Blocks of length B with a random phase have the correlation
 * R(τ) = 1 − τ/B up to B; a two-state chain has e^(−τ/c).
 */
function memoryMs({ model, ...modulated }: Modulated, windowMs: number): number {
  const c = correlationMsOf({ model, ...modulated });
  if (model === 'mmpp2') return 2 * c * (1 - (c / windowMs) * -Math.expm1(-windowMs / c));
  return c >= windowMs ? windowMs - windowMs ** 2 / (3 * c) : c - c ** 2 / (3 * windowMs);
}

/**
 * The variance that the multiplier (mean 1) needs for the index of dispersion asked for: counts of a Poisson process
 * with random rate have variance ÷ mean = 1 + rate × variance × memory (Cox & Isham, Point Processes, 1980, ch. 6).
 */
export function computeMultiplierVariance(modulated: Modulated, ratePerS: number): number {
  return (modulated.indexOfDispersion - 1) / (ratePerS * sFromMs(memoryMs(modulated, modulated.windowMs)));
}

/** Bursts and calm of a two-state chain with mean 1 and the given variance. */
interface TwoStates {
  readonly burstShareRatio: number;
  readonly burstMultiplier: number;
  readonly calmMultiplier: number;
}

/** Where the calm rate would have to be below 0, bursts are made rarer until it is 0. */
export function computeTwoStates(variance: number, wantedShareRatio: number): TwoStates {
  const burstShareRatio = Math.min(wantedShareRatio, 1 / (1 + variance));
  const distance = Math.sqrt(variance / (burstShareRatio * (1 - burstShareRatio)));
  const calmMultiplier = Math.max(0, 1 - burstShareRatio * distance);
  return { burstShareRatio, calmMultiplier, burstMultiplier: calmMultiplier + distance };
}

/** Poisson arrivals on a stretch of one multiplier. */
function drawStretch(span: ArrivalSpan, multiplier: number, random: Random): number[] {
  return multiplier === 0 ? [] : poissonArrivals({ ...span, ratePerS: span.ratePerS * multiplier }, random);
}

function drawGamma(modulated: Modulated, span: ArrivalSpan, random: Random): number[] {
  const variance = computeMultiplierVariance(modulated, span.ratePerS);
  const blockMs = correlationMsOf(modulated);
  const instants: number[] = [];
  for (let fromMs = span.fromMs - random.next() * blockMs; fromMs < span.toMs; fromMs += blockMs) {
    const multiplier = variance === 0 ? 1 : sampleGamma(random, 1 / variance, variance);
    const part = {
      ...span,
      fromMs: Math.max(span.fromMs, fromMs),
      toMs: Math.min(span.toMs, fromMs + blockMs),
    };
    for (const atMs of drawStretch(part, multiplier, random)) instants.push(atMs);
  }
  return instants;
}

function drawTwoStates(modulated: Modulated, span: ArrivalSpan, random: Random): number[] {
  const variance = computeMultiplierVariance(modulated, span.ratePerS);
  const { burstShareRatio, burstMultiplier, calmMultiplier } = computeTwoStates(
    variance,
    modulated.burstShareRatio,
  );
  const correlationMs = correlationMsOf(modulated);
  const instants: number[] = [];
  let isBurst = random.next() < burstShareRatio;
  for (let fromMs = span.fromMs; fromMs < span.toMs; isBurst = !isBurst) {
    // The rates of leaving the two states add up to 1 / correlation and stand in the ratio of the other's share.
    const meanMs = correlationMs / (isBurst ? 1 - burstShareRatio : burstShareRatio);
    const toMs = fromMs + sampleExponential(random, meanMs);
    const part = { ...span, fromMs, toMs: Math.min(span.toMs, toMs) };
    const multiplier = isBurst ? burstMultiplier : calmMultiplier;
    for (const atMs of drawStretch(part, multiplier, random)) instants.push(atMs);
    fromMs = toMs;
  }
  return instants;
}

const GAMMA_PEAK_DEVIATIONS = 3;

/** Poisson arrivals whose rate is itself random, with the index of dispersion that is asked for at one window. */
export function modulatedModel(modulated: Modulated): ArrivalModel {
  const isGamma = modulated.model === 'gamma';
  return {
    draw: (span, random) => (isGamma ? drawGamma : drawTwoStates)(modulated, span, random),
    computeExpected: ({ ratePerS, fromMs, toMs }) => ratePerS * sFromMs(Math.max(0, toMs - fromMs)),
    computePeakPerS: ({ ratePerS }) => {
      const variance = computeMultiplierVariance(modulated, ratePerS);
      return isGamma
        ? ratePerS * (1 + GAMMA_PEAK_DEVIATIONS * Math.sqrt(variance))
        : ratePerS * computeTwoStates(variance, modulated.burstShareRatio).burstMultiplier;
    },
    computeDispersion: ({ ratePerS, fromMs, toMs }) => {
      const variance = computeMultiplierVariance(modulated, ratePerS);
      return toMs <= fromMs ? 1 : 1 + ratePerS * variance * sFromMs(memoryMs(modulated, toMs - fromMs));
    },
  };
}
