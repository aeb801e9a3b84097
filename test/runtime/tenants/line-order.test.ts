import { describe, expect, it } from 'vitest';
import { type LineModel, simulateLine } from './line-model.ts';

/** The default line before a gateway with 64 places and answers of half a second. */
const SHAPE = { places: 64, serviceMs: 500, maxWaiting: 128, maxWaitMs: 100, durationMs: 30_000 } as const;
const SEEDS = Array.from({ length: 10 }, (_, index) => index + 1);

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function read(order: LineModel['order'], load: number) {
  const runs = SEEDS.map((seed) => simulateLine({ ...SHAPE, order, load, seed }));
  const wait = (percent: number) =>
    mean(runs.map(({ waitsMs }) => waitsMs[Math.ceil((percent * waitsMs.length) / 100) - 1] ?? 0));
  return { served: load * mean(runs.map((run) => run.servedRatio)), p50Ms: wait(50), p99Ms: wait(99) };
}

describe('who is served first when the gateway is full, on a model of the line', () => {
  it('serves what 64 places can, as the formula for a line without patience says at half the load', () => {
    // Erlang C with 64 places and 32 erlangs: practically nobody waits.
    expect(read('first-come', 0.5)).toMatchObject({ served: expect.closeTo(0.5, 2), p99Ms: 0 });
  });

  it.each([1.1, 1.5, 2, 3])(
    'newest first serves as many to a few per cent at %f times the capacity, and far sooner',
    (load) => {
      const [first, newest] = [read('first-come', load), read('newest-first', load)];
      expect(Math.abs(newest.served - first.served)).toBeLessThan(0.04);
      expect(newest.p50Ms).toBeLessThan(first.p50Ms / 4);
      expect(newest.p99Ms).toBeLessThanOrEqual(first.p99Ms);
    },
  );

  it('below the capacity it costs a little: some that a fair line would have reached are given up', () => {
    const [first, newest] = [read('first-come', 0.9), read('newest-first', 0.9)];
    expect(first.served - newest.served).toBeGreaterThan(0);
    expect(first.served - newest.served).toBeLessThan(0.02);
    expect(newest.p50Ms).toBe(0);
    expect(newest.p99Ms).toBeLessThanOrEqual(SHAPE.maxWaitMs);
  });
});
