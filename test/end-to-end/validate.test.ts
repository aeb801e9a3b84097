import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildResult } from '../planner/fixtures/result.ts';
import { dataPath } from '../theory/published-vectors.ts';
import { runCommand, scratchFolder } from './command.ts';

function resultPath(folder: string, name: string, rates: readonly number[], target = {}): string {
  const path = join(folder, `${name}.json`);
  const result = buildResult({ engine: 'llama', rates, servicePerS: 20, target, runId: name });
  writeFileSync(path, JSON.stringify(result));
  return path;
}

describe('busyhour validate', () => {
  it('fits on one result and judges another: table on stderr, JSON on stdout', async () => {
    const folder = scratchFolder();
    const [fit, held] = [
      resultPath(folder, 'fit', [5, 10, 15, 18, 19]),
      resultPath(folder, 'held', [6, 12, 17, 19]),
    ];
    const { exitCode, stdout, stderr } = await runCommand([
      'validate',
      '-r',
      fit,
      '--against',
      held,
      '--json',
    ]);
    expect(exitCode, stderr).toBe(0);
    const { kind, results } = JSON.parse(stdout);
    expect(kind).toBe('busyhour-validation');
    const quantities = new Set(results.map(({ quantity }: { quantity: string }) => quantity));
    expect(quantities).toEqual(new Set(['meanLatencyMs', 'p50Ms', 'p95Ms', 'capacityTurnsPerS']));
    for (const { errorRatio } of results) expect(Math.abs(errorRatio)).toBeLessThan(0.1);
    expect(stderr).toContain('p95 latency of a turn');
  });

  it('leaves each inner step out when nothing else is given', async () => {
    const folder = scratchFolder();
    const path = resultPath(folder, 'fit', [5, 10, 15, 18, 19]);
    const { exitCode, stdout } = await runCommand(['validate', '--result', path, '--json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).results).toHaveLength(3 * 3);
  });

  it('names every bad line of a file and leaves with exit code 10; without input with 2', async () => {
    const path = join(scratchFolder(), 'bad.csv');
    writeFileSync(
      path,
      'model,output_tokens,concurrency,mean_ttft_ms,mean_tpot_ms\na,10,4,-5,8\na,10,x,5,8\n',
    );
    const bad = await runCommand(['validate', '--measured', path, '--json']);
    expect(bad.exitCode).toBe(10);
    expect(JSON.parse(bad.stdout).error.issues.map((issue: { path: string }) => issue.path)).toEqual([
      'line 2',
      'line 3',
    ]);
    const none = await runCommand(['validate']);
    expect(none.exitCode).toBe(2);
    expect(none.stderr).toContain('--measured');
    const alone = await runCommand(['validate', '--against', path]);
    expect(alone.exitCode).toBe(2);
  });

  it('refuses a run held against itself, and options that have nothing to do', async () => {
    const folder = scratchFolder();
    const path = resultPath(folder, 'fit', [5, 10, 15, 18, 19]);
    for (const args of [
      ['-r', path, path],
      ['-r', path, '--against', path],
    ]) {
      const { exitCode, stderr } = await runCommand(['validate', ...args]);
      expect(exitCode).toBe(2);
      expect(stderr).toContain('run fit again');
    }
    const idle = [
      [['-r', path, '--strict'], '--strict'],
      [['--measured', path, '--slo', 'errors=0.01'], '--slo'],
    ] as const;
    for (const [args, option] of idle) {
      const { exitCode, stderr } = await runCommand(['validate', ...args]);
      expect(exitCode).toBe(2);
      expect(stderr).toContain(option);
    }
  });

  it.skipIf(dataPath('measured-llm/measured.csv.gz') === undefined)(
    'judges published measurements: figures, targets, baselines, refusals and failures',
    async () => {
      const path = dataPath('measured-llm/measured.csv.gz') ?? '';
      const { exitCode, stdout, stderr } = await runCommand(['validate', '--measured', path, '--json']);
      expect(exitCode, stderr).toBe(0);
      const validation = JSON.parse(stdout);
      expect(validation.rows).toBe(1543);
      for (const { figure, verdict } of validation.targets)
        expect(`${figure} ${verdict}`).not.toContain('not judged');
      expect(Object.keys(validation.baselines).length).toBeGreaterThanOrEqual(3);
      expect(validation.refused.every(({ liftedBy }: { liftedBy: string }) => liftedBy.length > 10)).toBe(
        true,
      );
      expect(validation.failures.length).toBeGreaterThan(0);
    },
  );
});
