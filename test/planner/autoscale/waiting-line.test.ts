import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  advanceLine,
  createWaitingLine,
  type ReplicaBehaviour,
} from '../../../planner/autoscale/waiting-line.ts';

const REPLICA: ReplicaBehaviour = {
  turnsPerSAtObjectives: 8,
  maxTurnsPerS: 10,
  lateRatioAt: () => 0,
  lateWaitS: 2,
  maxWaitS: 10,
};

describe('a step change of load, where everything is a straight line', () => {
  /** 20/s on 10/s from an empty queue: after t seconds 10·t wait, which takes t seconds. */
  function overload(seconds: number, stepS: number) {
    const line = createWaitingLine();
    let [late, rejected] = [0, 0];
    for (let i = 0; i < seconds / stepS; i++) {
      advanceLine(line, REPLICA, 20 * stepS, { ready: 1, stepS });
      late += line.late;
      rejected += line.rejected;
    }
    return { late, rejected, waiting: line.waiting };
  }

  test('who comes after two seconds is late, and after ten half are turned away', () => {
    const { late, rejected, waiting } = overload(30, 1);
    // 8 s × 20/s come late; from 10 s on 10 of 20 are turned away and the other 10 are late.
    expect(rejected).toBeCloseTo(20 * 10, 6);
    expect(late).toBeCloseTo(8 * 20 + 20 * 10, 6);
    expect(waiting).toBeCloseTo(100, 6);
  });

  test.each([0.5, 2, 5])('in steps of %d s the same', (stepS) => {
    const { late, rejected } = overload(30, stepS);
    expect(Math.abs(late - 360)).toBeLessThanOrEqual(10 * stepS);
    expect(Math.abs(rejected - 200)).toBeLessThanOrEqual(1e-6);
  });

  test('the queue drains at what is spare', () => {
    const line = createWaitingLine();
    advanceLine(line, REPLICA, 60, { ready: 1, stepS: 2 });
    expect(line.waiting).toBeCloseTo(40, 9);
    advanceLine(line, REPLICA, 10, { ready: 3, stepS: 2 });
    expect(line.waiting).toBe(0);
    expect(line.served).toBeCloseTo(50, 9);
  });
});

test('without a replica everybody waits, is late, and is turned away past the limit of one', () => {
  const line = createWaitingLine();
  advanceLine(line, REPLICA, 130, { ready: 0, stepS: 5 });
  expect([line.served, line.rejected, line.waiting]).toEqual([0, 30, 100]);
  expect(line.late).toBe(100);
});

test('measured lateness at the load of the step', () => {
  const replica = { ...REPLICA, lateRatioAt: (turnsPerS: number) => turnsPerS / 100 };
  const line = createWaitingLine();
  advanceLine(line, replica, 60, { ready: 3, stepS: 5 });
  // 4/s each: 4 % of 60.
  expect(line.late).toBeCloseTo(2.4, 9);
});

test('nothing is lost: arrived = served + rejected + still waiting; no count is negative or above what arrived', () => {
  const steps = fc.array(
    fc.record({
      arrivals: fc.double({ min: 0, max: 500, noNaN: true }),
      ready: fc.integer({ min: 0, max: 9 }),
    }),
    { minLength: 1, maxLength: 100 },
  );
  fc.assert(
    fc.property(steps, (list) => {
      const line = createWaitingLine();
      const sum = { arrived: 0, served: 0, rejected: 0 };
      for (const { arrivals, ready } of list) {
        advanceLine(line, REPLICA, arrivals, { ready, stepS: 5 });
        sum.arrived += arrivals;
        sum.served += line.served;
        sum.rejected += line.rejected;
        expect(line.served).toBeLessThanOrEqual(ready * 50 + 1e-9);
        expect(line.late).toBeLessThanOrEqual(arrivals - line.rejected + 1e-9);
        for (const value of [line.served, line.rejected, line.late, line.waiting]) {
          expect(value).toBeGreaterThanOrEqual(0);
        }
      }
      expect(sum.served + sum.rejected + line.waiting).toBeCloseTo(sum.arrived, 6);
    }),
    { numRuns: 500, seed: 5 },
  );
});
