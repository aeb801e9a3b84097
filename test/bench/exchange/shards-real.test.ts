import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GroundTruthServer, startGroundTruth } from '../../../bench/ground-truth/server.ts';
import { runBench } from '../../../bench/run/run-bench.ts';
import { resolveScenario } from '../../../scenarios/scenario.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { type ResultFile, readResultFile, writeResultFile } from '../../../vocabulary/result-file.ts';

const CLI = join(import.meta.dirname, '../../../cli.ts');
const SHARDS = 2;

const constant = (value: number) => ({ distribution: { kind: 'constant', value }, source: 'the test' });
const SCENARIO = {
  name: 'sharded',
  description: 'Constant arrivals, so that the number of requests is known.',
  protocol: 'openai-chat',
  workload: { kind: 'requests', inputTokens: constant(5), outputTokens: constant(3) },
  arrivals: { kind: 'constant' },
  load: { kind: 'steps', steps: [{ turnsPerS: 20, warmUpMs: 200, windowMs: 2_000 }] },
};

describe('shards that really run', () => {
  let truth: GroundTruthServer;
  let folder: string;
  const at = (name: string): string => join(folder, name);

  /** Runs the command line as its users do. */
  async function run(args: readonly string[]): Promise<{ code: number | null; stderr: string }> {
    const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      stderr += part;
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    return { code, stderr };
  }

  beforeAll(async () => {
    truth = await startGroundTruth({ firstTokenMs: 20, tokenGapMs: 5, outputTokens: 3 });
    folder = mkdtempSync(join(tmpdir(), 'busyhour-shards-'));
    const startAtUnixMs = Date.now() + 1_000;
    const scenario = unwrap(resolveScenario(SCENARIO));
    const results = await Promise.all(
      Array.from({ length: SHARDS }, (_, index) =>
        runBench({
          scenario,
          target: { url: truth.url },
          shard: { index, count: SHARDS, startAtUnixMs },
          command: ['busyhour', 'bench', 'x', '--shard', `${index + 1}/${SHARDS}`],
        }),
      ),
    );
    for (const [i, result] of results.entries())
      unwrap(writeResultFile(at(`shard-${i}.json`), unwrap(result)));
  }, 60_000);

  afterAll(async () => {
    await truth.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const read = (name: string): ResultFile => unwrap(readResultFile(at(name)));

  it('merge to the whole schedule: its rate, its number of requests, every sum', async () => {
    const files = [1, 0].map((i) => at(`shard-${i}.json`));
    const { code, stderr } = await run(['merge', ...files, '--out', at('merged.json')]);
    expect(code, stderr).toBe(0);
    const merged = read('merged.json');
    const parts = [read('shard-0.json'), read('shard-1.json')];
    const [step] = merged.steps;
    expect(step?.load).toEqual({ kind: 'open', interactionsPerS: 20, turnsPerS: 20 });
    // Constant arrivals of 20/s over 2 s: 40, or one less where an edge falls between.
    expect(Math.abs((step?.counts.offered ?? 0) - 40)).toBeLessThanOrEqual(1);
    const sum = (of: (result: ResultFile) => number | undefined): number =>
      parts.reduce((total, part) => total + (of(part) ?? 0), 0);
    expect(step?.counts.completed).toBe(sum((result) => result.steps[0]?.counts.completed));
    expect(step?.histograms.latencyMs?.count).toBe(
      sum((result) => result.steps[0]?.histograms.latencyMs?.count),
    );
    expect(step?.inFlight.mean).toBeCloseTo(
      sum((result) => result.steps[0]?.inFlight.mean),
      6,
    );
    expect(merged.mergedShards?.parts.map(({ index }) => index)).toEqual([0, 1]);
    expect(merged.command).not.toContain('--shard');
    expect(merged.state).toBe('complete');
  }, 30_000);

  it('are refused with exit code 10 and every reason when one is given twice', async () => {
    const { code, stderr } = await run([
      'merge',
      at('shard-0.json'),
      at('shard-0.json'),
      '--out',
      at('no.json'),
    ]);
    expect(code).toBe(10);
    expect(stderr).toMatch(/SHARDS_DO_NOT_MERGE/);
    expect(stderr).toMatch(/shard\.index: expected each shard once/);
    expect(stderr).toMatch(/expected shard 2\/2/);
  }, 30_000);

  it('say what is missing before any number, when they are merged all the same', async () => {
    const args = ['merge', at('shard-0.json'), '--allow-partial', '--out', at('part.json')];
    const { code, stderr } = await run(args);
    expect(code, stderr).toBe(0);
    const doubtAt = stderr.indexOf('warning SHARDS_INCOMPLETE: without shard 2 of 2');
    expect(doubtAt, stderr).toBeGreaterThanOrEqual(0);
    expect(doubtAt).toBeLessThan(stderr.indexOf('completed/s'));
  }, 30_000);

  it('are exported to a file, and a bad format is a usage error', async () => {
    const shard = at('shard-0.json');
    const exported = await run(['export', shard, '--format', 'hdr', '--out', at('shard.hlog')]);
    expect(exported.code, exported.stderr).toBe(0);
    expect(readFileSync(at('shard.hlog'), 'utf8')).toMatch(/Tag=latencyMs,/);
    expect((await run(['export', shard, '--format', 'xml'])).code).toBe(2);
    const secret = [
      '--format',
      'otlp',
      '--url',
      'http://127.0.0.1:9',
      '--authorization-env',
      'NOT_SET_ANYWHERE',
    ];
    expect((await run(['export', shard, ...secret])).stderr).toMatch(/NOT_SET_ANYWHERE is not set/);
    writeFileSync(at('odd.json'), '{"a":1}');
    expect((await run(['import', at('odd.json'), '--out', at('x.json')])).code).toBe(10);
  }, 40_000);
});
