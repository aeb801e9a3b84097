import type { Arrivals } from '../../scenarios/arrivals.ts';
import type { Random } from '../../vocabulary/random.ts';
import { type ArrivalModel, type ArrivalSpan, stationaryModel } from './arrival-process.ts';
import { constantArrivals } from './constant.ts';
import { gammaArrivals } from './gamma.ts';
import { modulatedModel } from './modulated.ts';
import { poissonArrivals } from './poisson.ts';
import { profileModel } from './profile.ts';
import { rampModel } from './ramp.ts';
import { soakModel } from './soak.ts';
import { spikeModel } from './spike.ts';
import { stepsModel } from './steps.ts';
import { traceModel } from './trace-replay.ts';

/** The model of the kind that the scenario names. A new kind is a file beside this and a line here. */
export function createArrivalModel(arrivals: Arrivals): ArrivalModel {
  switch (arrivals.kind) {
    case 'poisson':
      return stationaryModel(poissonArrivals, 1);
    case 'constant':
      return stationaryModel(constantArrivals, 0);
    case 'gamma':
      return stationaryModel(gammaArrivals(arrivals), arrivals.gapCv ** 2);
    case 'ramp':
      return rampModel(arrivals);
    case 'steps':
      return stepsModel(arrivals);
    case 'spike':
      return spikeModel(arrivals);
    case 'soak':
      return soakModel(arrivals);
    case 'diurnal':
    case 'weekly':
      return profileModel(arrivals);
    case 'modulated':
      return modulatedModel(arrivals);
    case 'trace':
      return traceModel(arrivals);
  }
}

/** Draws the arrivals of the kind that the scenario names. */
export const drawArrivals = (arrivals: Arrivals, span: ArrivalSpan, random: Random): number[] =>
  createArrivalModel(arrivals).draw(span, random);
