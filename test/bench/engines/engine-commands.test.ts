import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
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

  it('put the baseline beside the candidate', () => {
    expect(baselinePathOf('out/micro.json')).toBe('out/micro.baseline.json');
    expect(baselinePathOf('micro')).toBe('micro.baseline');
  });
});
