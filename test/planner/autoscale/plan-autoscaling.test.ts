import { describe, expect, test } from 'vitest';
import { planAutoscaling } from '../../../planner/autoscale/plan-autoscaling.ts';
import { largestCheaper } from '../../../planner/autoscale/serverless.ts';
import type { DeploymentMode, ModeTier } from '../../../scenarios/mode.ts';
import {
  type AutoscalingSection,
  autoscalingSectionSchema,
  type ScaledTier,
} from '../../../vocabulary/plan-sections/autoscaling.ts';
import { SLOS } from '../fixtures/result.ts';
import { MODES, sizeMode, unbounded } from '../fixtures/sized.ts';

function sectionOf(mode: DeploymentMode, interactionsPerDay: number, seed = 1): AutoscalingSection {
  const { context, tiers, plans } = sizeMode({ mode, interactionsPerDay });
  return planAutoscaling({ context, tiers, plans, slos: SLOS, seed });
}

function scaledOf(section: AutoscalingSection): ScaledTier {
  const scaled = section.tiers.find((tier) => tier.kind === 'scaled');
  if (scaled?.kind !== 'scaled') throw new Error('no tier is scaled');
  return scaled;
}

const withTier = (mode: DeploymentMode, change: Partial<ModeTier>): DeploymentMode => ({
  ...mode,
  tiers: mode.tiers.map((tier, index) => (index === 0 ? { ...tier, ...change } : tier)),
});

/** Gateways that are rented by the hour; 1 M interactions a day are some 200 turns/s in the busy hour. */
const busy = sectionOf(unbounded(MODES.kubernetes), 10_000_000);

describe('the section of a mode', () => {
  test('keeps its schema, and says the same for the same seed', () => {
    expect(autoscalingSectionSchema.parse(busy)).toEqual(busy);
    expect(sectionOf(unbounded(MODES.kubernetes), 10_000_000)).toEqual(busy);
    expect(sectionOf(unbounded(MODES.kubernetes), 10_000_000, 2)).not.toEqual(busy);
  });

  test('its week is that of the demand: the busiest hour is the busy hour, the sum a week of the volume', () => {
    const { context } = sizeMode({ mode: MODES.onprem, interactionsPerDay: 20_000 });
    const { weekTurnsPerS } = sectionOf(MODES.onprem, 20_000);
    expect(Math.max(...weekTurnsPerS)).toBeCloseTo(context.demand.busyHourTurnsPerS, 9);
    const turns = weekTurnsPerS.reduce((sum, perS) => sum + perS * 3600, 0);
    expect(turns / (20_000 * 7 * 5)).toBeCloseTo(1, 9);
  });

  test('every tier is scaled or says why not', () => {
    const kubernetes = sectionOf(MODES.kubernetes, 100_000);
    expect(kubernetes.tiers.map(({ tier }) => tier)).toEqual(MODES.kubernetes.tiers.map(({ id }) => id));
    const reasons = new Map(
      [
        ...kubernetes.tiers,
        ...sectionOf(MODES.onprem, 20_000).tiers,
        ...sectionOf(MODES.compose, 2_000).tiers,
      ].flatMap((tier) => (tier.kind === 'not-scaled' ? [[tier.tier, tier.reason] as const] : [])),
    );
    expect(reasons.get('llm')).toContain('vendor');
    expect(reasons.get('inference')).toContain('bought');
    expect(reasons.get('host')).toContain('one and no more');
    expect(reasons.get('history')).toBeDefined();
  });

  test('a mode may keep a tier from scaling', () => {
    const mode = withTier(MODES.kubernetes, { scaling: { autoscaler: 'none', reason: 'a frozen release' } });
    expect(sectionOf(mode, 100_000).tiers[0]).toMatchObject({
      kind: 'not-scaled',
      reason: 'a frozen release',
    });
  });
});

describe('10 M interactions a day', () => {
  const tier = scaledOf(busy);
  const [planned, hpa, keda, schedule] = tier.policies;

  test('the planned replicas keep the objectives with nothing late or turned away', () => {
    expect(planned?.outcome).toMatchObject({ rejectedRatio: 0, lateRatio: 0, withinObjectives: true });
    expect(planned?.outcome.turns).toBeGreaterThan(0.99 * 10_000_000 * 5 * 7);
    expect(planned?.outcome.turns).toBeLessThan(1.01 * 10_000_000 * 5 * 7);
  });

  test('autoscalers follow the hours: fewer at night, about the same in the busy hour, far fewer hours paid for', () => {
    for (const policy of [hpa, keda]) {
      expect(policy?.outcome.withinObjectives).toBe(true);
      expect(policy?.outcome.minReplicas).toBeLessThan(0.2 * (planned?.outcome.maxReplicas ?? 0));
      const peak = (policy?.outcome.maxReplicas ?? 0) / (planned?.outcome.maxReplicas ?? 1);
      expect(peak).toBeGreaterThan(0.85);
      expect(peak).toBeLessThan(1.25);
      expect(policy?.outcome.replicaHours).toBeLessThan(0.6 * (planned?.outcome.replicaHours ?? 0));
      expect(policy?.hours).toHaveLength(168);
    }
    expect(tier.cheapestPolicy).toBeGreaterThan(0);
  });

  test('a schedule is there before it is needed, and for calm demand needs no metric at all', () => {
    expect(schedule?.kind).toBe('schedule');
    expect(schedule?.outcome).toMatchObject({ rejectedRatio: 0, withinObjectives: true });
    expect(schedule?.outcome.maxReplicas).toBeGreaterThanOrEqual((planned?.outcome.maxReplicas ?? 0) - 1);
    expect(schedule?.outcome.replicaHours).toBeLessThan(0.6 * (planned?.outcome.replicaHours ?? 0));
    // Monday 8 o'clock brings more than 7: the replicas of 8 are up by the end of 7.
    const hours = schedule?.hours ?? [];
    expect(hours[7]?.maxReplicas).toBeGreaterThan((hours[6]?.maxReplicas ?? 0) + 1);
  });

  test('the slow end of the start lags is tried as well', () => {
    // 180 s of a machine and 60 s of a container.
    expect(tier.slowStart?.startLagS).toBe(240);
    expect(tier.slowStart?.lateRatio).toBeGreaterThanOrEqual(hpa?.outcome.lateRatio ?? 0);
  });

  test('a zone of three gone at the busiest hour: those left carry it under every policy, as they were sized to', () => {
    expect(tier.zoneLoss?.lostRatio).toBeCloseTo(1 / 3, 12);
    expect(busy.weekTurnsPerS[tier.zoneLoss?.hourOfWeek ?? -1]).toBe(Math.max(...busy.weekTurnsPerS));
    expect(tier.zoneLoss?.policies.map(({ withinObjectives }) => withinObjectives)).toEqual([
      true,
      true,
      true,
    ]);
    const full = scaledOf(
      sectionOf(
        withTier(unbounded(MODES.kubernetes), { survives: { zones: 2, replicas: 0 }, minReplicas: 3 }),
        10_000_000,
      ),
    );
    expect(full.zoneLoss?.lostRatio).toBeCloseTo(2 / 3, 12);
    const alone = scaledOf(
      sectionOf(
        withTier(unbounded(MODES.kubernetes), { zones: 1, survives: { zones: 0, replicas: 0 } }),
        10_000_000,
      ),
    );
    expect(alone.zoneLoss).toBeUndefined();
  });

  test('hours add up: turns of the week, and the mean of the replicas', () => {
    const hours = hpa?.hours ?? [];
    const turns = hours.reduce((sum, { turnsPerS }) => sum + turnsPerS * 3600, 0);
    expect(turns / (hpa?.outcome.turns ?? 1)).toBeCloseTo(1, 9);
    const mean = hours.reduce((sum, { meanReplicas }) => sum + meanReplicas, 0) / 168;
    expect(mean).toBeCloseTo(hpa?.outcome.meanReplicas ?? 0, 6);
    // Paid for: those that answer, those that start and machines that stand idle.
    expect(hpa?.outcome.replicaHours).toBeGreaterThan(mean * 168);
  });

  test('what fixed replicas would have to be: fewer than planned, since nothing is lost, and one less does not do', () => {
    const { staticReplicas = 0 } = tier.headroom;
    expect(staticReplicas).toBeGreaterThan(1);
    expect(staticReplicas).toBeLessThanOrEqual(planned?.outcome.maxReplicas ?? 0);
  });

  test('a month at the rented price', () => {
    const hours = planned?.outcome.replicaHours ?? 0;
    // aws/c7i.large in the catalogue.
    expect((planned?.outcome.usdPerMonth ?? 0) / ((hours / 168) * 730)).toBeCloseTo(0.08925, 5);
  });

  test('a week by hour of every policy in far less than ten seconds', () => {
    const started = performance.now();
    sectionOf(unbounded(MODES.kubernetes), 9_999_999, 3);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('what a mode sets', () => {
  const of = (scaling: NonNullable<ModeTier['scaling']>) =>
    scaledOf(sectionOf(withTier(unbounded(MODES.kubernetes), { scaling }), 10_000_000));

  test('lags and windows stand in the settings, as the mode’s', () => {
    const tier = of({ nodeStartS: 40, containerStartS: 5, modelStartS: 2, scaleDownWindowS: 60 });
    expect(tier.startLagS).toBe(47);
    // A value of the mode has no range: there is no slow end.
    expect(tier.slowStart).toBeUndefined();
    const settings = new Map(tier.policies[1]?.settings.map((setting) => [setting.name, setting]));
    expect(settings.get('scaleDownWindowS')).toMatchObject({ value: 60, source: 'set by the mode' });
    expect(settings.get('syncS')?.source).toContain('Kubernetes');
    // Down after one minute instead of five: fewer hours paid for.
    const fast = tier.policies[1]?.outcome.replicaHours ?? 0;
    expect(fast).toBeLessThan(scaledOf(busy).policies[1]?.outcome.replicaHours ?? 0);
  });

  test('half the target is about twice the replicas', () => {
    const [half, whole] = [of({ targetRatio: 0.5 }), scaledOf(busy)].map(
      ({ policies }) => policies[2]?.outcome.meanReplicas ?? 0,
    );
    expect((half ?? 0) / (whole ?? 1)).toBeGreaterThan(1.7);
    expect((half ?? 0) / (whole ?? 1)).toBeLessThan(2.1);
  });

  test('the autoscaler that it runs is named so', () => {
    const titles = of({ autoscaler: 'keda' }).policies.map(({ title }) => title);
    expect(titles.filter((title) => title.includes('as the mode runs it'))).toEqual([
      'KEDA on arrivals, as the mode runs it',
    ]);
  });
});

describe('lags', () => {
  test('replicas that take an hour to start cannot follow: a floor is needed, or more fixed ones', () => {
    const slow = scaledOf(
      sectionOf(withTier(unbounded(MODES.kubernetes), { scaling: { nodeStartS: 3600 } }), 10_000_000),
    );
    const fast = scaledOf(busy);
    expect(slow.startLagS).toBeGreaterThan(3600);
    expect(slow.policies[1]?.outcome.lateRatio).toBeGreaterThan(fast.policies[1]?.outcome.lateRatio ?? 0);
    expect(slow.policies[1]?.outcome.withinObjectives).toBe(false);
    // A schedule asks an hour ahead, so it does not mind.
    expect(slow.policies[3]?.outcome.withinObjectives).toBe(true);
    expect(slow.headroom.minReplicas ?? Number.POSITIVE_INFINITY).toBeGreaterThan(
      fast.headroom.minReplicas ?? 0,
    );
  });
});

describe('functions instead of containers', () => {
  const at = (interactionsPerDay: number) => sectionOf(MODES.kubernetes, interactionsPerDay).serverless[0];

  test('cost in proportion to volume: cheaper for few, dearer for many, even at the break-even', () => {
    const [few, many] = [at(200), at(1_000_000)];
    expect(few?.cheaper).toBe('serverless');
    expect(many?.cheaper).toBe('containers');
    const breakEven = few?.breakEvenInteractionsPerDay ?? 0;
    const [below, above] = [at(breakEven * 0.98), at(breakEven * 1.02)];
    expect(below?.cheaper).toBe('serverless');
    expect(above?.cheaper).toBe('containers');
  });

  test('by hand: 10,000 interactions of five turns, each billed for the time of the vendor', () => {
    const section = at(10_000);
    const requests = 10_000 * (730 / 24) * 5;
    const billedS = 0.8 + (section?.coldStartRatio ?? 0) * 0.5;
    const expected = requests * (0.2e-6 + billedS * 0.5 * 0.0000166667);
    expect((section?.usdPerMonth ?? 0) / expected).toBeCloseTo(1, 6);
  });

  test('cold starts are for the quiet: many at night with little volume, next to none with much', () => {
    expect(at(200)?.quietestHourColdStartRatio).toBeGreaterThan(0.5);
    expect(at(1_000_000)?.coldStartRatio).toBeLessThan(0.001);
  });
});

describe('where two costs cross', () => {
  test('the last crossing below which the first is cheaper', () => {
    expect(
      largestCheaper(
        (scale) => scale,
        () => 10,
      ),
    ).toBeCloseTo(10, 4);
    expect(
      largestCheaper(
        (scale) => scale,
        (scale) => (scale < 2 ? 1.5 : 4),
      ),
    ).toBeCloseTo(4, 4);
  });

  test('none where one is always cheaper', () => {
    expect(
      largestCheaper(
        () => 1,
        () => 2,
      ),
    ).toBeUndefined();
    expect(
      largestCheaper(
        () => 3,
        () => 2,
      ),
    ).toBeUndefined();
  });
});
