import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import type { PlanFile } from '../../vocabulary/plan-file.ts';
import { scratchFolder } from './command.ts';
import { planInto, plansIn, resultsIn, TIMEOUT } from './plan-commands.ts';

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
