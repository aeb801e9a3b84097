import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { baselinePathOf } from '../../../cli/commands/micro.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { readResultFile } from '../../../vocabulary/result-file.ts';

const CLI = join(import.meta.dirname, '../../../cli.ts');

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'busyhour-engines-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Cases that spin for so many ms of the clock. */
const casesText = (spins: Readonly<Record<string, number>>): string => `
const spin = (ms) => { const until = performance.now() + ms; while (performance.now() < until); };
export const MICRO_CASES = Object.entries(${JSON.stringify(spins)}).map(([name, ms]) => ({
  name,
  prepare: () => ({ operationsPerCall: 1, run: () => spin(ms) }),
}));
`;

const busyhour = (folder: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) =>
  spawnSync(process.execPath, [CLI, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });

describe('the commands of the engines', { timeout: 120_000 }, () => {
  it('export a scenario to k6, with its executor and thresholds on stdout for machines', () => {
    const folder = scratch();
    const args = ['k6', 'export', 'call-centre', '--turns-per-s', '20', '--duration-s', '5', '--json'];
    const { status, stdout, stderr } = busyhour(folder, args);
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      script: 'script.js',
      executors: [{ scenario: 'step_1', executor: 'constant-arrival-rate', timeUnit: '1000s' }],
    });
    expect(readFileSync(join(folder, 'script.js'), 'utf8')).toContain('p(95)<=2000');
    expect(stderr).toContain('script: script.js');
  });

  it('say with exit code 2 that there is no k6, as text and as JSON, before they send anything', () => {
    const args = ['k6', 'run', 'call-centre', '--turns-per-s', '5', '--url', 'http://127.0.0.1:9', '--json'];
    const { status, stdout, stderr } = busyhour(scratch(), args, { K6_BIN: '/nowhere/k6' });
    expect(status).toBe(2);
    expect(stderr).toContain('error TOOL_MISSING');
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'TOOL_MISSING' } });
  });

  it('refuse an import of nothing, and of a file that is not there', () => {
    expect(busyhour(scratch(), ['k6', 'import']).status).toBe(2);
    expect(busyhour(scratch(), ['k6', 'import', 'absent.json']).status).toBe(10);
    expect(busyhour(scratch(), ['k6', 'import', '--points', 'absent.json']).status).toBe(10);
  });

  it('time a hot path into a result file', () => {
    const folder = scratch();
    const args = ['micro', '--case', 'sse-encode', '--blocks', '2', '--block-ms', '5'];
    const { status, stderr } = busyhour(folder, args);
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/sse-encode +\S+ ns/);
    const result = unwrap(readResultFile(join(folder, 'micro.json')));
    expect(result.engine).toBe('tinybench');
    expect(result.micro).toMatchObject([
      { case: 'sse-encode', nsPerOp: [expect.any(Number), expect.any(Number)] },
    ]);
    expect(existsSync(join(folder, 'micro.baseline.json'))).toBe(false);
    expect(busyhour(folder, ['micro', '--case', 'no-such']).status).toBe(2);
  });

  it('gate hot paths against another version: 31 for the one that is half as slow again, and not for its neighbour', () => {
    const folder = scratch();
    for (const [version, slowerMs] of [
      ['before', 0.2],
      ['after', 0.3],
    ] as const) {
      mkdirSync(join(folder, version));
      writeFileSync(join(folder, version, 'package.json'), '{}');
      writeFileSync(join(folder, version, 'cases.mjs'), casesText({ same: 0.2, slower: slowerMs }));
    }
    const against = [
      '--cases',
      'after/cases.mjs',
      '--against',
      'before',
      '--blocks',
      '10',
      '--block-ms',
      '10',
    ];
    const timed = busyhour(folder, ['micro', ...against]);
    expect(timed.status, timed.stderr).toBe(0);
    const files = ['--baseline', 'micro.baseline.json', '--candidate', 'micro.json'];
    const gated = busyhour(folder, ['gate', ...files, '--json']);
    expect(gated.status, gated.stderr).toBe(31);
    const { metrics } = JSON.parse(gated.stdout).comparison as {
      metrics: { subject: string; verdict: string }[];
    };
    const verdicts = new Map(metrics.map(({ subject, verdict }) => [subject, verdict]));
    expect(verdicts.get('slower')).toBe('worse');
    expect(verdicts.get('same')).not.toBe('worse');
  });

  it('put the baseline beside the candidate', () => {
    expect(baselinePathOf('out/micro.json')).toBe('out/micro.baseline.json');
    expect(baselinePathOf('micro')).toBe('micro.baseline');
  });
});
