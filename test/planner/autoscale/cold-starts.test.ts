import { describe, expect, test } from 'vitest';
import { computeColdStartRatio } from '../../../planner/autoscale/cold-starts.ts';
import { coldStartsOfWeek } from '../../../planner/autoscale/serverless.ts';
import { createRandom, sampleExponential } from '../../../vocabulary/random.ts';

interface Platform {
  readonly callsPerS: number;
  readonly meanCallS: number;
  readonly keepAliveS: number;
}

/** Instances one by one: the one used last answers, and one that is idle for the keep-alive is gone. */
function simulateFunctions(platform: Platform, calls: number, seed: number): number {
  const random = createRandom(seed);
  const busyUntilS: number[] = [];
  // Idle since, the one used last at the end.
  const idleSinceS: number[] = [];
  let [nowS, cold, counted] = [0, 0, 0];
  for (let call = 0; call < calls; call++) {
    nowS += sampleExponential(random, 1 / platform.callsPerS);
    const done = busyUntilS.filter((untilS) => untilS <= nowS).sort((a, b) => a - b);
    for (const untilS of done) {
      busyUntilS.splice(busyUntilS.indexOf(untilS), 1);
      idleSinceS.push(untilS);
    }
    while (idleSinceS[0] !== undefined && nowS - idleSinceS[0] > platform.keepAliveS) idleSinceS.shift();
    const isWarmedUp = call > calls / 10;
    if (isWarmedUp) counted++;
    if (idleSinceS.pop() === undefined && isWarmedUp) cold++;
    busyUntilS.push(nowS + sampleExponential(random, platform.meanCallS));
  }
  return cold / counted;
}

describe('against closed forms', () => {
  test('calls too short to overlap: cold when the gap is longer than the keep-alive, e^−λT', () => {
    for (const callsPerS of [1e-4, 1e-3, 5e-3]) {
      const ratio = computeColdStartRatio({ callsPerS, meanCallS: 1e-6, keepAliveS: 600 });
      expect(ratio).toBeCloseTo(Math.exp(-callsPerS * 600), 5);
    }
  });

  test('kept for an instant: every call that finds an idle instance dead, all of them', () => {
    expect(computeColdStartRatio({ callsPerS: 5, meanCallS: 1, keepAliveS: 0 })).toBe(1);
    expect(computeColdStartRatio({ callsPerS: 5, meanCallS: 1, keepAliveS: 1e-7 })).toBeGreaterThan(0.999);
  });

  test('no calls at all: the first one would be cold', () => {
    expect(computeColdStartRatio({ callsPerS: 0, meanCallS: 1, keepAliveS: 600 })).toBe(1);
  });
});

describe('against instances simulated one by one, ten seeds', () => {
  test.each([
    { callsPerS: 0.002, meanCallS: 2, keepAliveS: 600 },
    { callsPerS: 0.05, meanCallS: 10, keepAliveS: 60 },
    { callsPerS: 1, meanCallS: 2, keepAliveS: 20 },
    { callsPerS: 10, meanCallS: 1.5, keepAliveS: 30 },
  ])('%o', (platform) => {
    const runs = Array.from({ length: 10 }, (_, seed) => simulateFunctions(platform, 20_000, seed + 1));
    const mean = runs.reduce((sum, ratio) => sum + ratio, 0) / runs.length;
    const spread = Math.sqrt(runs.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0) / 9 / 10);
    expect(Math.abs(computeColdStartRatio(platform) - mean)).toBeLessThan(4 * spread + 1e-4);
  });
});

describe('shapes', () => {
  test('rarer with a longer keep-alive and with more calls', () => {
    const at = (callsPerS: number, keepAliveS: number) =>
      computeColdStartRatio({ callsPerS, meanCallS: 1, keepAliveS });
    const byKeepAlive = [10, 60, 300, 900].map((keepAliveS) => at(2, keepAliveS));
    const byRate = [0.001, 0.01, 0.1, 10, 1000].map((callsPerS) => at(callsPerS, 600));
    for (const ratios of [byKeepAlive, byRate]) {
      ratios.slice(1).forEach((ratio, i) => {
        expect(ratio).toBeLessThan(ratios[i] ?? 0);
      });
    }
  });

  test('a busy platform of 10,000 instances has few, and is quick to compute', () => {
    const started = performance.now();
    const ratio = computeColdStartRatio({ callsPerS: 5000, meanCallS: 2, keepAliveS: 600 });
    expect(ratio).toBeGreaterThan(0);
    expect(ratio).toBeLessThan(1e-3);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test.each([
    [-1, 1, 1],
    [1, 0, 1],
    [1, 1, Number.NaN],
  ])('nonsense is refused: %d, %d, %d', (callsPerS, meanCallS, keepAliveS) => {
    expect(() => computeColdStartRatio({ callsPerS, meanCallS, keepAliveS })).toThrow(RangeError);
  });
});

test('a week: the quiet night has most, and growth from hour to hour adds its instances', () => {
  const hours = [
    ...Array<number>(8).fill(0.001),
    ...Array<number>(12).fill(1),
    ...Array<number>(4).fill(0.01),
  ];
  const cold = coldStartsOfWeek(hours, { meanCallS: 2, keepAliveS: 600 });
  expect(cold.quietest).toBeGreaterThan(0.5);
  expect(cold.busiest).toBeLessThan(0.02);
  expect(cold.week).toBeLessThan(0.02);
  const [steady] = [computeColdStartRatio({ callsPerS: 1, meanCallS: 2, keepAliveS: 600 })];
  // 0.001/s to 1/s: 1.998 more instances over 3600 calls of that hour.
  expect(cold.busiest - steady).toBeCloseTo((0.999 * 2) / 3600, 9);
});
