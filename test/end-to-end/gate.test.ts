import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../../vocabulary/errors.ts';
import { type ResultFile, writeResultFile } from '../../vocabulary/result-file.ts';
import { abResult, latenciesOf, resultOf, stepOf } from '../bench/judge/result-of.ts';
import { runCommand, scratchFolder } from './command.ts';

function folderWith(files: Readonly<Record<string, ResultFile>>, budgets?: string): string {
  const folder = scratchFolder();
  for (const [name, result] of Object.entries(files)) unwrap(writeResultFile(join(folder, name), result));
  if (budgets !== undefined) writeFileSync(join(folder, 'budgets.yaml'), budgets);
  return folder;
}

const micro = (factor: number): ResultFile =>
  resultOf({
    micro: [{ case: 'encode', nsPerOp: Array.from({ length: 16 }, (_, i) => factor * (100 + (i % 7))) }],
  });

const single = (): ResultFile =>
  resultOf({ steps: [stepOf({ latenciesMs: latenciesOf(1, { count: 500, medianMs: 20 }) })] });

const BUDGETS = `kind: busyhour-budgets
schemaVersion: 1
baselines: { checkout: main.json }
budgets:
  - { kind: latency, metric: latencyMs, percentile: 50, limitMs: 1 }
`;

describe('busyhour compare', () => {
  it('says what differs, in words, JSON and Markdown, and judges nothing', async () => {
    const cwd = folderWith({ 'a.json': micro(1), 'b.json': micro(1.2) });
    const done = await runCommand(['compare', 'a.json', 'b.json', '--json', '--markdown', 'c.md'], { cwd });
    expect(done.exitCode, done.stderr).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({ pairing: 'paired', verdict: 'worse' });
    expect(done.stderr).toContain('+20.0 %');
    expect(readFileSync(join(cwd, 'c.md'), 'utf8')).toContain('❌ worse');
  });

  it('refuses figures that do not exist, and one file without variants', async () => {
    const cwd = folderWith({ 'a.json': micro(1) });
    expect(
      (await runCommand(['compare', 'a.json', 'a.json', '--metrics', 'p95:speed'], { cwd })).exitCode,
    ).toBe(2);
    expect((await runCommand(['compare', 'a.json'], { cwd })).exitCode).toBe(2);
  });
});

describe('busyhour gate', () => {
  it('ends with 31 on a regression of paired files, 0 on none, and writes JUnit and Markdown', async () => {
    const cwd = folderWith({ 'a.json': micro(1), 'b.json': micro(1.2) });
    const args = [
      'gate',
      '--baseline',
      'a.json',
      '--junit',
      'gate.xml',
      '--markdown',
      'gate.md',
      '--candidate',
    ];
    const worse = await runCommand([...args, 'b.json', '--annotations', 'github'], { cwd });
    expect(worse.exitCode, worse.stderr).toBe(31);
    expect(worse.stdout).toMatch(/^::error title=encode/);
    expect(readFileSync(join(cwd, 'gate.xml'), 'utf8')).toContain('<failure type="worse"');
    expect(readFileSync(join(cwd, 'gate.md'), 'utf8')).toContain('regression');
    expect((await runCommand([...args, 'a.json'], { cwd })).exitCode).toBe(0);
  });

  it('gates the two variants of one file', async () => {
    const cwd = folderWith({ 'ab.json': abResult(1, { blocks: 20, ratio: 1.2 }) });
    expect((await runCommand(['gate', '--candidate', 'ab.json'], { cwd })).exitCode).toBe(31);
  });

  it('ends with 30 on a missed budget, and writes the report of GitLab', async () => {
    const cwd = folderWith({ 'main.json': single(), 'c.json': single() }, BUDGETS);
    const done = await runCommand(['gate', '--candidate', 'c.json', '--annotations', 'gitlab', '--json'], {
      cwd,
    });
    expect(done.exitCode, done.stderr).toBe(30);
    expect(JSON.parse(done.stdout)).toMatchObject({ verdict: 'budget missed' });
    const report = JSON.parse(readFileSync(join(cwd, 'gl-code-quality-report.json'), 'utf8'));
    const missed = report.find((each: { description: string }) => each.description.includes('budget p50'));
    expect(missed.location).toEqual({ path: 'budgets.yaml', lines: { begin: 5 } });
  });

  it('ends with 10 on a bad budgets file, a missing baseline and another scenario', async () => {
    const other = { ...single(), scenario: { name: 'checkout', protocol: 'dialog' } };
    const cwd = folderWith({ 'c.json': single(), 'other.json': other }, BUDGETS);
    expect((await runCommand(['gate', '--candidate', 'c.json'], { cwd })).exitCode).toBe(10);
    const args = ['gate', '--baseline', 'other.json', '--candidate', 'c.json'];
    const refused = await runCommand(args, { cwd });
    expect(refused.exitCode).toBe(10);
    expect(refused.stderr).toContain('NOT_COMPARABLE');
    expect((await runCommand([...args, '--force', 'the protocol was renamed'], { cwd })).exitCode).toBe(30);
    writeFileSync(join(cwd, 'budgets.yaml'), 'kind: busyhour-budgets\nschemaVersion: 1\nbudget: []\n');
    const invalid = await runCommand(['gate', '--candidate', 'c.json'], { cwd });
    expect(invalid.exitCode).toBe(10);
    expect(invalid.stderr).toContain('INVALID_BUDGETS');
  });

  it('does not pass where there was nothing to judge', async () => {
    const cwd = folderWith({ 'c.json': single() });
    const nothing = await runCommand(['gate', '--candidate', 'c.json'], { cwd });
    expect(nothing.exitCode).toBe(2);
    expect(nothing.stderr).toContain('nothing to judge');
    writeFileSync(
      join(cwd, 'budgets.yaml'),
      'kind: busyhour-budgets\nschemaVersion: 1\nbudgets:\n  - { kind: error-ratio, limitRatio: 0.1, scenario: chekout }\n',
    );
    expect((await runCommand(['gate', '--candidate', 'c.json'], { cwd })).exitCode).toBe(2);
  });

  it('makes the first baseline, replaces it, and leaves it when the candidate cannot be one', async () => {
    const budgets = BUDGETS.replace('limitMs: 1 ', 'limitMs: 900 ');
    const partial: ResultFile = { ...single(), runId: 'cut', state: 'partial' };
    const cwd = folderWith({ 'c.json': single(), 'cut.json': partial }, budgets);
    const first = await runCommand(['gate', '--candidate', 'c.json', '--update'], { cwd });
    expect(first.exitCode, first.stderr).toBe(0);
    expect(existsSync(join(cwd, 'main.json'))).toBe(true);
    const refused = await runCommand(['gate', '--candidate', 'cut.json', '--update'], { cwd });
    expect(refused.exitCode).toBe(10);
    expect(refused.stderr).toContain('BASELINE_REFUSED');
    expect(JSON.parse(readFileSync(join(cwd, 'main.json'), 'utf8')).runId).toBe('run-1');
  });
});
