import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  BUDGET_FIGURES,
  type Ceiling,
  isWithinBudget,
  judgeBudget,
  parseCeiling,
  readPlanBudget,
} from '../../../planner/index.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import type { PlanFile, PlannedMode } from '../../../vocabulary/plan-file.ts';
import { scratchFolder } from '../../end-to-end/command.ts';
import { planOf } from '../fixtures/plan-of.ts';

const PLAN = planOf();
const kubernetes = PLAN.modes.find(({ mode }) => mode === 'kubernetes') as PlannedMode;
const machineUsd = kubernetes.costLines
  .filter(({ category }) => category !== 'people')
  .reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0);

const judge = (ceiling: Ceiling, plan = PLAN, earlier?: PlanFile) =>
  judgeBudget(plan, { source: 'a test', ceilings: [ceiling] }, earlier).verdicts;

describe('a ceiling', () => {
  test('is kept at exactly the figure and broken just below it', () => {
    const at = { figure: 'machineUsdPerMonth', mode: 'kubernetes' };
    expect(judge({ ...at, max: machineUsd })).toMatchObject([{ state: 'kept', mode: 'kubernetes' }]);
    const [broken] = judge({ ...at, max: machineUsd - 0.01, reason: 'agreed in May' });
    expect(broken).toMatchObject({ state: 'broken', limit: machineUsd - 0.01 });
    expect(broken?.value).toBeCloseTo(machineUsd, 6);
    expect(broken?.explanation).toContain('agreed in May');
  });

  test('without a mode holds for every planned mode', () => {
    const verdicts = judge({ figure: 'replicas', max: 10_000 });
    expect(verdicts.map(({ mode }) => mode)).toEqual(['compose', 'kubernetes', 'onprem']);
  });

  test('on a floor: availability below it breaks', () => {
    expect(judge({ figure: 'availabilityRatio', mode: 'kubernetes', min: 0.5 })).toMatchObject([
      { state: 'kept' },
    ]);
    expect(judge({ figure: 'availabilityRatio', mode: 'kubernetes', min: 1 })).toMatchObject([
      { state: 'broken' },
    ]);
  });

  test('reads the figure that it names: each against the plan itself', () => {
    const expected: Readonly<Record<string, number | undefined>> = {
      usdPerMonth: kubernetes.usdPerMonth,
      'machineUsdPerMonth.p90': kubernetes.uncertainty?.usdPerMonth.machine.p90,
      'missProbability.afterLosses': kubernetes.uncertainty?.missProbability.afterLosses,
      scheduledAgents: kubernetes.people?.busiest.scheduledAgents,
      stalePrices: kubernetes.diagnostics.filter(({ code }) => code === 'STALE_PRICE').length,
      'usdPerMonth.people': kubernetes.usdPerMonth - machineUsd,
      aiUsdPerInteraction: kubernetes.usdPerInteraction.ai.p50,
      'aiUsdPerInteraction.p90': kubernetes.usdPerInteraction.ai.p90,
      'blendedUsdPerInteraction.p10': kubernetes.usdPerInteraction.blended.p10,
      'resolvedUsdPerInteraction.p50': kubernetes.usdPerInteraction.resolved.p50,
      'replicas.gateway': kubernetes.tiers.find(({ tier }) => tier === 'gateway')?.replicas,
      turnP95Ms: kubernetes.latency.turnP95Ms,
      availabilityRatio: kubernetes.availabilityRatio,
    };
    for (const [figure, value] of Object.entries(expected)) {
      const [verdict] = judge({ figure, mode: 'kubernetes', max: Number.MAX_VALUE });
      expect(verdict?.value, figure).toBeCloseTo(value ?? Number.NaN, 6);
    }
  });
});

describe('what cannot be told does not pass', () => {
  const passes = (ceiling: Ceiling, plan = PLAN): boolean =>
    isWithinBudget(judgeBudget(plan, { source: 'a test', ceilings: [ceiling] }));

  test('a mode that the plan does not have, or that was refused', () => {
    expect(passes({ figure: 'replicas', mode: 'mainframe', max: 1 })).toBe(false);
    const large = planOf({ interactionsPerDay: 3_000_000 });
    const verdicts = judge({ figure: 'replicas', mode: 'compose', max: 1_000_000 }, large);
    expect(verdicts).toMatchObject([{ state: 'unknown' }]);
    expect(verdicts[0]?.explanation).toMatch(/refused: .*maxReplicas|refused: .*allows/);
    expect(verdicts[0]?.value).toBeUndefined();
  });

  test('a tier that the mode does not have', () => {
    expect(judge({ figure: 'replicas.mainframe', mode: 'kubernetes', max: 5 })).toMatchObject([
      { state: 'unknown' },
    ]);
  });

  test('a figure that nobody predicted', () => {
    const silent = { ...kubernetes, latency: { ...kubernetes.latency } };
    delete (silent.latency as { turnP95Ms?: number }).turnP95Ms;
    expect(passes({ figure: 'turnP95Ms', max: 1e9 }, { ...PLAN, modes: [silent] })).toBe(false);
  });
});

describe('growth over an earlier plan', () => {
  const grown = planOf({ interactionsPerDay: 100_000 });
  const now = (grown.modes.find(({ mode }) => mode === 'kubernetes') as PlannedMode).costLines
    .filter(({ category }) => category !== 'people')
    .reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0);
  const share = now / machineUsd - 1;
  const at = { figure: 'machineUsdPerMonth', mode: 'kubernetes' };

  test('is judged in its unit and as a share', () => {
    expect(judge({ ...at, maxIncrease: now - machineUsd + 1 }, grown, PLAN)[0]?.state).toBe('kept');
    expect(judge({ ...at, maxIncrease: now - machineUsd - 1 }, grown, PLAN)[0]?.state).toBe('broken');
    expect(judge({ ...at, maxIncreaseRatio: share * 1.001 }, grown, PLAN)[0]?.state).toBe('kept');
    const [broken] = judge({ ...at, maxIncreaseRatio: share * 0.999 }, grown, PLAN);
    expect(broken?.state).toBe('broken');
    expect(broken?.value).toBeCloseTo(share, 6);
  });

  test('never breaks on a figure that fell', () => {
    expect(judge({ ...at, maxIncrease: 0 }, PLAN, grown)[0]?.state).toBe('kept');
  });

  test('is not judged without an earlier plan, and says so', () => {
    expect(judge({ ...at, maxIncrease: 0 }, grown)[0]).toMatchObject({ state: 'not-judged' });
  });

  test('cannot be told of a mode that was planned and is refused now', () => {
    const large = planOf({ interactionsPerDay: 3_000_000 });
    expect(judge({ figure: 'replicas', mode: 'compose', maxIncrease: 1e9 }, large, PLAN)[0]?.state).toBe(
      'unknown',
    );
    // Without a mode: every mode that was planned before or is now.
    const states = judge({ figure: 'replicas', maxIncrease: 1e9 }, large, PLAN).map(
      ({ mode, state }) => `${mode} ${state}`,
    );
    expect(states).toContain('compose unknown');
  });
});

describe('--max, --min and --max-increase', () => {
  test('read modes, qualifiers, numbers and percentages', () => {
    expect(unwrap(parseCeiling('machineUsdPerMonth=12000', 'max'))).toEqual({
      figure: 'machineUsdPerMonth',
      max: 12_000,
    });
    expect(unwrap(parseCeiling('kubernetes:aiUsdPerInteraction.p90=2e-2', 'max'))).toEqual({
      figure: 'aiUsdPerInteraction.p90',
      mode: 'kubernetes',
      max: 0.02,
    });
    expect(unwrap(parseCeiling('availabilityRatio=0.999', 'min'))).toEqual({
      figure: 'availabilityRatio',
      min: 0.999,
    });
    expect(unwrap(parseCeiling('usdPerMonth.llm=10%', 'max-increase'))).toEqual({
      figure: 'usdPerMonth.llm',
      maxIncreaseRatio: 0.1,
    });
    expect(unwrap(parseCeiling('replicas.gateway=2', 'max-increase'))).toEqual({
      figure: 'replicas.gateway',
      maxIncrease: 2,
    });
  });

  test.each([
    ['', 'max'],
    ['machineUsdPerMonth', 'max'],
    ['machineUsdPerMonth=', 'max'],
    ['machineUsdPerMonth=lots', 'max'],
    ['machineUsdPerMonth=10%', 'max'],
    ['=5', 'min'],
    ['machineUsdPerMonth=-5', 'max-increase'],
    ['usdPerDay=5', 'max'],
    ['aiUsdPerInteraction.p95=5', 'max'],
    ['usdPerMonth.beer=5', 'max'],
    ['machineUsdPerMonth.llm=5', 'max'],
    ['constructor=5', 'max'],
  ] as const)('refuse %j as a %s', (text, bound) => {
    expect(parseCeiling(text, bound)).toMatchObject({ kind: 'failed', failure: { code: 'USAGE' } });
  });
});

describe('a budget file', () => {
  const fileWith = (text: string): string => {
    const path = join(scratchFolder(), 'plan-budget.yaml');
    writeFileSync(path, text);
    return path;
  };

  test('is read with its reasons', () => {
    const path = fileWith(
      'kind: busyhour-plan-budget\nschemaVersion: 1\nceilings:\n  - { figure: replicas.gateway, mode: kubernetes, max: 9, reason: quota of the cluster }\n',
    );
    expect(unwrap(readPlanBudget(path))).toEqual({
      source: path,
      ceilings: [{ figure: 'replicas.gateway', mode: 'kubernetes', max: 9, reason: 'quota of the cluster' }],
    });
  });

  test('lists every problem by its path', () => {
    const path = fileWith(
      'kind: busyhour-plan-budget\nschemaVersion: 1\nceilings:\n  - { figure: speed, max: 9 }\n  - { figure: replicas }\n  - { figure: replicas, maxIncrease: -1 }\n  - { figure: replicas, max: 1, limit: 2 }\n',
    );
    const read = readPlanBudget(path);
    if (read.kind === 'ok') throw new Error('a broken budget was read');
    expect(read.failure.code).toBe('INVALID_BUDGETS');
    expect(read.failure.issues.map((issue) => issue.path)).toEqual([
      'ceilings[0].figure',
      'ceilings[1]',
      'ceilings[2].maxIncrease',
      'ceilings[3]',
    ]);
    expect(read.failure.issues[0]?.expected).toContain('machineUsdPerMonth');
  });

  test('that states no ceiling is no budget', () => {
    const path = fileWith('kind: busyhour-plan-budget\nschemaVersion: 1\nceilings: []\n');
    expect(readPlanBudget(path)).toMatchObject({ kind: 'failed', failure: { code: 'INVALID_BUDGETS' } });
  });

  test('that is not there has no fields to fix: the hint is about its path', () => {
    const read = readPlanBudget(`${fileWith('')}.not-there`);
    if (read.kind === 'ok') throw new Error('a missing budget was read');
    expect(read.failure.code).toBe('INPUT_NOT_FOUND');
    expect(read.failure.hint).toContain('path');
  });
});

test('every figure says its unit and meaning, for the documentation', () => {
  for (const [name, { unit, meaning }] of Object.entries(BUDGET_FIGURES)) {
    expect(unit.length, name).toBeGreaterThan(1);
    expect(meaning.length, name).toBeGreaterThan(10);
  }
});

test('a price that grew stale breaks a budget that allows none', () => {
  const later = planOf({ nowUnixMs: Date.UTC(2036, 0, 1) });
  const [verdict] = judge({ figure: 'stalePrices', mode: 'kubernetes', max: 0 }, later);
  expect(verdict?.state).toBe('broken');
  expect(verdict?.value).toBeGreaterThan(3);
});
