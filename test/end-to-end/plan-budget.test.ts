import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../../vocabulary/errors.ts';
import { readPlanFile } from '../../vocabulary/plan-file.ts';
import { scratchFolder } from './command.ts';
import { plansIn, resultsIn, TIMEOUT } from './plan-commands.ts';

describe('a budget', TIMEOUT, () => {
  it('of a file and flags together ends with 30 when one ceiling is broken, and the plan is written all the same', async () => {
    const folder = scratchFolder();
    const results = resultsIn(folder);
    const budget = join(folder, 'plan-budget.yaml');
    writeFileSync(
      budget,
      'kind: busyhour-plan-budget\nschemaVersion: 1\nceilings:\n  - { figure: machineUsdPerMonth, mode: kubernetes, max: 1000000 }\n',
    );
    const args = [
      '-r',
      ...results,
      '--modes',
      'kubernetes',
      '--out',
      join(folder, 'out'),
      '--budget',
      budget,
    ];
    const kept = await plansIn(...args, '--min', 'availabilityRatio=0.9');
    expect(kept.exitCode, kept.stderr).toBe(0);
    const broken = await plansIn(...args, '--max', 'kubernetes:aiUsdPerInteraction.p90=0.0000001', '--json');
    expect(broken.exitCode).toBe(30);
    expect(broken.stderr).toMatch(/broken kubernetes: aiUsdPerInteraction\.p90 ≤ 1e-7/);
    const plan = unwrap(readPlanFile(join(folder, 'out/plan.json')));
    expect(plan.budget?.verdicts.map(({ state }) => state)).toEqual(['kept', 'broken']);
    expect(JSON.parse(broken.stdout)).toEqual(plan);
  });

  it('on a mode that was refused does not pass', async () => {
    const folder = scratchFolder();
    const results = resultsIn(folder);
    const { exitCode, stderr } = await plansIn(
      '-r',
      ...results,
      '--interactions-per-day',
      '3000000',
      '--modes',
      'compose,kubernetes',
      '--max',
      'compose:replicas=1000000',
      '--out',
      join(folder, 'out'),
    );
    expect(exitCode, stderr).toBe(30);
    expect(stderr).toContain('unknown compose: replicas ≤ 1000000: the mode was refused');
  });

  it('that judges nothing is a mistake, not a pass', async () => {
    const folder = scratchFolder();
    const { exitCode, stderr } = await plansIn(
      '-r',
      ...resultsIn(folder),
      '--modes',
      'kubernetes',
      '--max-increase',
      'replicas=1',
      '--out',
      join(folder, 'out'),
    );
    expect(exitCode).toBe(2);
    expect(stderr).toContain('no earlier plan');
  });

  it('that is broken lists its problems, exit 10', async () => {
    const folder = scratchFolder();
    const budget = join(folder, 'b.yaml');
    writeFileSync(
      budget,
      'kind: busyhour-plan-budget\nschemaVersion: 1\nceilings:\n  - { figure: speed, max: 1 }\n',
    );
    const { exitCode, stderr } = await plansIn(
      '-r',
      ...resultsIn(folder),
      '--budget',
      budget,
      '--out',
      join(folder, 'out'),
    );
    expect(exitCode).toBe(10);
    expect(stderr).toContain('ceilings[0].figure');
  });
});
