import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyScalingRules,
  createScalingMemory,
  type ScalingRules,
} from '../../../planner/autoscale/scaling-rules.ts';

/** Defaults of autoscaling/v2 as its documentation states them. */
const KUBERNETES: ScalingRules = {
  minReplicas: 1,
  maxReplicas: 1000,
  scaleUpRatio: 1,
  scaleUpReplicas: 4,
  scaleUpPeriodS: 15,
  scaleDownWindowS: 300,
};

/** Replicas after each sync of 15 s, from one replica. */
function follow(recommendations: readonly number[], rules = KUBERNETES, start = 1, syncS = 15): number[] {
  const memory = createScalingMemory();
  let current = start;
  return recommendations.map((replicas, index) => {
    current = applyScalingRules(memory, rules, { atS: index * syncS, replicas }, current);
    return current;
  });
}

describe('the default behaviour of Kubernetes', () => {
  test('up by the larger of four and all there are, in each 15 s', () => {
    expect(follow([100, 100, 100, 100, 100, 100])).toEqual([5, 10, 20, 40, 80, 100]);
  });

  test('with a sync of 5 s the growth is still that of 15 s', () => {
    const growth = follow(Array<number>(7).fill(100), KUBERNETES, 1, 5);
    expect(growth).toEqual([5, 5, 5, 10, 10, 10, 20]);
  });

  test('down at once to the highest recommendation of the last five minutes, and no sooner', () => {
    const path = follow([10, 20, ...Array<number>(30).fill(3)], KUBERNETES, 10);
    // The 20 was recommended at 15 s: it holds until 315 s, which is sync 21.
    expect(path.slice(0, 2)).toEqual([10, 20]);
    expect(path[20]).toBe(20);
    expect(path[21]).toBe(3);
  });

  test('a recommendation that was held back is still followed while it is the highest of the window', () => {
    const path = follow([50, 2, 2], { ...KUBERNETES, scaleUpRatio: 0, scaleUpReplicas: 1 }, 10);
    expect(path).toEqual([11, 12, 13]);
  });

  test('bounds hold whatever is recommended', () => {
    const rules = { ...KUBERNETES, minReplicas: 3, maxReplicas: 8, scaleDownWindowS: 0 };
    expect(follow([0, 100, 100, 0], rules, 3)).toEqual([3, 7, 8, 3]);
  });
});

/** The window and the limit by looking at the whole past each time. */
function naive(
  past: readonly { atS: number; replicas: number }[],
  rules: ScalingRules,
  start: number,
): number {
  let current = start;
  const added: { atS: number; replicas: number }[] = [];
  past.forEach(({ atS, replicas }, index) => {
    const recent = past.slice(0, index + 1).filter((other) => other.atS > atS - rules.scaleDownWindowS);
    const highest = Math.max(replicas, ...recent.map((other) => other.replicas));
    const wanted = replicas >= current ? replicas : highest;
    const bounded = Math.min(rules.maxReplicas, Math.max(rules.minReplicas, wanted));
    const inPeriod = added.filter((event) => event.atS > atS - rules.scaleUpPeriodS);
    const before = current - inPeriod.reduce((sum, event) => sum + event.replicas, 0);
    const limit = Math.max(Math.ceil(before * (1 + rules.scaleUpRatio)), before + rules.scaleUpReplicas);
    const next = bounded > current ? Math.max(current, Math.min(bounded, limit)) : bounded;
    if (next > current) added.push({ atS, replicas: next - current });
    current = next;
  });
  return current;
}

test('any path of recommendations, against one that looks at the whole past', () => {
  const paths = fc.record({
    recommendations: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 60 }),
    syncS: fc.constantFrom(5, 15, 30),
    windowS: fc.constantFrom(0, 60, 300),
    start: fc.integer({ min: 1, max: 50 }),
  });
  fc.assert(
    fc.property(paths, ({ recommendations, syncS, windowS, start }) => {
      const rules = { ...KUBERNETES, maxReplicas: 50, scaleDownWindowS: windowS };
      const past = recommendations.map((replicas, index) => ({ atS: index * syncS, replicas }));
      expect(follow(recommendations, rules, start, syncS).at(-1)).toBe(naive(past, rules, start));
    }),
    { numRuns: 1000, seed: 3 },
  );
});
