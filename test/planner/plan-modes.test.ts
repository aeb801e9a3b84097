import { describe, expect, test } from 'vitest';
import type { PlanInput } from '../../planner/index.ts';
import { planFileSchema } from '../../vocabulary/plan-file.ts';
import { modeOf, planOf, refusedOf, tierOf } from './fixtures/planned.ts';
import { buildResult, exactCapacityPerS, llamaResult, simulatedResult } from './fixtures/result.ts';

describe('a plan from two measurements', () => {
  test('is valid by the plan schema and plans three modes', () => {
    const plan = planOf();
    expect(planFileSchema.safeParse(plan).success).toBe(true);
    expect(plan.modes.map(({ mode, kind }) => `${mode} ${kind}`)).toEqual([
      'compose planned',
      'kubernetes planned',
      'onprem planned',
    ]);
  });

  test('demand: 25,000 a day at 15 % and 5 turns is 5.2 turns/s', () => {
    const { demand } = planOf();
    expect(demand.busyHourTurnsPerS).toBeCloseTo(5.2083, 4);
    expect(demand.busyHourInteractionsPerS).toBeCloseTo((25_000 * 0.15) / 3600, 9);
    const share = demand.figures.find(({ name }) => name === 'busyHourShareRatio');
    expect(share).toMatchObject({ value: 0.15, basis: 'assumed', date: '2026-11-21' });
  });

  test('measured capacity is that of the closed form; the links take their share of the objective', () => {
    const [llama] = planOf().measurements;
    expect(Math.abs((llama?.capacityTurnsPerS ?? 0) / exactCapacityPerS(20, 2000) - 1)).toBeLessThan(0.02);
    const capacity = tierOf(modeOf('compose'), 'host').capacity.find(
      ({ name }) => name === 'capacityTurnsPerS',
    );
    // 30 ms of links leave 1,970 ms for the host.
    expect(Math.abs((capacity?.value ?? 0) / exactCapacityPerS(20, 1970) - 1)).toBeLessThan(0.02);
    expect(capacity?.value).toBeLessThan(llama?.capacityTurnsPerS ?? 0);
    expect(capacity?.basis).toBe('measured');
  });

  test('load beyond one replica is more replicas: 100 times the day, about 100 times the load', () => {
    const small = tierOf(modeOf('onprem'), 'inference');
    const large = tierOf(modeOf('onprem', { interactionsPerDay: 10_000_000 }), 'inference');
    expect(small.replicas).toBe(2);
    // 2083 turns/s ÷ (37.6 × 4 replicas per node × 0.8) = 17.3, and as many in the other room.
    expect([large.replicasForLoad, large.replicas]).toEqual([18, 36]);
  });

  test('what is simulated says so', () => {
    const onprem = modeOf('onprem');
    expect(onprem.simulated).toBe(true);
    expect(onprem.latency.basis).toBe('simulated');
    expect(onprem.diagnostics.map(({ code }) => code)).toContain('SIMULATED_TARGET');
    expect(modeOf('compose').simulated).toBe(false);
    expect(modeOf('kubernetes').latency.basis).toBe('assumed');
  });

  test('a real engine sets the workload where there is one, whatever the order', () => {
    const runOf = (results: PlanInput['results']) =>
      planOf({ results }).demand.figures.find(({ name }) => name === 'meanTurnLatency');
    for (const results of [
      [llamaResult(), simulatedResult()],
      [simulatedResult(), llamaResult()],
    ]) {
      expect(runOf(results)).toMatchObject({
        basis: 'measured',
        source: expect.stringContaining('run-llama'),
      });
    }
    expect(runOf([simulatedResult()])?.basis).toBe('simulated');
  });

  test('stale prices are named', () => {
    const stale = modeOf('kubernetes').diagnostics.filter(({ code }) => code === 'STALE_PRICE');
    expect(stale.map(({ subject }) => subject)).toContain('openai/gpt-4o-mini');
  });

  test('same input, same plan; another seed, other draws', () => {
    expect(planOf()).toEqual(planOf());
    const other = modeOf('compose', { seed: 2 }).usdPerInteraction;
    expect(other.resolved).not.toEqual(modeOf('compose').usdPerInteraction.resolved);
  });
});

describe('limits other than load', () => {
  test('KV tokens in residence bind when they fill before the objective is missed', () => {
    const result = buildResult({
      engine: 'simulated',
      rates: [10, 20, 30, 39],
      servicePerS: 40,
      step: { gatewayCpuSPerTurn: 0.004, kv: { held: 99_000, capacity: 100_000 } },
    });
    const tier = tierOf(modeOf('onprem', { results: [result], interactionsPerDay: 5_000_000 }), 'inference');
    const kv = tier.limits.find(({ name }) => name === 'kv');
    // 99,000 tokens at 30 turns/s (the highest met) is 3,300 per turn/s; a node of 4 replicas holds 360,000.
    expect(kv?.requiredReplicas).toBe(Math.ceil((((5e6 * 0.15 * 5) / 3600) * 3300) / 360_000));
    expect(tier.bindingConstraint).toContain('kv');
  });

  test("a vendor's quotas: more accounts, then a refusal that names the limit", () => {
    const llm = tierOf(modeOf('kubernetes', { interactionsPerDay: 2_500_000 }), 'llm');
    // 520.8 turns/s × 60 × 1.01 ÷ (30,000 × 0.8) requests per minute.
    expect(llm.replicas).toBe(Math.ceil((520.8333 * 60 * 1.01) / 24_000));
    expect(llm.bindingConstraint).toBe('quota');
    expect(llm.limits.find(({ name }) => name === 'quota')?.explanation).toContain('requests per minute');
    const refused = refusedOf('kubernetes', { interactionsPerDay: 10_000_000 });
    expect(refused.reason).toContain('tier llm needs 6');
    expect(refused.liftedBy).toContain('raise maxReplicas of llm');
  });

  test('compose is one host: what it cannot carry is refused', () => {
    const refused = refusedOf('compose', { interactionsPerDay: 1_000_000 });
    expect(refused.reason).toContain('the mode allows 1 ');
    expect(refused.liftedBy).toContain('choose another mode');
  });
});
