import { describe, expect, test } from 'vitest';
import { type PlanInput, planModes } from '../../planner/index.ts';
import { readCatalogue } from '../../scenarios/catalogue.ts';
import { type DeploymentMode, readAllModes } from '../../scenarios/mode.ts';
import { EXIT_CODES, FAILURES, unwrap } from '../../vocabulary/errors.ts';
import { type PlannedMode, planFileSchema, type RefusedMode } from '../../vocabulary/plan-file.ts';
import type { TraceSummary } from '../../vocabulary/result-file.ts';
import { formatSlo, type Slo } from '../../vocabulary/slo.ts';
import { buildResult, exactCapacityPerS, llamaResult, SLOS, simulatedResult } from './fixtures/result.ts';

const catalogue = unwrap(readCatalogue());
const modes = unwrap(readAllModes(catalogue));
const NOW = Date.UTC(2026, 10, 21);

const input = (changes: Partial<PlanInput> = {}): PlanInput => ({
  results: [llamaResult(), simulatedResult()],
  interactionsPerDay: 25_000,
  modes,
  catalogue,
  seed: 1,
  nowUnixMs: NOW,
  ...changes,
});

const planOf = (changes: Partial<PlanInput> = {}) => unwrap(planModes(input(changes)));

function modeOf(id: string, changes: Partial<PlanInput> = {}): PlannedMode {
  const mode = planOf(changes).modes.find((other) => other.mode === id);
  if (mode?.kind !== 'planned') throw new Error(`${id} was refused: ${mode?.reason}`);
  return mode;
}

function refusedOf(id: string, changes: Partial<PlanInput> = {}): RefusedMode {
  const mode = planOf(changes).modes.find((other) => other.mode === id);
  if (mode?.kind !== 'refused') throw new Error(`${id} was planned`);
  return mode;
}

const tierOf = (mode: PlannedMode, id: string) => {
  const tier = mode.tiers.find((other) => other.tier === id);
  if (tier === undefined) throw new Error(`no tier ${id}`);
  return tier;
};

const machineUsd = (mode: PlannedMode): number =>
  mode.costLines
    .filter(({ category }) => category !== 'people')
    .reduce((sum, line) => sum + line.usdPerMonth, 0);

const PER_MONTH = 25_000 * (730 / 24);

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

describe('money', () => {
  test.each(['compose', 'kubernetes', 'onprem'])('%s: lines, categories and months add up', (id) => {
    const mode = modeOf(id);
    const total = mode.costLines.reduce((sum, line) => sum + line.usdPerMonth, 0);
    expect(mode.usdPerMonth).toBeCloseTo(total, 6);
    for (const line of mode.costLines)
      expect(line.usdPerMonth).toBeCloseTo(line.quantity * line.unitPriceUsd, 9);
    const perInteraction = Object.values(mode.byCategoryUsdPerInteraction).reduce((sum, usd) => sum + usd, 0);
    expect(perInteraction * PER_MONTH).toBeCloseTo(total, 4);
    const { ai, blended, resolved } = mode.usdPerInteraction;
    for (const interval of [ai, blended, resolved]) {
      expect(interval.p10).toBeLessThanOrEqual(interval.p50);
      expect(interval.p50).toBeLessThanOrEqual(interval.p90);
    }
    expect(ai.p50).toBeLessThan(blended.p50);
    expect(blended.p50).toBeLessThan(resolved.p50);
  });

  test('tokens at their price: 500 and 200 per turn, 1 % retried, by hand', () => {
    const llm = modeOf('kubernetes').costLines.filter(({ category }) => category === 'llm');
    const perInteraction = llm.reduce((sum, line) => sum + line.usdPerMonth, 0) / PER_MONTH;
    expect(perInteraction).toBeCloseTo(5 * ((500 * 0.15 + 200 * 0.6) / 1e6) * 1.01, 12);
  });

  test('cached input is billed as cached, from the length on that a vendor caches', () => {
    const usdOf = (inputTokens: number, cachedInputTokens: number): number => {
      const step = { gatewayCpuSPerTurn: 0.004, inputTokens, cachedInputTokens };
      const cached = [buildResult({ engine: 'simulated', rates: [10, 20, 39], servicePerS: 40, step })];
      const { costLines } = modeOf('kubernetes', { results: cached });
      const llm = costLines.filter(({ category }) => category === 'llm');
      return llm.reduce((sum, line) => sum + line.usdPerMonth, 0) / PER_MONTH;
    };
    expect(usdOf(1500, 900)).toBeCloseTo(5 * ((600 * 0.15 + 900 * 0.075 + 200 * 0.6) / 1e6) * 1.01, 12);
    expect(usdOf(500, 300)).toBeCloseTo(5 * ((500 * 0.15 + 200 * 0.6) / 1e6) * 1.01, 12);
  });

  test('own GPUs by hand: capital over 5.5 years, 8 % maintenance, power, space', () => {
    const gpu = modeOf('onprem').costLines.filter(({ category }) => category === 'gpu');
    const perNode = 270_000 / (5.5 * 12) + (270_000 * 0.08) / 12 + 10.2 * 1.54 * 730 * 0.146 + 10.2 * 184;
    expect(gpu.reduce((sum, line) => sum + line.usdPerMonth, 0)).toBeCloseTo(2 * perNode, 6);
  });

  test('given values replace the defaults and leave no range', () => {
    const overrides = {
      escalationRatio: 0.25,
      humanContactUsd: 10,
      repeatRatio: 0,
      busyHourShareRatio: 0.15,
    };
    const mode = modeOf('kubernetes', { overrides });
    const ai = machineUsd(mode) / PER_MONTH;
    expect(mode.usdPerInteraction.blended.p50).toBeCloseTo(ai + 2.5, 3);
    expect(mode.usdPerInteraction.blended).toEqual(mode.usdPerInteraction.resolved);
    const figure = planOf({ overrides }).demand.figures.find(({ name }) => name === 'escalationRatio');
    expect(figure).toMatchObject({ value: 0.25, source: 'given with the plan' });
  });

  test('159 scheduled agents for a quarter of 25,000 a day at 360 s (corrected guide)', () => {
    const overrides = { escalationRatio: 0.25, averageHandleTimeS: 360 };
    const agents = planOf({ overrides }).demand.figures.find(({ name }) => name === 'scheduledAgents');
    expect(agents).toMatchObject({ value: 159, basis: 'derived' });
  });

  test('an interval that covers the disputed price of a model', () => {
    const disputed = modes.map(
      (mode): DeploymentMode => ({
        ...mode,
        tiers: mode.tiers.map((tier) =>
          tier.sizing.kind === 'vendor'
            ? { ...tier, sizing: { ...tier.sizing, priceId: 'openai/gpt-5.6-sol' } }
            : tier,
        ),
      }),
    );
    const mode = modeOf('kubernetes', { modes: disputed });
    const llm = mode.costLines.filter(({ category }) => category === 'llm');
    const llmUsd = llm.reduce((sum, line) => sum + line.usdPerMonth, 0) / PER_MONTH;
    const { ai } = mode.usdPerInteraction;
    // Stated 4 and 20, elsewhere 5 and 30: 500 and 200 tokens cost up to 1.417 times as much.
    expect(ai.p90 - ai.p10).toBeGreaterThan(0.2 * llmUsd);
    expect(ai.p90).toBeLessThan(machineUsd(mode) / PER_MONTH + 0.45 * llmUsd);
    expect(mode.diagnostics.map(({ code }) => code)).toContain('DISPUTED_PRICE');
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

const TRACE: TraceSummary = {
  source: 'AzureLLMInferenceTrace_conv.csv.gz',
  format: 'azure-llm-2023',
  sha256: 'abc',
  requests: 19_366,
  spanMs: 3_501_000,
  meanRequestsPerS: 5.53,
  gapCv: 1.094,
  indexOfDispersion: { '1': 1.39, '10': 3.86, '60': 16.1 },
  busiest60SRequestsPerS: 9,
  meanInputTokens: 1154.7,
  meanOutputTokens: 211,
};

const traceResult = () =>
  buildResult({
    engine: 'simulated',
    rates: [10],
    servicePerS: 40,
    turns: 1,
    thinkTimeMs: 0,
    trace: TRACE,
    runId: 'trace-run',
    step: { gatewayCpuSPerTurn: 0.004, inputTokens: 1155, outputTokens: 211 },
  });

describe('a plan from a trace', () => {
  const changes = { results: [traceResult()], interactionsPerDay: undefined };

  test('its arrivals are the busy hour, its busiest minute the sizing rate', () => {
    const { demand, diagnostics } = planOf(changes);
    expect(demand.busyHourTurnsPerS).toBeCloseTo(5.53, 9);
    expect(demand.interactionsPerDay).toBeCloseTo((5.53 * 3600) / 0.15, 6);
    const figure = (name: string) => demand.figures.find((other) => other.name === name);
    expect(figure('sizingTurnsPerS')?.value).toBeCloseTo(9, 9);
    expect(figure('traceRequestsPerS')?.basis).toBe('measured');
    expect(diagnostics.map(({ code }) => code)).toContain('BURSTY_DEMAND');
  });

  test('its tokens are paid for', () => {
    const mode = modeOf('kubernetes', changes);
    const llm = mode.costLines.filter(({ category }) => category === 'llm');
    const perMonth = ((5.53 * 3600) / 0.15) * (730 / 24);
    const usd = llm.reduce((sum, line) => sum + line.usdPerMonth, 0) / perMonth;
    // The trace's own means over all its requests, not those of the part that was replayed (1,155 tokens each).
    expect(usd).toBeCloseTo(((1154.7 * 0.15 + 211 * 0.6) / 1e6) * 1.01, 12);
  });

  test('one step that met the objectives is a lower bound, and says so', () => {
    const onprem = modeOf('onprem', changes);
    expect(onprem.diagnostics.map(({ code }) => code)).toContain('CAPACITY_NOT_BRACKETED');
  });

  test('its peak is measured; the share of the day moves only the volume that the cost is spread over', () => {
    const perMonth = (share: number) => ((5.53 * 3600) / share) * (730 / 24);
    const overrides = { busyHourShareRatio: 0.15 };
    const certain = modeOf('onprem', { ...changes, overrides });
    const { ai } = modeOf('onprem', changes).usdPerInteraction;
    const machine = machineUsd(certain);
    expect(certain.tiers).toEqual(modeOf('onprem', changes).tiers);
    // At 8 and 18 % of the day the same machines serve 1.875 and 0.833 times the volume.
    expect(ai.p10).toBeGreaterThan((machine / perMonth(0.08)) * 0.9);
    expect(ai.p90).toBeLessThan((machine / perMonth(0.18)) * 1.2);
    expect(ai.p90 - ai.p10).toBeGreaterThan(
      2 * (certain.usdPerInteraction.ai.p90 - certain.usdPerInteraction.ai.p10),
    );
  });

  test('calm arrivals are sized at their mean', () => {
    const calm = { ...traceResult(), trace: { ...TRACE, indexOfDispersion: { '60': 1.2 } } };
    const { demand, diagnostics } = planOf({ results: [calm], interactionsPerDay: undefined });
    expect(demand.figures.find(({ name }) => name === 'sizingTurnsPerS')?.value).toBeCloseTo(5.53, 9);
    expect(diagnostics.map(({ code }) => code)).not.toContain('BURSTY_DEMAND');
  });
});

describe('refusals', () => {
  test('a missing measurement refuses the mode that needs it and no other', () => {
    const plan = planOf({ results: [llamaResult()] });
    expect(plan.modes.map(({ kind }) => kind)).toEqual(['planned', 'planned', 'refused']);
    expect(refusedOf('onprem', { results: [llamaResult()] })).toMatchObject({
      reason: 'no result of a target with the simulated engine was given',
      liftedBy: 'bench a target whose engine is simulated, and give its result',
    });
  });

  test('no gateway CPU: what to measure is named, once for every mode that needs it', () => {
    const bare = buildResult({ engine: 'llama', rates: [2, 4, 6, 7], servicePerS: 8 });
    const failure = planModes(input({ results: [bare] }));
    expect(failure.kind).toBe('failed');
    if (failure.kind !== 'failed') return;
    expect(failure.failure.code).toBe('NO_FEASIBLE_PLAN');
    expect(FAILURES[failure.failure.code].exitCode).toBe(EXIT_CODES.noFeasiblePlan);
    expect(failure.failure.issues.map(({ path }) => path)).toEqual(['compose', 'kubernetes', 'onprem']);
    expect(failure.failure.issues[0]?.fix).toContain('/metrics');
  });

  test('other GPUs than the mode deploys', () => {
    const other = buildResult({
      engine: 'simulated',
      rates: [10, 20, 39],
      servicePerS: 40,
      hardware: '1 x L4 24 GB (simulated)',
      step: { gatewayCpuSPerTurn: 0.004 },
    });
    expect(refusedOf('onprem', { results: [other] }).reason).toContain('ran on 1 x L4 24 GB');
  });

  test('two targets of one engine: either could be meant', () => {
    const other = buildResult({
      engine: 'simulated',
      rates: [10, 20, 39],
      servicePerS: 40,
      hardware: '4 x H100',
      step: { gatewayCpuSPerTurn: 0.004 },
    });
    const refused = refusedOf('onprem', { results: [simulatedResult(), other] });
    expect(refused.reason).toContain('different targets');
  });

  test('objectives that the links alone miss', () => {
    const slos = [{ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 25 }] as const;
    const fast = buildResult({
      engine: 'simulated',
      rates: [10, 20, 30],
      servicePerS: 4000,
      step: { gatewayCpuSPerTurn: 0.004 },
    });
    const refused = refusedOf('kubernetes', { results: [fast], slos });
    expect(refused.reason).toContain('links of kubernetes take 50 ms');
  });

  test('a vendor assumed slower than the objective', () => {
    const slos = [{ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 1500 }] as const;
    expect(refusedOf('kubernetes', { slos }).reason).toContain('p95 assumed of the vendor');
  });

  test('a median objective is held against the median, and what cannot be judged is a doubt', () => {
    const slos = [
      { kind: 'latency', metric: 'latencyMs', percentile: 50, limitMs: 1000 },
      { kind: 'latency', metric: 'latencyMs', percentile: 99, limitMs: 1000 },
      { kind: 'latency', metric: 'timeToFirstTokenMs', percentile: 50, limitMs: 1900 },
      { kind: 'error-ratio', limitRatio: 0.02 },
    ] as const;
    const doubtsOf = (mode: string, judged: readonly Slo[] = slos) =>
      modeOf(mode, { slos: judged }).diagnostics.filter(({ code }) => code === 'OBJECTIVE_NOT_JUDGED');
    const [doubt, ...others] = doubtsOf('kubernetes');
    expect(others).toEqual([]);
    expect(doubt).toMatchObject({ subject: 'llm' });
    for (const slo of slos.slice(1)) expect(doubt?.message).toContain(formatSlo(slo));
    expect(doubt?.message).not.toContain('p50 turn latency');
    // A mode that runs what was measured is judged by all of them.
    expect(doubtsOf('compose', slos.slice(0, 2))).toEqual([]);
  });

  test('a vendor that every objective can be held against raises no such doubt', () => {
    const slos = [{ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 2000 }] as const;
    const codes = modeOf('kubernetes', { slos }).diagnostics.map(({ code }) => code);
    expect(codes).not.toContain('OBJECTIVE_NOT_JUDGED');
  });
});

describe('bad input', () => {
  const issuesOf = (changes: Partial<PlanInput>) => {
    const plan = planModes(input(changes));
    if (plan.kind === 'ok') throw new Error('expected a failure');
    expect(plan.failure.code).toBe('INVALID_DEMAND');
    return plan.failure.issues.map(({ path }) => path);
  };

  test('every problem is listed', () => {
    expect(issuesOf({ results: [], modes: [], interactionsPerDay: -1, seed: 1.5 })).toEqual([
      'results',
      'modes',
      'interactionsPerDay',
      'seed',
    ]);
  });

  test.each([Number.NaN, 0, Number.POSITIVE_INFINITY])('%d interactions a day', (interactionsPerDay) => {
    expect(issuesOf({ interactionsPerDay })).toEqual(['interactionsPerDay']);
  });

  test('no volume and no trace, no objective', () => {
    expect(issuesOf({ interactionsPerDay: undefined })).toEqual(['interactionsPerDay']);
    const bare = { ...llamaResult(), slos: [] };
    expect(issuesOf({ results: [bare] })).toEqual(['slos']);
    expect(planModes(input({ results: [bare, simulatedResult()], slos: SLOS })).kind).toBe('ok');
  });

  test('overrides outside their range', () => {
    const overrides = { repeatRatio: 1, escalationRatio: 1.2, busyHourShareRatio: 0 };
    expect(issuesOf({ overrides })).toEqual(['busyHourShareRatio', 'escalationRatio', 'repeatRatio']);
  });
});
