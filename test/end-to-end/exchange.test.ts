import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeResultFile } from '../../vocabulary/result-file.ts';
import { cpuResult } from '../presentation/fixtures.ts';
import { ROOT, runCommand, scratchFolder } from './command.ts';

const VLLM_TOTALS = {
  model_id: 'm',
  num_prompts: 4,
  request_rate: 2,
  duration: 2,
  completed: 4,
  total_input_tokens: 40,
  total_output_tokens: 12,
  request_throughput: 2,
  mean_ttft_ms: 100,
  mean_e2el_ms: 160,
};

function written(folder: string, name: string, value: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(value));
  return path;
}

describe('results of other tools on the command line', { timeout: 120_000 }, () => {
  it('a plan from means alone is refused: which file, why, and what to import instead', async () => {
    const folder = scratchFolder();
    const means = join(folder, 'means.json');
    const own = join(folder, 'own.json');
    writeResultFile(own, cpuResult());
    const file = written(folder, 'vllm.json', VLLM_TOTALS);
    const imported = await runCommand(['import', file, '--out', means]);
    expect(imported.exitCode, imported.stderr).toBe(0);
    const plan = await runCommand(['plan', '-r', own, means, '--out', join(folder, 'plan')]);
    expect(plan.exitCode, plan.stderr).toBe(10);
    expect(plan.stderr).toContain('error INVALID_RESULT_FILE');
    expect(plan.stderr).toContain(`${means}: steps[0].histograms`);
    expect(plan.stderr).toMatch(/only means, as vllm summed them up.*Fix: .*--save-detailed/);
    expect(plan.stderr).not.toContain(`${own}:`);
    const report = await runCommand(['report', '-r', means, '--out', join(folder, 'report')]);
    expect(report.exitCode, report.stderr).toBe(0);
    expect(readFileSync(join(folder, 'report', 'report.md'), 'utf8')).toContain('not reported');
  });

  it('a plan from a result without steps is refused, and so are objectives on a summary of k6', async () => {
    const folder = scratchFolder();
    const k6 = written(folder, 'summary.json', {
      root_group: {},
      metrics: { http_reqs: { count: 10, rate: 5 } },
    });
    const out = join(folder, 'k6.json');
    const named = await runCommand([
      'import',
      k6,
      '--out',
      out,
      '--name',
      'shop',
      '--url',
      'http://127.0.0.1:9',
    ]);
    expect(named.exitCode, named.stderr).toBe(0);
    expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({
      target: { name: 'shop', url: 'http://127.0.0.1:9' },
    });
    const plan = await runCommand(['plan', '-r', out, '--out', join(folder, 'plan')]);
    expect([plan.exitCode, plan.stderr]).toEqual([10, expect.stringContaining(`${out}: steps`)]);
    const judged = await runCommand(['import', k6, '--slo', 'errors=0.01']);
    expect([judged.exitCode, judged.stderr]).toEqual([2, expect.stringContaining('--points')]);
  });

  it('a damaged histogram is invalid input to every command that reads it', async () => {
    const folder = scratchFolder();
    const result = structuredClone(cpuResult());
    const latency = result.steps[0]?.histograms.latencyMs;
    if (latency === undefined) throw new Error('the fixture has no latency');
    latency.data = latency.data.slice(0, 60);
    const path = written(folder, 'damaged.json', result);
    for (const args of [
      ['export', path, '--format', 'prometheus'],
      ['merge', path, '--out', join(folder, 'merged.json')],
      ['gate', '--baseline', path, '--candidate', path],
    ]) {
      const { exitCode, stderr } = await runCommand(args);
      expect([args[0], exitCode]).toEqual([args[0], 10]);
      expect(stderr).toContain('steps[0].histograms.latencyMs');
    }
  });
});

describe('options of export', { timeout: 60_000 }, () => {
  it.for([
    [['--format', 'prometheus', '--url', 'http://me:s3cret@127.0.0.1:9'], '--authorization-env'],
    [['--format', 'csv', '--metric', 'latencyMs'], 'hdr'],
    [['--format', 'prometheus', '--receiver', 'pushgateway'], '--url'],
  ] as const)('that do nothing, or show a secret, are refused: %s', async ([args, said]) => {
    const path = join(scratchFolder(), 'result.json');
    writeResultFile(path, cpuResult());
    const { exitCode, stderr } = await runCommand(['export', path, ...args]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(said);
    expect(stderr).not.toContain('s3cret');
  });
});

describe('where output goes', { timeout: 60_000 }, () => {
  const print = ['scenarios', 'print', 'smoke', '--json-lines', '--turns-per-s', '200', '--window-s', '20'];
  const entry = join(ROOT, 'bin/busyhour.js');

  it('a reader that leaves early ends a command without a word', () => {
    const command = `"${process.execPath}" "${entry}" ${print.join(' ')} | head -c 100`;
    const { status, stderr, stdout } = spawnSync('bash', ['-o', 'pipefail', '-c', command], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toHaveLength(100);
  });

  it('a schedule is written whole or not at all', async () => {
    const folder = scratchFolder();
    const good = await runCommand([...print, '--out', join(folder, 'new', 'schedule.jsonl')]);
    expect(good.exitCode, good.stderr).toBe(0);
    expect(readdirSync(join(folder, 'new'))).toEqual(['schedule.jsonl']);
    const lines = readFileSync(join(folder, 'new', 'schedule.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(() => lines.map((line) => JSON.parse(line) as unknown)).not.toThrow();
    expect(lines.length).toBeGreaterThan(1_000);
    writeFileSync(join(folder, 'file'), '');
    const bad = await runCommand([...print, '--out', join(folder, 'file', 'schedule.jsonl')]);
    expect([bad.exitCode, bad.stderr]).toEqual([2, expect.stringContaining('error OUTPUT_NOT_WRITABLE')]);
  });

  it('a pipe is written to, not replaced by a file', async () => {
    const folder = scratchFolder();
    mkdirSync(join(folder, 'p'));
    const pipe = join(folder, 'p', 'pipe');
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    const reader = spawnSync(
      'bash',
      ['-c', `cat "${pipe}" & "${process.execPath}" "${entry}" ${print.join(' ')} --out "${pipe}"; wait`],
      {
        encoding: 'utf8',
        maxBuffer: 64 * 2 ** 20,
      },
    );
    expect(reader.status, reader.stderr).toBe(0);
    expect(reader.stdout.split('\n').length).toBeGreaterThan(1_000);
    expect(existsSync(pipe)).toBe(true);
    expect(readdirSync(join(folder, 'p'))).toEqual(['pipe']);
  });
});

describe('usage errors of commands of commands', { timeout: 60_000 }, () => {
  it.for([
    ['k6', 'export', '--wings'],
    ['scenarios', 'explain'],
    ['audit', 'verify', '--wings'],
  ])('end with 2: %s %s', async (args) => {
    const { exitCode, stderr } = await runCommand(args);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/unknown option|missing required/)]);
  });
});
