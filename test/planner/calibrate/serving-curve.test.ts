import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  calibrateAdaptively,
  chooseNextConcurrency,
  startingConcurrencies,
} from '../../../planner/calibrate/adaptive.ts';
import { createServingCurve } from '../../../planner/calibrate/closed-loop-curve.ts';
import { poolNearLoads } from '../../../planner/calibrate/near-loads.ts';
import {
  findSaturation,
  latencyMsOf,
  requestsPerSOf,
  type ServingPoint,
} from '../../../planner/calibrate/saturation.ts';
import { findServingCapacity } from '../../../planner/calibrate/serving-capacity.ts';
import { calibrateServing } from '../../../planner/calibrate/serving-gates.ts';

const OUT = 257;

/** An engine with `places` for requests: a decode step of 8 ms and 0.1 ms more for each, a prefill of 50 ms. */
function engine(places: number): (concurrency: number) => ServingPoint {
  return (concurrency) => {
    const served = Math.min(concurrency, places);
    const perTokenMs = 8 + 0.1 * served;
    const serviceMs = 50 + perTokenMs * (OUT - 1);
    // Little's law: those beyond the places wait until the cycle of the closed loop fits.
    const latencyMs = serviceMs * (concurrency / served);
    return {
      concurrency,
      meanTimeToFirstTokenMs: latencyMs - perTokenMs * (OUT - 1),
      meanTimePerOutputTokenMs: perTokenMs,
    };
  };
}

const roomy = engine(10_000);
const full = engine(48);
const at = (of: (n: number) => ServingPoint, ...loads: number[]): ServingPoint[] => loads.map(of);

describe('curve of a serving engine', () => {
  test('passes through its points and keeps Little’s law everywhere', () => {
    const points = at(full, 4, 16, 32, 64, 128);
    const curve = createServingCurve(points, OUT);
    for (const point of points) {
      const { concurrency } = point;
      if (concurrency !== 64) expect(curve.latencyMsAt(concurrency)).toBeCloseTo(latencyMsOf(point, OUT), 3);
    }
    for (const n of [4, 7.5, 20, 40, 90, 128]) {
      expect((curve.requestsPerSAt(n) * curve.latencyMsAt(n)) / 1000).toBeCloseTo(n, 9);
    }
  });

  test('an engine that never fills: three points give its rate within 2 % anywhere between', () => {
    const curve = createServingCurve(at(roomy, 4, 16, 64), OUT);
    expect(curve.saturation).toBeUndefined();
    for (const n of [5, 8, 12, 24, 32, 50]) {
      expect(Math.abs(curve.requestsPerSAt(n) / requestsPerSOf(roomy(n), OUT) - 1)).toBeLessThan(0.02);
    }
  });

  test('an engine with 48 places: where it fills is worked out from points far on either side', () => {
    const curve = createServingCurve(at(full, 4, 16, 128), OUT);
    expect(curve.saturation?.admitted.concurrency).toBeCloseTo(48, 0);
    for (const n of [8, 32, 47, 49, 64, 100]) {
      expect(Math.abs(curve.requestsPerSAt(n) / requestsPerSOf(full(n), OUT) - 1)).toBeLessThan(0.02);
      expect(Math.abs(curve.timePerOutputTokenMsAt(n) / full(n).meanTimePerOutputTokenMs - 1)).toBeLessThan(
        0.03,
      );
    }
    // A smooth curve through the same points would promise a quarter more between them.
    expect(curve.timeToFirstTokenMsAt(40)).toBeLessThan(60);
    expect(curve.timeToFirstTokenMsAt(64)).toBeGreaterThan(1000);
  });

  test('any number of places and any ladder of steps up to eightfold: no rate above what the full engine carries by more than 5 %', () => {
    const arbitrary = fc.tuple(
      fc.integer({ min: 2, max: 300 }),
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.double({ min: 1.2, max: 8, noNaN: true }), { minLength: 2, maxLength: 4 }),
    );
    fc.assert(
      fc.property(arbitrary, ([places, lowest, steps]) => {
        const own = engine(places);
        let load = lowest;
        const loads = [lowest, ...steps.map((step) => (load = Math.ceil(load * step + 0.1)))];
        const points = at(own, ...loads);
        const curve = createServingCurve(points, OUT);
        const most = requestsPerSOf(own(Math.max(places, curve.maxConcurrency)), OUT);
        for (let i = 0; i <= 40; i++) {
          const n = curve.minConcurrency * (curve.maxConcurrency / curve.minConcurrency) ** (i / 40);
          const inside = Math.min(curve.maxConcurrency, Math.max(curve.minConcurrency, n));
          const rate = curve.requestsPerSAt(inside);
          expect(Number.isFinite(rate)).toBe(true);
          expect(rate).toBeLessThanOrEqual(most * 1.05);
          expect(curve.timeToFirstTokenMsAt(inside)).toBeGreaterThan(0);
        }
      }),
    );
  });

  test('nothing is said beyond the measured range, and one point is no curve', () => {
    const curve = createServingCurve(at(roomy, 4, 16), OUT);
    expect(() => curve.requestsPerSAt(16.001)).toThrow('outside the measured range 4 to 16');
    expect(() => curve.latencyMsAt(3.999)).toThrow('outside');
    expect(() => curve.latencyMsAt(Number.NaN)).toThrow('outside');
    expect(() => createServingCurve(at(roomy, 4), OUT)).toThrow('two points');
  });

  test('a first token that slows in proportion to load is prefill, not waiting', () => {
    const prefill = [4, 16, 64].map((concurrency) => ({
      concurrency,
      meanTimeToFirstTokenMs: 100 * concurrency,
      meanTimePerOutputTokenMs: 8,
    }));
    expect(findSaturation(prefill, OUT)).toBeUndefined();
  });
});

describe('gates before a curve', () => {
  const refusal = (points: readonly ServingPoint[], outputTokens = OUT): string => {
    const curve = calibrateServing(points, outputTokens);
    return curve.kind === 'refused' ? `${curve.reason}; ${curve.liftedBy}` : 'none';
  };

  test('sound points, in any order, give the curve', () => {
    expect(calibrateServing(at(roomy, 64, 4, 16), OUT)).toMatchObject({
      kind: 'planned',
      value: { minConcurrency: 4, maxConcurrency: 64 },
    });
  });

  test.each([
    ['one load', at(roomy, 4), 'at least two loads'],
    ['a load twice', at(roomy, 4, 4, 16), 'each given once'],
    ['no length', [{ ...roomy(4), meanTimeToFirstTokenMs: Number.NaN }, roomy(8)], 'not a number above 0'],
    ['a time of nothing', [{ ...roomy(4), meanTimePerOutputTokenMs: 0 }, roomy(8)], 'not a number above 0'],
    [
      'a rate that falls',
      [roomy(4), { ...roomy(8), meanTimePerOutputTokenMs: 60 }],
      'requests/s fall from 4 to 8',
    ],
    [
      'a pace that improves',
      [{ ...roomy(4), meanTimePerOutputTokenMs: 12 }, roomy(8)],
      'time per output token falls',
    ],
    [
      'runs that contradict each other',
      [{ ...roomy(4), replicates: [roomy(4), { ...roomy(4), meanTimePerOutputTokenMs: 16 }] }, roomy(8)],
      'differ by a factor of 1.88',
    ],
  ])('refuses %s, and says what lifts it', (_, points, words) => {
    expect(refusal(points)).toContain(words);
    expect(refusal(points).split('; ')[1]?.length).toBeGreaterThan(10);
  });

  test('an answer of no tokens', () => {
    expect(refusal(at(roomy, 4, 8), 0)).toContain('not a number above 0');
  });
});

describe('capacity within limits', () => {
  const curve = createServingCurve(at(full, 4, 16, 32, 128), OUT);

  test('where the pace of tokens crosses its limit: 8 + 0.1 n = 10.4 ms at 24 in flight', () => {
    const capacity = findServingCapacity(curve, { timePerOutputTokenMs: 10.4 });
    expect(capacity.kind).toBe('crossed');
    expect(capacity.kind === 'crossed' && Math.abs(capacity.concurrency / 24 - 1)).toBeLessThan(0.03);
  });

  test('the tighter of two limits decides', () => {
    const loose = findServingCapacity(curve, { timePerOutputTokenMs: 11, latencyMs: 1e9 });
    const tight = findServingCapacity(curve, { timePerOutputTokenMs: 11, latencyMs: 2500 });
    expect(
      loose.kind === 'crossed' && tight.kind === 'crossed' && tight.concurrency < loose.concurrency,
    ).toBe(true);
    expect(tight.kind === 'crossed' && curve.latencyMsAt(tight.concurrency)).toBeCloseTo(2500, 3);
  });

  test('met everywhere is a lower bound; missed at the lowest load is nothing', () => {
    expect(findServingCapacity(curve, { latencyMs: 1e9 })).toMatchObject({
      kind: 'not-reached',
      concurrency: 128,
    });
    expect(findServingCapacity(curve, { latencyMs: 1 })).toEqual({ kind: 'missed-everywhere' });
  });
});

describe('adaptive calibration', () => {
  const limits = { latencyMs: latencyMsOf(full(40), OUT) };
  const start = startingConcurrencies(4, 128).map(full);
  const errorOf = (points: readonly ServingPoint[]): number => {
    const capacity = findServingCapacity(createServingCurve(points, OUT), limits);
    if (capacity.kind !== 'crossed') throw new Error(capacity.kind);
    return Math.abs(capacity.requestsPerS / requestsPerSOf(full(40), OUT) - 1);
  };

  test('ends and the geometric middle first', () => {
    expect(startingConcurrencies(4, 64)).toEqual([4, 16, 64]);
    expect(startingConcurrencies(5, 5)).toEqual([5]);
  });

  test('two more points where the limit is crossed bring the error under 2 %, and are near the crossing', async () => {
    const asked: number[] = [];
    const points = await calibrateAdaptively(start, { outputTokens: OUT, limits }, (concurrency) => {
      asked.push(concurrency);
      return full(concurrency);
    });
    expect(points.length).toBeGreaterThan(start.length);
    expect(errorOf(points)).toBeLessThan(0.02);
    expect(errorOf(points)).toBeLessThanOrEqual(errorOf(start) + 1e-12);
    for (const load of asked) expect(Math.abs(load / 40 - 1)).toBeLessThan(0.2);
  });

  test('two noisy runs beside each other are one point between them: the curve does not follow the noise', () => {
    const [low, high] = [full(23), full(24)];
    const noisy = (point: ServingPoint, factor: number): ServingPoint => ({
      ...point,
      meanTimePerOutputTokenMs: point.meanTimePerOutputTokenMs * factor,
    });
    const pooled = poolNearLoads([full(4), full(16), noisy(low, 1.02), noisy(high, 0.98), full(64)]);
    expect(pooled).toHaveLength(4);
    expect(pooled[2]?.concurrency).toBeCloseTo(Math.sqrt(23 * 24), 9);
    const exact = (low.meanTimePerOutputTokenMs + high.meanTimePerOutputTokenMs) / 2;
    expect(Math.abs((pooled[2]?.meanTimePerOutputTokenMs ?? 0) / exact - 1)).toBeLessThan(0.001);
    // Ends stay, however near: the measured range does not shrink.
    expect(poolNearLoads([full(60), full(64)]).map(({ concurrency }) => concurrency)).toEqual([60, 64]);
    expect(poolNearLoads([full(4), full(63), full(64)])).toHaveLength(3);
    expect(poolNearLoads([full(4)])).toHaveLength(1);
  });

  test('of a fixed ladder the rung nearest to the crossing that is not measured yet', () => {
    const input = { points: at(roomy, 4, 16, 64), outputTokens: OUT, limits: { timePerOutputTokenMs: 11.2 } };
    // 8 + 0.1 n reaches 11.2 at 32.
    expect(chooseNextConcurrency({ ...input, available: [8, 16, 24, 32, 48] })).toBe(32);
    expect(chooseNextConcurrency({ ...input, available: [16, 64] })).toBeUndefined();
    expect(chooseNextConcurrency({ ...input, limits: { timePerOutputTokenMs: 99 } })).toBeUndefined();
  });

  test('a load that cannot be measured ends it', async () => {
    expect(await calibrateAdaptively(start, { outputTokens: OUT, limits }, () => undefined)).toEqual(start);
  });
});
