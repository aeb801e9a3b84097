import { describe, expect, test } from 'vitest';
import { planModes } from '../../planner/index.ts';
import { EXIT_CODES, FAILURES } from '../../vocabulary/errors.ts';
import { formatSlo, type Slo } from '../../vocabulary/slo.ts';
import { input, modeOf, planOf, refusedOf } from './fixtures/planned.ts';
import { buildResult, llamaResult, simulatedResult } from './fixtures/result.ts';

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
