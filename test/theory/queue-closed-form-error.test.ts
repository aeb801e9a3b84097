import { describe, expect, test } from 'vitest';
import { computeClosedFormWait } from '../../planner/queueing/closed-form-wait.ts';
import type { ArrivalProcess } from '../../planner/simulate/arrivals.ts';
import { CLOSED_FORM_LIMITS } from '../../planner/simulate/estimate-waiting.ts';
import { fitArrivals, observedAt60S } from '../../planner/simulate/fit-arrivals.ts';
import { simulateWaiting } from '../../planner/simulate/simulate-waiting.ts';

const MEAN_SERVICE_MS = 1000;

interface Case {
  readonly servers: number;
  readonly utilisation: number;
  readonly arrivals: 'even' | 'calm' | 'Poisson' | 'bursty gaps' | 'swinging rate';
  readonly serviceScv: number;
}

const CASES: Case[] = [1, 4, 30, 200].flatMap((servers) =>
  [0.4, 0.69].flatMap((utilisation) =>
    (['even', 'calm', 'Poisson', 'bursty gaps', 'swinging rate'] as const).flatMap((arrivals) =>
      // Poisson arrivals and exponential service are Erlang C, which is exact.
      (arrivals === 'Poisson' ? [0, 2] : [0, 1, 2]).map((serviceScv) => ({
        servers,
        utilisation,
        arrivals,
        serviceScv,
      })),
    ),
  ),
);

/** Arrivals just within what equations are believed for, with the variability that they are given. */
function arrivalsOf({ arrivals, servers, utilisation }: Case): { process: ArrivalProcess; scv: number } {
  const ratePerS = servers * utilisation;
  switch (arrivals) {
    case 'even':
      return { process: { kind: 'renewal', ratePerS, gapCv: 0 }, scv: 0 };
    case 'calm':
      return { process: { kind: 'renewal', ratePerS, gapCv: Math.SQRT1_2 }, scv: 0.5 };
    case 'Poisson':
      return { process: { kind: 'poisson', ratePerS }, scv: 1 };
    case 'bursty gaps':
      return { process: { kind: 'renewal', ratePerS, gapCv: 1.4 }, scv: 1.96 };
    case 'swinging rate':
      return { process: fitArrivals(observedAt60S(ratePerS, 1, 1.96)), scv: 1.96 };
  }
}

describe('Allen–Cunneen within what it is used for', () => {
  test('utilisation and dispersion of the cases are those of the limits', () => {
    expect(CLOSED_FORM_LIMITS).toEqual({ indexOfDispersion60S: 2, utilisation: 0.7 });
  });

  test.each(CASES)(
    '$servers servers at $utilisation, $arrivals arrivals, service variability $serviceScv',
    (one) => {
      const { process, scv } = arrivalsOf(one);
      const wait = computeClosedFormWait({
        ratePerS: one.servers * one.utilisation,
        servers: one.servers,
        meanServiceMs: MEAN_SERVICE_MS,
        arrivalScv: scv,
        serviceScv: one.serviceScv,
      });
      const simulated = simulateWaiting(
        {
          servers: one.servers,
          arrivals: process,
          service: { kind: 'drawn', meanMs: MEAN_SERVICE_MS, scv: one.serviceScv },
        },
        { seed: 5, precisionRatio: 0.05, maxCustomers: 240_000 },
      ).meanWaitMs;
      const meanMs = wait?.meanWaitMs ?? Number.NaN;
      const allowedMs = wait?.errorMs ?? Number.NaN;
      expect(meanMs - allowedMs).toBeLessThan(simulated.high);
      expect(meanMs + allowedMs).toBeGreaterThan(simulated.low);
    },
  );
});
