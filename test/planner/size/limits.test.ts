import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  carriedBy,
  type LimitStep,
  type LoadLimit,
  MOST_REPLICAS,
  requiredFor,
  slackBy,
} from '../../../planner/size/limits.ts';

const limitOf = (demand: number, steps: readonly LimitStep[]): LoadLimit => ({
  name: 'quota',
  demand,
  perReplica: steps[0]?.perReplica ?? 1,
  explanation: '',
  measuredAs: 'none',
  steps,
});

/** Taken one by one until they carry the demand: slow and obvious. */
function naiveCount(demand: number, steps: readonly LimitStep[]): number {
  const last = steps[steps.length - 1];
  const each = steps.flatMap(({ replicas, perReplica }) =>
    Array.from({ length: replicas }, () => perReplica),
  );
  let carried = 0;
  let count = 0;
  while (carried < demand * (1 - 1e-9)) {
    carried += each[count] ?? last?.perReplica ?? 1;
    count++;
  }
  return Math.max(1, count);
}

const steps = fc.array(
  fc.record({
    replicas: fc.integer({ min: 0, max: 20 }),
    perReplica: fc.double({ min: 0.1, max: 5, noNaN: true }),
  }),
  { minLength: 1, maxLength: 4 },
);

describe('replicas that differ', () => {
  test('as many as when they are taken one by one, in their order', () => {
    fc.assert(
      fc.property(steps, fc.double({ min: 0.001, max: 200, noNaN: true }), (given, demand) => {
        const naive = naiveCount(demand, given);
        // A demand that falls on a whole number to the last digit may be counted either way.
        expect(Math.abs(requiredFor(limitOf(demand, given)) - naive)).toBeLessThanOrEqual(
          carriedBy(limitOf(demand, given), naive) - demand < 1e-6 ? 1 : 0,
        );
        expect(carriedBy(limitOf(demand, given), requiredFor(limitOf(demand, given)))).toBeGreaterThanOrEqual(
          demand * (1 - 1e-6),
        );
      }),
    );
  });

  test('a first vendor of 2 accounts at 40 % and a second at 25 %: three accounts', () => {
    const limit = limitOf(1, [
      { replicas: 2, perReplica: 0.4 },
      { replicas: 4, perReplica: 0.25 },
    ]);
    expect(requiredFor(limit)).toBe(3);
    expect(carriedBy(limit, 3)).toBeCloseTo(1.05, 12);
    expect(slackBy(limit, 3)).toBeCloseTo(0.05, 12);
    expect(requiredFor(limit, { demand: 2, capacity: 1, gatewayCpu: 1 })).toBe(7);
  });

  test('without steps the demand over what each carries; volume does not grow with the peak', () => {
    const { steps: _, ...plain } = limitOf(10, [{ replicas: 1, perReplica: 3 }]);
    expect(requiredFor(plain)).toBe(4);
    const scale = { demand: 10, capacity: 1, gatewayCpu: 1 };
    expect(requiredFor(plain, scale)).toBe(34);
    expect(requiredFor({ ...plain, fromVolume: true }, scale)).toBe(4);
  });

  test.each([0, Number.NaN, 1e-300, -1])(
    'a replica that carries %d counts to the most there is',
    (perReplica) => {
      const { steps: _, ...plain } = limitOf(10, [{ replicas: 1, perReplica }]);
      const count = requiredFor(plain);
      expect(count).toBe(MOST_REPLICAS);
    },
  );
});
