import { describe, expect, test } from 'vitest';
import { planModes } from '../../../planner/index.ts';
import { measuredGatewayCost } from '../../../planner/size/gateway.ts';
import { readCatalogue } from '../../../scenarios/catalogue.ts';
import { type DeploymentMode, type ModeTier, readMode } from '../../../scenarios/mode.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import type { ResultFile } from '../../../vocabulary/result-file.ts';
import { buildResult, simulatedResult } from '../fixtures/result.ts';
import { MODES, sizeMode } from '../fixtures/sized.ts';

const catalogue = unwrap(readCatalogue());
const kubernetes = unwrap(readMode('kubernetes', catalogue));

/** 0.1 s of latency at the highest met rate and 21.4 s of thought: the guide's 1.5 s and 20 s together. */
const guideResult = () =>
  buildResult({
    engine: 'simulated',
    rates: [10, 20, 30, 39],
    servicePerS: 40,
    thinkTimeMs: 21_400,
    step: { gatewayCpuSPerTurn: 0.004 },
  });

function gatewayPlan(interactionsPerDay: number, change: (tier: ModeTier) => ModeTier) {
  const mode: DeploymentMode = {
    ...kubernetes,
    tiers: kubernetes.tiers.map((tier) => (tier.id === 'gateway' ? change(tier) : tier)),
  };
  const plan = unwrap(
    planModes({
      results: [guideResult()],
      interactionsPerDay,
      modes: [mode],
      catalogue,
      overrides: { busyHourShareRatio: 0.15 },
      seed: 1,
      nowUnixMs: Date.UTC(2026, 10, 21),
    }),
  );
  const [planned] = plan.modes;
  const tier =
    planned?.kind === 'planned' ? planned.tiers.find((other) => other.tier === 'gateway') : undefined;
  if (tier === undefined) throw new Error('the gateway was not planned');
  return { tier, openInteractions: plan.demand.busyHourOpenInteractions };
}

describe('gateways', () => {
  test('CPU seconds per turn over all steps: 4 ms as the fixture burns', () => {
    const cost = measuredGatewayCost([simulatedResult()]);
    expect(cost?.cpuSPerTurn).toBeCloseTo(0.004, 6);
    expect(cost?.maxTurnsPerS).toBeCloseTo(39, 6);
  });

  test('no sample, or none called gateway: unknown, not zero', () => {
    const bare = buildResult({ engine: 'llama', rates: [2, 4], servicePerS: 8, step: { engineCores: 1 } });
    expect(measuredGatewayCost([bare])).toBeUndefined();
    expect(measuredGatewayCost([])).toBeUndefined();
  });

  test('of two runs the one whose workload is planned for counts; the other only where that one sampled no gateway', () => {
    const run = (engine: 'llama' | 'simulated', gatewayCpuSPerTurn: number) =>
      buildResult({
        engine,
        rates: [5, 10, 17, 19],
        servicePerS: 20,
        step: { engineCores: 1, ...(gatewayCpuSPerTurn > 0 ? { gatewayCpuSPerTurn } : {}) },
      });
    const costOf = (results: readonly ResultFile[]) =>
      sizeMode({ mode: MODES.kubernetes, interactionsPerDay: 25_000, results })
        .plans.find(({ tier }) => tier === 'gateway')
        ?.capacity.find(({ name }) => name === 'gatewayCpuSPerTurn')?.value;
    // A real engine sets the workload, whatever the order.
    expect(costOf([run('simulated', 0.008), run('llama', 0.004)])).toBeCloseTo(0.004, 9);
    expect(costOf([run('llama', 0.004), run('simulated', 0.008)])).toBeCloseTo(0.004, 9);
    expect(costOf([run('simulated', 0.008), run('llama', 0)])).toBeCloseTo(0.008, 9);
  });

  test('processes by the utilisation law, three zones with one lost', () => {
    const { tier } = gatewayPlan(2_500_000, (gateway) => gateway);
    // 520.8 turns/s × 4 ms ÷ 0.6 = 3.47 → 4 for load; 6 over three zones leave 4.
    expect([tier.replicasForLoad, tier.replicas]).toEqual([4, 6]);
    expect(tier.utilisation).toBeCloseTo((520.8333 * 0.004) / 0.6 / 6, 5);
  });

  test('a warning where processes of the plan run faster than any was measured, and not before', () => {
    const codesAt = (interactionsPerDay: number) =>
      sizeMode({ mode: MODES.kubernetes, interactionsPerDay, results: [guideResult()] })
        .tiers.find(({ model }) => model.tier.id === 'gateway')
        ?.diagnostics.map(({ code }) => code);
    // Measured up to 39 turns/s: the one of two that is left carries that at 187,200 interactions a day.
    expect(codesAt(180_000)).toEqual(['ASSUMED_INPUT']);
    expect(codesAt(195_000)).toEqual(['OUTSIDE_MEASURED_RANGE']);
  });

  test('open conversations bind where the mode limits them (50 per instance at 70 %: the corrected guide)', () => {
    const { tier, openInteractions } = gatewayPlan(25_000, (gateway) =>
      gateway.sizing.kind === 'gateway-cpu'
        ? { ...gateway, sizing: { ...gateway.sizing, maxOpenInteractions: 50, maxUtilisation: 0.7 } }
        : gateway,
    );
    expect(Math.round(openInteractions)).toBe(112);
    expect([tier.replicasForLoad, tier.replicas]).toEqual([4, 6]);
    expect(tier.bindingConstraint).toContain('concurrency with redundancy');
    expect(tier.limits.map(({ name }) => name)).toEqual(['load', 'concurrency', 'minimum', 'redundancy']);
  });
});
