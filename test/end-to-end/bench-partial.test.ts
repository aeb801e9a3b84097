import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { unwrap } from '../../vocabulary/errors.ts';
import { readResultFile } from '../../vocabulary/result-file.ts';
import { startQueueServer } from '../bench/run/queue-server.ts';
import { eventually, ROOT, runCommand, scratchFolder, startCommand } from './command.ts';

async function serve(serviceMs = 5): Promise<string> {
  const server = await startQueueServer({ slots: 100, serviceMs });
  onTestFinished(() => server.close());
  return server.url;
}

const quick = (url: string, out: string, durationS: number, rate = 20): string[] => [
  ...['bench', '--url', url, '--rate', String(rate), '--duration-s', String(durationS)],
  ...['--warm-up-s', '0', '--input-tokens', '5', '--output-tokens', '3', '--out', out],
];

/** Whole processes on a machine that others use too. */
const PATIENT = { timeout: 90_000 };

describe('busyhour bench without a scenario', PATIENT, () => {
  it('measures a rate for a time', async () => {
    const out = join(scratchFolder(), 'result.json');
    const { exitCode, stderr } = await runCommand(quick(await serve(), out, 3, 40));
    expect([0, 21], stderr).toContain(exitCode);
    const result = unwrap(readResultFile(out));
    expect(result.state).toBe('complete');
    const [step] = result.steps;
    expect(step?.load).toMatchObject({ kind: 'open', turnsPerS: 40 });
    // Poisson with mean 120: five standard deviations.
    expect(Math.abs((step?.counts.offered ?? 0) - 120)).toBeLessThan(5 * Math.sqrt(120));
  });

  it('says before any number that the generator was the bottleneck, and exits 21', async () => {
    const out = join(scratchFolder(), 'result.json');
    const running = startCommand(quick(await serve(), out, 4, 50));
    await eventually(() => running.stderr().includes('step 1 for'), 45_000);
    // The generator stands still for a quarter of the step: whatever was due meanwhile is sent late.
    running.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    running.kill('SIGCONT');
    const { exitCode, stderr } = await running.finished;
    expect(exitCode, stderr).toBe(21);
    const saidAt = stderr.indexOf('GENERATOR_SATURATED');
    expect(saidAt).toBeGreaterThan(0);
    expect(saidAt).toBeLessThan(
      stderr.indexOf('turns/s asked') === -1 ? Infinity : stderr.indexOf('turns/s asked'),
    );
  });
});

/** Completed requests of the file as it is now; 0 while there is none. */
const completedIn = (path: string): number =>
  existsSync(path) ? (unwrap(readResultFile(path)).steps[0]?.counts.completed ?? 0) : 0;

describe('a run that is cut off', PATIENT, () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'by %s leaves a readable partial result',
    async (signal) => {
      const out = join(scratchFolder(), 'result.json');
      const running = startCommand(quick(await serve(), out, 120));
      await eventually(() => completedIn(out) > 10, 45_000);
      running.kill(signal);
      const { exitCode, stderr } = await running.finished;
      expect(exitCode, stderr).toBe(signal === 'SIGKILL' ? null : 130);
      const result = unwrap(readResultFile(out));
      expect(result.state).toBe('partial');
      expect(result.diagnostics.map(({ code }) => code)).toContain('INTERRUPTED');
      const [step] = result.steps;
      expect(step?.counts.completed).toBeGreaterThan(10);
      expect(step?.windowMs).toBeGreaterThan(1_000);
      expect(step?.windowMs).toBeLessThan(90_000);
    },
  );

  it('before anything was measured leaves one too', async () => {
    const out = join(scratchFolder(), 'result.json');
    const running = startCommand(quick(await serve(), out, 120));
    await eventually(() => existsSync(out), 30_000);
    running.kill('SIGKILL');
    await running.finished;
    expect(unwrap(readResultFile(out)).state).toBe('partial');
  });
});

describe('a disk that is full', PATIENT, () => {
  /** Runs with a limit on the size of any file it writes, as a full disk would have it. */
  function runLimited(
    args: readonly string[],
    blocks: number,
  ): Promise<{ exitCode: number | null; stderr: string }> {
    const entry = join(ROOT, 'bin/busyhour.js');
    const script = `ulimit -f ${blocks} && exec "$0" "$@"`;
    const child = spawn('bash', ['-c', script, process.execPath, entry, ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    onTestFinished(() => {
      if (child.exitCode === null) child.kill('SIGKILL');
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      stderr += part;
    });
    return new Promise((resolve) => child.once('close', (exitCode) => resolve({ exitCode, stderr })));
  }

  it('is said once and at the end with exit code 2; the figures are shown and the last good file stays', async () => {
    const folder = scratchFolder();
    const out = join(folder, 'result.json');
    writeFileSync(out, 'the last good file');
    const { exitCode, stderr } = await runLimited(quick(await serve(), out, 4), 1);
    expect(exitCode, stderr).toBe(2);
    expect(stderr.match(/warning: no partial result/g)).toHaveLength(1);
    expect(stderr).toContain('error OUTPUT_NOT_WRITABLE');
    expect(stderr).toMatch(/EFBIG|ENOSPC/);
    expect(stderr).toContain('completed');
    expect(readFileSync(out, 'utf8')).toBe('the last good file');
    expect(readdirSync(folder)).toEqual(['result.json']);
  });
});
