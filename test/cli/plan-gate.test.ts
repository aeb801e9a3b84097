import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { collectCeilings } from '../../cli/ceilings.ts';
import { appendStepSummary, budgetExitCode, judgePlan, readCeilings } from '../../cli/plan-gate.ts';
import type { BudgetSection, VerdictState } from '../../vocabulary/plan-sections/budget.ts';
import { scratchFolder } from '../end-to-end/command.ts';
import { fullPlan } from '../presentation/plan-fixtures.ts';

afterEach(() => vi.unstubAllEnvs());

const sectionOf = (...states: VerdictState[]): BudgetSection => ({
  source: 'a test',
  verdicts: states.map((state) => ({
    mode: 'm',
    ceiling: 'replicas ≤ 1',
    state,
    limit: 1,
    unit: 'replicas',
    explanation: 'x',
  })),
});

describe('the exit code of a budget', () => {
  it.each<readonly [VerdictState[], number]>([
    [['kept'], 0],
    [['kept', 'not-judged'], 0],
    [['kept', 'broken'], 30],
    [['unknown'], 30],
  ])('%j: %i', (states, exitCode) => {
    expect(budgetExitCode(sectionOf(...states))).toBe(exitCode);
  });

  it('is 0 without a budget', () => {
    expect(budgetExitCode(undefined)).toBe(0);
  });
});

describe('ceilings', () => {
  it('of flags that are given again and again add up', () => {
    const collect = collectCeilings('max');
    const ceilings = collect('kubernetes:replicas=9', collect('machineUsdPerMonth=100'));
    expect(ceilings).toEqual([
      { figure: 'machineUsdPerMonth', max: 100 },
      { figure: 'replicas', mode: 'kubernetes', max: 9 },
    ]);
    expect(() => collect('speed=1')).toThrow('speed');
  });

  it('of the file and of the flags hold together', () => {
    const path = join(scratchFolder(), 'plan-budget.yaml');
    writeFileSync(
      path,
      'kind: busyhour-plan-budget\nschemaVersion: 1\nceilings: [{ figure: replicas, max: 3 }]\n',
    );
    const budget = readCeilings({ budget: path, min: [{ figure: 'availabilityRatio', min: 0.9 }] });
    expect(budget?.ceilings.map(({ figure }) => figure)).toEqual(['replicas', 'availabilityRatio']);
    expect(budget?.source).toContain(path);
    expect(readCeilings({})).toBeUndefined();
  });

  it('of which none can be judged are a mistake', () => {
    const budget = { source: 'a test', ceilings: [{ figure: 'replicas', maxIncrease: 1 }] };
    expect(() => judgePlan(fullPlan(), budget, undefined)).toThrow('no earlier plan');
    expect(judgePlan(fullPlan(), budget, fullPlan()).verdicts.map(({ state }) => state)).toEqual([
      'kept',
      'kept',
      'kept',
    ]);
  });
});

describe('the summary of a CI step', () => {
  it('is appended to the file that the runner names, and to nothing where it names none', () => {
    const path = join(scratchFolder(), 'summary.md');
    writeFileSync(path, 'before\n');
    vi.stubEnv('GITHUB_STEP_SUMMARY', path);
    appendStepSummary('# What changed');
    expect(readFileSync(path, 'utf8')).toBe('before\n# What changed\n');
    vi.stubEnv('GITHUB_STEP_SUMMARY', '');
    appendStepSummary('# Again');
    expect(readFileSync(path, 'utf8')).not.toContain('Again');
  });
});
