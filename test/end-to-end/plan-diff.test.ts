import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planDiffSchema } from '../../vocabulary/plan-diff.ts';
import { scratchFolder } from './command.ts';
import { planInto, plansIn, resultsIn, TIMEOUT } from './plan-commands.ts';

describe('busyhour plan --diff', TIMEOUT, () => {
  it('compares two files: replicas, money and why; as JSON, Markdown and a page', async () => {
    const folder = scratchFolder();
    const results = resultsIn(folder);
    await planInto(join(folder, 'old'), results, '--interactions-per-day', '25000', '--modes', 'kubernetes');
    await planInto(
      join(folder, 'new'),
      results,
      '--interactions-per-day',
      '1000000',
      '--modes',
      'kubernetes',
    );
    const [old, now] = [join(folder, 'old/plan.json'), join(folder, 'new/plan.json')];
    const { exitCode, stdout, stderr } = await plansIn(
      '--diff',
      old,
      now,
      '--out',
      join(folder, 'diff'),
      '--json',
    );
    expect(exitCode, stderr).toBe(0);
    const diff = planDiffSchema.parse(JSON.parse(stdout));
    expect(diff.modes).toMatchObject([{ kind: 'compared', mode: 'kubernetes', changed: true }]);
    expect(stderr).toMatch(/gateway \d+ → \d+/);
    expect(stderr).toContain('interactionsPerDay 25,000 → 1,000,000 interactions per day (× 40)');
    const [mode] = diff.modes;
    expect(mode?.kind === 'compared' && mode.alone?.map(({ input }) => input)).toEqual(['demand']);
    expect(stderr).toMatch(/one input at a time[^\n]*\nkubernetes: demand \+\$/);
    const markdown = readFileSync(join(folder, 'diff/plan-diff.md'), 'utf8');
    expect(markdown).toContain('interactionsPerDay');
    expect(readFileSync(join(folder, 'diff/plan-diff.html'), 'utf8')).toMatch(
      /^<!doctype html>[\s\S]*<\/html>\n$/,
    );
    for (const line of stderr.split('\n').filter((text) => !text.includes(folder)))
      expect(line.length, line).toBeLessThanOrEqual(100);
  });

  it('leaves out what inputs do alone where what a plan was made from is not beside it, or is of another plan', async () => {
    const folder = scratchFolder();
    const results = resultsIn(folder);
    const into = (name: string, perDay: string) =>
      planInto(join(folder, name), results, '--interactions-per-day', perDay, '--modes', 'kubernetes');
    await into('old', '25000');
    await into('new', '1000000');
    const [old, now] = [join(folder, 'old/plan.json'), join(folder, 'new/plan.json')];
    const aloneOf = async () => {
      const { exitCode, stdout, stderr } = await plansIn('--diff', old, now, '--json');
      expect(exitCode, stderr).toBe(0);
      const [mode] = planDiffSchema.parse(JSON.parse(stdout)).modes;
      return mode?.kind === 'compared' ? mode.alone : 'not compared';
    };
    copyFileSync(join(folder, 'new/plan-inputs.json.gz'), join(folder, 'old/plan-inputs.json.gz'));
    expect(await aloneOf()).toBeUndefined();
    rmSync(join(folder, 'old/plan-inputs.json.gz'));
    expect(await aloneOf()).toBeUndefined();
    writeFileSync(join(folder, 'old/plan-inputs.json.gz'), '{}');
    const broken = await plansIn('--diff', old, now);
    expect(broken.exitCode).toBe(10);
    expect(broken.stderr).toContain('old/plan-inputs.json.gz');
  });

  it('says of a plan and itself that they are the same', async () => {
    const folder = scratchFolder();
    const results = resultsIn(folder);
    await planInto(join(folder, 'old'), results, '--modes', 'kubernetes');
    const path = join(folder, 'old/plan.json');
    const { exitCode, stderr } = await plansIn('--diff', path, path);
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('say the same, from the same inputs');
  });

  it('compares an old file with the plan that is made now, and gates on growth', async () => {
    const folder = scratchFolder();
    const results = resultsIn(folder);
    const modes = ['--modes', 'kubernetes'] as const;
    await planInto(join(folder, 'old'), results, '--interactions-per-day', '25000', ...modes);
    const old = join(folder, 'old/plan.json');
    const out = join(folder, 'new');
    const args = ['-r', ...results, '--interactions-per-day', '30000', ...modes, '--diff', old, '--out', out];
    const kept = await plansIn(...args, '--max-increase', 'machineUsdPerMonth=50%');
    expect(kept.exitCode, kept.stderr).toBe(0);
    const broken = await plansIn(...args, '--max-increase', 'machineUsdPerMonth=1%', '--json');
    expect(broken.exitCode, broken.stderr).toBe(30);
    expect(broken.stderr).toMatch(/broken kubernetes: machineUsdPerMonth grows by at most 1 %/);
    const diff = planDiffSchema.parse(JSON.parse(broken.stdout));
    expect(diff.budget?.verdicts).toMatchObject([{ state: 'broken', mode: 'kubernetes' }]);
    expect(readFileSync(join(out, 'report.md'), 'utf8')).toContain('## Budget');
  });

  it.each([
    [['--diff', 'a.json'], 'expected two plan files'],
    [[], 'expected result files'],
    [['-r', 'x.json', '--diff', 'a.json', 'b.json'], 'expected one plan file beside -r'],
    [['--diff', 'a.json', 'b.json', '--max', 'speed=3'], 'speed'],
    [['--diff', 'a.json', 'b.json', '--max', 'replicas'], 'expected machineUsdPerMonth=12000'],
  ] as const)('refuses %j as usage', async (args, words) => {
    const { exitCode, stderr } = await plansIn(...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(words);
  });

  it('names a plan that is not there, and one that is broken', async () => {
    const folder = scratchFolder();
    const broken = join(folder, 'broken.json');
    writeFileSync(broken, '{"kind":"busyhour-plan","schemaVersion":1}');
    const missing = await plansIn('--diff', join(folder, 'none.json'), broken);
    expect(missing.exitCode).toBe(10);
    expect(missing.stderr).toContain('none.json');
    const invalid = await plansIn('--diff', broken, broken);
    expect(invalid.exitCode).toBe(10);
    expect(invalid.stderr).toContain('createdAtUnixMs');
  });
});
