import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { replicasForTotal, replicasForUtilisation } from '../../../planner/autoscale/replica-calculator.ts';

const mean = (levels: readonly number[]): number =>
  levels.reduce((sum, level) => sum + level, 0) / levels.length / 1000;

describe('the unit tests of Kubernetes itself (replica_calculator_test.go)', () => {
  test.each([
    // name, usage of the ready pods in milli-CPU of one CPU asked for, starting, target %, replicas after
    ['ScaleUp', [300, 500, 700], 0, 30, 5],
    ['ScaleUpUnreadyLessScale', [500, 700], 1, 30, 4],
    ['ScaleUpHotCpuLessScale', [500, 700], 1, 30, 4],
    ['ScaleUpUnreadyNoScale', [400], 2, 30, 3],
    ['ScaleUpIgnoresFailedPods', [500, 700], 0, 30, 4],
    ['ScaleDown', [100, 300, 500, 250, 250], 0, 50, 3],
    ['Tolerance', [900, 1000, 1100], 0, 100, 3],
  ] as const)('%s', (...[, usage, starting, targetPercent, expected]) => {
    const pods = { replicas: usage.length + starting, ready: usage.length, starting };
    const rules = { targetRatio: targetPercent / 100, toleranceRatio: 0.1 };
    expect(replicasForUtilisation(pods, mean(usage), rules)).toBe(expected);
  });

  test.each([
    ['ScaleUpPerPodCMExternal', 3, 8600, 2150, 4],
    ['ScaleUpCMPerPodObject', 3, 20_000, 5000, 4],
    ['ScaleDownPerPodCMObject', 5, 6000, 2000, 3],
  ] as const)('%s', (...[, replicas, total, targetPerReplica, expected]) => {
    const pods = { replicas, ready: replicas, starting: 0 };
    expect(replicasForTotal(pods, total, { targetPerReplica, toleranceRatio: 0.1 })).toBe(expected);
  });
});

/** Pod by pod, as the controller does it, with usage in whole percent. */
function podByPod(ready: readonly number[], starting: number, target: number, tolerance: number): number {
  const replicas = ready.length + starting;
  const whole = (sum: number, pods: number): number => Math.floor(sum / pods + 1e-7);
  const total = ready.reduce((sum, percent) => sum + percent, 0);
  const ratio = whole(total, ready.length) / target;
  if (starting === 0 || ratio <= 1) {
    return Math.abs(1 - ratio) <= tolerance + 1e-9
      ? replicas
      : Math.max(0, Math.ceil(ratio * ready.length - 1e-9));
  }
  const again = whole(total, replicas) / target;
  if (Math.abs(1 - again) <= tolerance + 1e-9 || again < 1) return replicas;
  const wanted = Math.ceil(again * replicas - 1e-9);
  return wanted < replicas ? replicas : wanted;
}

describe('against a count of every pod', () => {
  test('any usage, any number of starting pods', () => {
    const pods = fc.record({
      usage: fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 40 }),
      starting: fc.integer({ min: 0, max: 40 }),
      target: fc.integer({ min: 1, max: 100 }),
    });
    fc.assert(
      fc.property(pods, ({ usage, starting, target }) => {
        const reading = { replicas: usage.length + starting, ready: usage.length, starting };
        const meanRatio = usage.reduce((sum, percent) => sum + percent, 0) / usage.length / 100;
        const rules = { targetRatio: target / 100, toleranceRatio: 0.1 };
        expect(replicasForUtilisation(reading, meanRatio, rules)).toBe(
          podByPod(usage, starting, target, 0.1),
        );
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  test('starting pods never make the answer to an overload larger than it is without them, nor take one away', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 50, max: 100 }),
        (ready, starting, percent) => {
          const reading = { replicas: ready + starting, ready, starting };
          const rules = { targetRatio: 0.4, toleranceRatio: 0.1 };
          const wanted = replicasForUtilisation(reading, percent / 100, rules);
          const alone = Math.ceil((percent / 40) * ready - 1e-9);
          expect(wanted).toBeGreaterThanOrEqual(ready + starting);
          expect(wanted).toBeLessThanOrEqual(Math.max(ready + starting, alone));
        },
      ),
      { numRuns: 500, seed: 2 },
    );
  });
});

describe('the ends', () => {
  test('no pod ready: nothing is known, nothing changes', () => {
    const pods = { replicas: 4, ready: 0, starting: 4 };
    expect(replicasForUtilisation(pods, 0, { targetRatio: 0.5, toleranceRatio: 0.1 })).toBe(4);
  });

  test('a total needs as many replicas from none as from any', () => {
    const none = { replicas: 0, ready: 0, starting: 0 };
    expect(replicasForTotal(none, 41, { targetPerReplica: 10, toleranceRatio: 0.1 })).toBe(5);
    expect(replicasForTotal(none, 0, { targetPerReplica: 10, toleranceRatio: 0.1 })).toBe(0);
  });
});
