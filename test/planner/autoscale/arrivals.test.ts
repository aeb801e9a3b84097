import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createHourlyRate, drawArrivals, modulationCv2 } from '../../../planner/autoscale/arrivals.ts';
import { createRandom } from '../../../vocabulary/random.ts';

const sumOf = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0);

describe('the rate between the hours', () => {
  test('has the mean of each hour, by numerical integration', () => {
    const hours = fc.array(fc.double({ min: 0, max: 1000, noNaN: true }), { minLength: 2, maxLength: 168 });
    fc.assert(
      fc.property(hours, (perSByHour) => {
        const rateAt = createHourlyRate(perSByHour);
        perSByHour.forEach((perS, hour) => {
          const steps = 3600;
          let sum = 0;
          for (let i = 0; i < steps; i++) sum += rateAt(hour * 3600 + ((i + 0.5) * 3600) / steps);
          expect(Math.abs(sum / steps - perS)).toBeLessThanOrEqual(1e-3 * (1 + perS));
        });
      }),
      { numRuns: 10, seed: 1 },
    );
  });

  test('moves through an hour instead of jumping at its start', () => {
    const rateAt = createHourlyRate([0, 10, 20, 10]);
    expect(rateAt(1.5 * 3600)).toBeGreaterThan(rateAt(1.1 * 3600));
    expect(rateAt(1.9 * 3600)).toBeGreaterThan(rateAt(1.5 * 3600));
  });
});

/** Variance ÷ mean of the counts of whole minutes. */
function dispersionOf(counts: Float64Array, stepsPerMinute: number): number {
  const minutes = Array.from({ length: counts.length / stepsPerMinute }, (_, minute) =>
    sumOf(counts.subarray(minute * stepsPerMinute, (minute + 1) * stepsPerMinute)),
  );
  const mean = sumOf(minutes) / minutes.length;
  return sumOf(minutes.map((count) => (count - mean) ** 2)) / minutes.length / mean;
}

describe('counts, ten seeds of a day at an even rate', () => {
  const drawn = (perS: number, index: number) =>
    Array.from({ length: 10 }, (_, seed) => {
      const perSByHour = Array<number>(24).fill(perS);
      const burstCv2 = modulationCv2(index, perS);
      return drawArrivals({ perSByHour, burstCv2 }, 5, createRandom(seed + 1)).counts;
    });

  test.each([
    [0.5, 1],
    [40, 1],
    [5, 16.1],
    [200, 100],
  ])('%d/s at an index of dispersion of %d have that index and that mean', (perS, index) => {
    const runs = drawn(perS, index);
    const meanIndex = runs.reduce((sum, counts) => sum + dispersionOf(counts, 12), 0) / runs.length;
    expect(Math.abs(meanIndex / index - 1)).toBeLessThan(0.1);
    const perDay = runs.reduce((sum, counts) => sum + sumOf(counts), 0) / runs.length;
    // Ten days: the standard error of the mean is √(index ÷ arrivals).
    const error = Math.sqrt(index / (perS * 864_000));
    expect(Math.abs(perDay / (perS * 86_400) - 1)).toBeLessThan(4 * error);
  });

  test('no index below 1 can come from a rate that moves', () => {
    expect(modulationCv2(0.5, 10)).toBe(0);
    expect(modulationCv2(5, 0)).toBe(0);
  });
});

test('the same seed gives the same counts, another one others', () => {
  const draw = (seed: number) =>
    drawArrivals({ perSByHour: [3, 4], burstCv2: 0.2 }, 5, createRandom(seed)).counts;
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});
