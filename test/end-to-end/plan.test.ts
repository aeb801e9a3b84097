import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../../vocabulary/errors.ts';
import { planDiffSchema } from '../../vocabulary/plan-diff.ts';
import { type PlanFile, readPlanFile } from '../../vocabulary/plan-file.ts';
import { writeResultFile } from '../../vocabulary/result-file.ts';
import { llamaResult, simulatedResult } from '../planner/fixtures/result.ts';
import { runCommand, scratchFolder } from './command.ts';

const TIMEOUT = { timeout: 120_000 };

/** Result files of a measured and of a simulated target, as `busyhour bench` leaves them. */
function resultsIn(folder: string): string[] {
  const files = [join(folder, 'llama.json'), join(folder, 'simulated.json')] as const;
  unwrap(writeResultFile(files[0], llamaResult()));
  unwrap(writeResultFile(files[1], simulatedResult()));
  return [...files];
}

const plansIn = (...args: readonly string[]) => runCommand(['plan', ...args]);

async function planInto(
  out: string,
  results: readonly string[],
  ...args: readonly string[]
): Promise<PlanFile> {
  const { exitCode, stderr } = await plansIn('-r', ...results, '--out', out, ...args);
  expect(exitCode, stderr).toBe(0);
  return unwrap(readPlanFile(join(out, 'plan.json')));
}

describe('busyhour plan', TIMEOUT, () => {
  it('plans all modes by their common name and writes every table', async () => {
    const folder = scratchFolder();
    const out = join(folder, 'out');
    const plan = await planInto(out, resultsIn(folder), '--interactions-per-day', '25000', '--modes', 'all');
    expect(plan.modes.map(({ mode }) => mode)).toEqual(
      expect.arrayContaining(['compose', 'kubernetes', 'onprem']),
    );
    for (const file of [
      'report.html',
      'report.md',
      'plan.csv',
      'figures.csv',
      'focus.csv',
      'steps.csv',
      'break-even.csv',
      'autoscaling.csv',
      'people.csv',
      'ranges.csv',
      'tornado.csv',
      'waiting.csv',
    ])
      expect(existsSync(join(out, file)), file).toBe(true);
    const sections = ['break-even', 'waiting', 'autoscaling', 'risk', 'people', 'basis'];
    const html = readFileSync(join(out, 'report.html'), 'utf8');
    for (const id of sections) expect(html, id).toContain(`<section id="${id}">`);
    expect(html).not.toMatch(/NaN|Infinity|undefined|\[object/);
  });

  it('writes a bill in FOCUS columns that adds up to each mode', async () => {
    const folder = scratchFolder();
    const out = join(folder, 'out');
    const plan = await planInto(out, resultsIn(folder), '--modes', 'kubernetes,onprem');
    const rows: Record<string, string>[] = parse(readFileSync(join(out, 'focus.csv'), 'utf8'), {
      columns: true,
    });
    for (const column of ['BilledCost', 'ServiceCategory', 'ConsumedQuantity', 'SkuId', 'x_ForecastP90'])
      expect(Object.keys(rows[0] ?? {})).toContain(column);
    for (const mode of plan.modes) {
      if (mode.kind === 'refused') continue;
      const billed = rows
        .filter((row) => row.x_Mode === mode.mode)
        .reduce((sum, row) => sum + Number(row.BilledCost), 0);
      expect(billed / mode.usdPerMonth, mode.mode).toBeCloseTo(1, 9);
    }
  });

  it('judges by the objectives that are given', async () => {
    const folder = scratchFolder();
    const results = resultsIn(folder);
    const loose = await planInto(join(folder, 'a'), results, '--modes', 'onprem');
    const strict = await planInto(
      join(folder, 'b'),
      results,
      '--modes',
      'onprem',
      '--slo',
      'p95:latencyMs=400',
      '--slo',
      'errors=0.05',
    );
    expect(strict.slos).toEqual([
      { kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 400 },
      { kind: 'error-ratio', limitRatio: 0.05 },
    ]);
    const capacity = (plan: PlanFile) =>
      plan.measurements.map(({ capacityTurnsPerS }) => capacityTurnsPerS ?? 0);
    for (const [index, strictest] of capacity(strict).entries())
      expect(strictest).toBeLessThan(capacity(loose)[index] ?? 0);
  });
});

describe('busyhour plan refuses figures that cannot be', TIMEOUT, () => {
  it.each([
    ['--interactions-per-day', '-5'],
    ['--interactions-per-day', '0'],
    ['--interactions-per-day', '1e300'],
    ['--slo', 'p95:latencyMs=-5'],
    ['--slo', 'errors=2'],
  ])('%s %s: exit 10 and what to state instead', async (flag, value) => {
    const folder = scratchFolder();
    const { exitCode, stderr } = await plansIn(
      '-r',
      ...resultsIn(folder),
      '--out',
      join(folder, 'out'),
      flag,
      value,
    );
    expect([exitCode, stderr]).toEqual([10, expect.stringContaining('INVALID_DEMAND')]);
    expect(stderr).toMatch(/expected .* got .* Fix: /);
  });

  it('a volume that is no number is a mistake of the command line: exit 2', async () => {
    const folder = scratchFolder();
    const { exitCode } = await plansIn('-r', ...resultsIn(folder), '--interactions-per-day', 'many');
    expect(exitCode).toBe(2);
  });
});

describe('busyhour plan --demand', TIMEOUT, () => {
  const DEMAND =
    'kind: busyhour-demand\nschemaVersion: 1\nname: service desk\nsource: a test\nvolume: { kind: per-day, interactionsPerDay: 40000 }\nslos: [{ kind: latency, metric: latencyMs, percentile: 90, limitMs: 1500 }]\n';

  it('takes volume and objectives from the file; what is given beside it wins', async () => {
    const folder = scratchFolder();
    const results = resultsIn(folder);
    const demand = join(folder, 'demand.yaml');
    writeFileSync(demand, DEMAND);
    const args = ['--modes', 'onprem', '--demand', demand];
    const read = await planInto(join(folder, 'a'), results, ...args);
    expect(read.demand.interactionsPerDay).toBe(40_000);
    expect(read.slos).toMatchObject([{ percentile: 90, limitMs: 1500 }]);
    const given = ['--interactions-per-day', '60000', '--slo', 'p95:latencyMs=2000'];
    const won = await planInto(join(folder, 'b'), results, ...args, ...given);
    expect(won.demand.interactionsPerDay).toBe(60_000);
    expect(won.slos).toMatchObject([{ percentile: 95, limitMs: 2000 }]);
  });

  it('refuses a broken one by path, exit 10', async () => {
    const folder = scratchFolder();
    const demand = join(folder, 'demand.yaml');
    writeFileSync(demand, DEMAND.replace('40000', '-5').replace('90', '190'));
    const { exitCode, stderr } = await plansIn(
      '-r',
      ...resultsIn(folder),
      '--demand',
      demand,
      '--out',
      join(folder, 'o'),
    );
    expect(exitCode).toBe(10);
    expect(stderr).toContain('volume.interactionsPerDay');
    expect(stderr).toContain('slos[0].percentile');
  });
});

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
    const markdown = readFileSync(join(folder, 'diff/plan-diff.md'), 'utf8');
    expect(markdown).toContain('interactionsPerDay');
    expect(readFileSync(join(folder, 'diff/plan-diff.html'), 'utf8')).toMatch(
      /^<!doctype html>[\s\S]*<\/html>\n$/,
    );
    for (const line of stderr.split('\n').filter((text) => !text.includes(folder)))
      expect(line.length, line).toBeLessThanOrEqual(100);
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
