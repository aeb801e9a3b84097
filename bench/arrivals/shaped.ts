import type { LocalProcess } from '../../scenarios/arrivals.ts';
import { sFromMs } from '../../vocabulary/units.ts';
import type { ArrivalModel, ArrivalProcess } from './arrival-process.ts';
import { constantArrivals } from './constant.ts';
import { gammaArrivals } from './gamma.ts';
import { poissonArrivals } from './poisson.ts';
import type { RateShape } from './rate-shape.ts';

function drawerOf(process: LocalProcess): ArrivalProcess {
  if (process.kind === 'gamma') return gammaArrivals(process);
  return process.kind === 'poisson' ? poissonArrivals : constantArrivals;
}

/** Variance ÷ mean of counts over long spans: the square of the gaps' coefficient of variation. */
const dispersionOf = (process: LocalProcess): number =>
  process.kind === 'gamma' ? process.gapCv ** 2 : process.kind === 'poisson' ? 1 : 0;

/**
 * Arrivals at a rate that changes over time. Time is stretched: the process runs at the base rate on a clock that
 * advances by the multiplier, and each of its instants is mapped back. For Poisson arrivals this is exact (Çinlar,
 * Introduction to Stochastic Processes, 1975: the integral of the rate turns the process into one of rate 1); even
 * spacing and gamma gaps keep their spacing relative to the rate of the moment.
 */
export function shapedModel(shape: RateShape, process: LocalProcess): ArrivalModel {
  const draw = drawerOf(process);
  const areaOf = (fromMs: number, toMs: number): number =>
    Math.max(0, shape.cumulative(toMs) - shape.cumulative(fromMs));
  return {
    draw: ({ ratePerS, fromMs, toMs }, random) => {
      if (toMs <= fromMs) return [];
      const stretched = { ratePerS, fromMs: shape.cumulative(fromMs), toMs: shape.cumulative(toMs) };
      return draw(stretched, random)
        .map(shape.inverse)
        .filter((atMs) => atMs >= fromMs && atMs < toMs);
    },
    computeExpected: ({ ratePerS, fromMs, toMs }) => ratePerS * sFromMs(areaOf(fromMs, toMs)),
    computePeakPerS: ({ ratePerS, fromMs, toMs }) => ratePerS * shape.peakMultiplier(fromMs, toMs),
    computeDispersion: () => dispersionOf(process),
  };
}
