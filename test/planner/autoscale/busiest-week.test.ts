import { describe, expect, test } from 'vitest';
import { planModes } from '../../../planner/index.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import type { AutoscalingSection, ScaledTier } from '../../../vocabulary/plan-sections/autoscaling.ts';
import { demandFile } from '../fixtures/demand.ts';
import { llamaResult, simulatedResult } from '../fixtures/result.ts';
import { CATALOGUE, MODES, unbounded } from '../fixtures/sized.ts';

function sectionOf(changes: Readonly<Record<string, unknown>>): AutoscalingSection {
  const plan = unwrap(
    planModes({
      results: [llamaResult(), simulatedResult()],
      demand: demandFile({ volume: { kind: 'per-day', interactionsPerDay: 5_000_000 }, ...changes }),
      modes: [unbounded(MODES.kubernetes)],
      catalogue: CATALOGUE,
      seed: 1,
      nowUnixMs: Date.UTC(2026, 10, 21),
    }),
  );
  const [mode] = plan.modes;
  if (mode?.kind !== 'planned' || mode.autoscaling === undefined) throw new Error('not planned');
  return mode.autoscaling;
}

function gatewayOf({ tiers }: AutoscalingSection): ScaledTier {
  const [gateway] = tiers;
  if (gateway?.kind !== 'scaled') throw new Error('not scaled');
  return gateway;
}

describe('a year with a peak', () => {
  const [calm, peak] = [sectionOf({}), sectionOf({ peakFactor: 2 })];

  test('is judged in its busiest week: twice the turns, about twice the replicas at the peak', () => {
    expect(Math.max(...peak.weekTurnsPerS) / Math.max(...calm.weekTurnsPerS)).toBeCloseTo(2, 9);
    const [inCalm, inPeak] = [gatewayOf(calm), gatewayOf(peak)].map(({ policies }) => policies[1]?.outcome);
    expect((inPeak?.turns ?? 0) / (inCalm?.turns ?? 1)).toBeCloseTo(2, 2);
    expect((inPeak?.maxReplicas ?? 0) / (inCalm?.maxReplicas ?? 1)).toBeGreaterThan(1.5);
    expect(peak.profile).toContain('2 times an average one');
  });

  test('and paid for by its average one: an autoscaler costs what it costs without the peak', () => {
    const [inCalm, inPeak] = [gatewayOf(calm), gatewayOf(peak)].map(({ policies }) => policies[1]?.outcome);
    expect((inPeak?.replicaHours ?? 0) / (inCalm?.replicaHours ?? 1)).toBeGreaterThan(0.95);
    expect((inPeak?.replicaHours ?? 0) / (inCalm?.replicaHours ?? 1)).toBeLessThan(1.05);
    const [fixedCalm, fixedPeak] = [gatewayOf(calm), gatewayOf(peak)].map(
      ({ policies }) => policies[0]?.outcome,
    );
    expect((fixedPeak?.replicaHours ?? 0) / (fixedCalm?.replicaHours ?? 1)).toBeGreaterThan(1.7);
  });
});

describe('bursts', () => {
  test('cost an autoscaler replicas, and a schedule its objectives where it has no room', () => {
    const profile = { shape: 'llm-api' };
    const [calm, bursty] = [1, 30_000].map((indexOfDispersion60S) =>
      gatewayOf(sectionOf({ profile, burstiness: { indexOfDispersion60S } })),
    );
    const [calmHpa, burstyHpa] = [calm, bursty].map((tier) => tier?.policies[1]?.outcome);
    expect(burstyHpa?.replicaHours).toBeGreaterThan(1.2 * (calmHpa?.replicaHours ?? 0));
    const [calmSchedule, burstySchedule] = [calm, bursty].map((tier) => tier?.policies[3]?.outcome);
    expect(calmSchedule?.withinObjectives).toBe(true);
    expect(burstySchedule?.lateRatio).toBeGreaterThan(0.01);
    expect(burstySchedule?.withinObjectives).toBe(false);
  });
});
