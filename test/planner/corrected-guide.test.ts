import { describe, expect, test } from 'vitest';
import { planModes } from '../../planner/index.ts';
import type { DeploymentMode, ModeTier } from '../../scenarios/mode.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { LatencyHistogram } from '../../vocabulary/histogram.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import { buildResult, buildStep } from './fixtures/result.ts';
import { CATALOGUE, MODES, unbounded } from './fixtures/sized.ts';

/** Every turn takes 1.5 s, as the guide assumes, and customers think for 20 s. */
function guideStep(turnsPerS: number): ResultStep {
  const step = buildStep({ turnsPerS, servicePerS: 1000, gatewayCpuSPerTurn: 0.0001 });
  const histogram = new LatencyHistogram();
  for (let turn = 0; turn < step.counts.completed; turn++) histogram.record(1500);
  return {
    ...step,
    histograms: { latencyMs: histogram.encode() },
    inFlight: { mean: turnsPerS * 1.5, max: 99 },
  };
}

const guideResult = () =>
  buildResult({
    engine: 'simulated',
    rates: [],
    servicePerS: 1000,
    steps: [10, 20, 30].map(guideStep),
    turns: 5,
    thinkTimeMs: 20_000,
  });

/** Instances of the guide: so many conversations each at 70 %, over three zones of which one may be lost. */
function guideMode(conversationsPerInstance: number): DeploymentMode {
  const gateway = (tier: ModeTier): ModeTier => ({
    ...tier,
    maxReplicas: 5000,
    zones: 3,
    survives: { zones: 1, replicas: 0 },
    sizing: {
      kind: 'gateway-cpu',
      measuredEngine: 'gateway-only',
      maxUtilisation: 0.7,
      coresUsable: 1,
      maxOpenInteractions: conversationsPerInstance,
    },
  });
  return {
    ...MODES.kubernetes,
    // 1,920 gateways hold more connections than the databases of the built-in mode.
    tiers: unbounded(MODES.kubernetes).tiers.map((tier) => (tier.role === 'gateway' ? gateway(tier) : tier)),
  };
}

function planned(interactionsPerDay: number, conversationsPerInstance: number) {
  const plan = unwrap(
    planModes({
      results: [guideResult()],
      interactionsPerDay,
      modes: [guideMode(conversationsPerInstance)],
      catalogue: CATALOGUE,
      overrides: { busyHourShareRatio: 0.15, escalationRatio: 0.25, averageHandleTimeS: 360 },
      seed: 1,
      nowUnixMs: Date.UTC(2026, 10, 21),
    }),
  );
  const [mode] = plan.modes;
  if (mode?.kind !== 'planned') throw new Error(mode?.reason ?? 'no mode');
  return { plan, mode, gateway: mode.tiers.find(({ tier }) => tier === 'gateway') };
}

/** 15 % of the day in the busy hour, 5 turns, 1.5 s each, 20 s of thinking, 70 % utilisation, 3 zones, surviving one. */
describe('the corrected sizing of the guide, from a result to a plan', () => {
  test.each([
    { perDay: 25_000, turnsPerS: 5.2, open: 112, ofFifty: 6, ofTwoHundred: 2 },
    { perDay: 100_000, turnsPerS: 20.8, open: 448, ofFifty: 20, ofTwoHundred: 6 },
    { perDay: 1_000_000, turnsPerS: 208, open: 4_479, ofFifty: 192, ofTwoHundred: 48 },
    { perDay: 10_000_000, turnsPerS: 2_083, open: 44_792, ofFifty: 1_920, ofTwoHundred: 480 },
  ])('$perDay a day: $turnsPerS turns/s, $open open, $ofFifty or $ofTwoHundred instances', (guide) => {
    const { plan, gateway } = planned(guide.perDay, 50);
    expect(Math.abs(plan.demand.busyHourTurnsPerS / guide.turnsPerS - 1)).toBeLessThan(0.002);
    expect(Math.round(plan.demand.busyHourOpenInteractions)).toBe(guide.open);
    expect(gateway?.replicas).toBe(guide.ofFifty);
    expect(planned(guide.perDay, 200).gateway?.replicas).toBe(guide.ofTwoHundred);
  });

  test('concurrency binds, not requests per second; every limit with its slack', () => {
    const { gateway } = planned(1_000_000, 50);
    expect(gateway?.bindingConstraint).toBe('concurrency with redundancy');
    const slack = (name: string) => gateway?.limits.find((limit) => limit.name === name)?.slackRatio ?? -1;
    // 128 of 192 left carry 35 each of 4,479.
    expect(slack('concurrency')).toBeCloseTo((128 * 35) / 4479.1667 - 1, 6);
    expect(slack('load')).toBeGreaterThan(100 * slack('concurrency'));
    expect(gateway?.slackRatio).toBe(slack('concurrency'));
    expect(gateway?.whenLost?.replicas).toBe(128);
    expect(gateway?.whenLost?.utilisation).toBeCloseTo(4479.1667 / (128 * 35), 6);
  });

  test('159 scheduled agents for 25,000 a day with a quarter escalated at six minutes', () => {
    const { mode, plan } = planned(25_000, 50);
    expect(mode.people?.busiest.scheduledAgents).toBe(159);
    expect(plan.demand.figures.find(({ name }) => name === 'scheduledAgents')?.value).toBe(159);
  });
});
