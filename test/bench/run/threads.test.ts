import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mergeShards } from '../../../bench/exchange/merge/merge-results.ts';
import { type GroundTruthProcess, spawnGroundTruth } from '../../../bench/ground-truth/spawn.ts';
import { histogramOf } from '../../../bench/judge/read-step.ts';
import { NO_MEANS } from '../../../bench/run/actions/action-schedule.ts';
import { runBench } from '../../../bench/run/run-bench.ts';
import type { RunBenchOptions } from '../../../bench/run/run-context.ts';
import { runTraceReplay } from '../../../bench/run/run-trace.ts';
import type { StepView } from '../../../bench/run/step-view.ts';
import { resolveScenario, type ScenarioInput } from '../../../scenarios/scenario.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { parseResultFile, type ResultFile, type ResultStep } from '../../../vocabulary/result-file.ts';
import { findFreePort } from '../../support/server-process.ts';

const constant = (value: number) => ({
  distribution: { kind: 'constant' as const, value },
  source: 'a constant of the test',
});

const SCENARIO: ScenarioInput = {
  name: 'threads',
  description: 'Plain requests, Poisson arrivals.',
  protocol: 'http',
  workload: { kind: 'requests', inputTokens: constant(5), outputTokens: constant(1) },
  load: { kind: 'steps', steps: [{ turnsPerS: 80, warmUpMs: 200, windowMs: 1_500 }] },
  slos: [{ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 1_000 }],
  drainMs: 1_000,
};

/** What the schedule decides, whatever the machine does. */
const scheduled = ({ steps }: ResultFile) =>
  steps.map(({ name, variant, block, load, windowMs, counts, timeline }) => ({
    name,
    variant,
    block,
    load,
    windowMs,
    offered: counts.offered,
    offeredBySecond: timeline.map(({ offered }) => offered),
  }));

const sumOf = (step: ResultStep | undefined, key: 'offered' | 'completed' | 'unsuccessful'): number =>
  (step?.timeline ?? []).reduce((sum, second) => sum + second[key], 0);

/** A result that its own reader takes. */
function sound(result: ResultFile): ResultFile {
  expect(unwrap(parseResultFile(JSON.stringify(result), 'the run'))).toEqual(result);
  return result;
}

describe('generator threads', () => {
  let server: GroundTruthProcess;
  beforeAll(async () => {
    server = await spawnGroundTruth({ firstTokenMs: 30, isExact: false });
  });
  afterAll(() => server.close());

  const options = (input: Partial<ScenarioInput> = {}): RunBenchOptions => ({
    scenario: unwrap(resolveScenario({ ...SCENARIO, ...input } as ScenarioInput)),
    target: { url: `${server.url}/plain` },
    seed: 5,
  });
  const run = async (of: RunBenchOptions): Promise<ResultFile> => sound(unwrap(await runBench(of)));

  it('send the very schedule that one generator would, and merge to its counts', async () => {
    const one = await run(options());
    const three = await run({ ...options(), threads: 3 });
    expect(three.state).toBe('complete');
    expect(scheduled(three)).toEqual(scheduled(one));
    const [merged] = three.steps;
    expect(merged?.counts.completed).toBe(one.steps[0]?.counts.offered);
    const latency = merged === undefined ? undefined : histogramOf(merged, 'latencyMs');
    expect(latency?.count).toBe(merged?.counts.offered);
    expect(latency?.percentileMs(50)).toBeGreaterThanOrEqual(30);
    expect(merged).not.toHaveProperty('inFlightChanges');
  }, 30_000);

  it('take turns in a comparison, with one schedule for both sides of a block', async () => {
    const load = { kind: 'ab' as const, turnsPerS: 60, blocks: 2, warmUpMs: 100, windowMs: 700 };
    const ab = { ...options({ load }), variantB: {} };
    const result = await run({ ...ab, threads: 2 });
    expect(scheduled(result)).toEqual(scheduled(await run(ab)));
    expect(result.steps.map(({ variant, block }) => `${variant}${block}`)).toEqual(['a0', 'b0', 'b1', 'a1']);
    expect(result.steps[0]?.counts.offered).toBe(result.steps[1]?.counts.offered);
  }, 30_000);

  it('share the users of a closed loop, and the points of a sweep', async () => {
    const spans = { warmUpMs: 100, windowMs: 600 };
    const load = { kind: 'sweep' as const, over: 'concurrency' as const, values: [1, 3], ...spans };
    const { steps } = await run({ ...options({ load }), threads: 2 });
    expect(steps.map((step) => step.load)).toEqual([
      { kind: 'closed', concurrency: 1 },
      { kind: 'closed', concurrency: 3 },
    ]);
    // A user who waits 30 ms asks at most 20 times in 600 ms, and the one more that was under way.
    for (const [i, users] of [1, 3].entries()) {
      expect(steps[i]?.counts.completed).toBeGreaterThan(0);
      expect(steps[i]?.counts.offered).toBeLessThanOrEqual(21 * users);
    }
    expect(steps[1]?.inFlight.max).toBeLessThanOrEqual(3);
  }, 30_000);

  it('search for a capacity', async () => {
    const load = { kind: 'find-capacity' as const, budgetMs: 4_000, windowMs: 500, warmUpMs: 100 };
    const { steps, scenario } = await run({ ...options({ load }), threads: 2 });
    expect(steps.length).toBeGreaterThan(0);
    expect(steps.map(({ name }) => name)).toEqual(steps.map((_, i) => `step ${i + 1}`));
    expect(scenario).toHaveProperty('probe.levels.0.concurrency', 1);
  }, 30_000);

  it('send what a printed schedule holds', async () => {
    const turn = { thinkTimeMs: 0, inputTokens: 5, outputTokens: 1 };
    const interactions = Array.from({ length: 9 }, (_, i) => ({
      id: `i${i}`,
      arrivalAtMs: 210 + i * 20,
      firstTurn: 0,
      firstTurnAtMs: 210 + i * 20,
      systemPromptTokens: 0,
      turns: [turn],
    }));
    const schedule = new Map([['step 1', interactions]]);
    const { steps } = await run({ ...options(), schedule, threads: 2 });
    expect(steps[0]?.counts).toMatchObject({ offered: 9, completed: 9 });
  }, 30_000);

  it('replay a trace, which merges to its rate', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'busyhour-threads-'));
    const tracePath = join(folder, 'trace.csv');
    const rows = Array.from(
      { length: 31 },
      (_, i) => `2023-11-16 18:15:0${Math.floor(i / 10)}.${i % 10}00,3,1`,
    );
    writeFileSync(tracePath, ['TIMESTAMP,ContextTokens,GeneratedTokens', ...rows].join('\n'));
    const trace = { tracePath, speedUp: 4, target: { url: server.url } };
    try {
      const one = sound(unwrap(await runTraceReplay(trace)));
      const two = sound(unwrap(await runTraceReplay({ ...trace, threads: 2 })));
      expect(scheduled(two)).toEqual(scheduled(one));
      expect(two.steps[0]?.counts).toMatchObject({ offered: 31, completed: 31 });
      const startAtUnixMs = Date.now() + 300;
      const shards = await Promise.all(
        [0, 1].map((index) => runTraceReplay({ ...trace, shard: { index, count: 2, startAtUnixMs } })),
      );
      const files = shards.map((shard, i) => ({ path: `shard ${i}`, result: unwrap(shard) }));
      expect(scheduled(unwrap(mergeShards(files, { allowPartial: false })))).toEqual(scheduled(one));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 30_000);

  it('are a shard together, which merges with the others to the whole', async () => {
    const startAtUnixMs = Date.now() + 3_000;
    const shards = await Promise.all(
      [0, 1].map((index) => run({ ...options(), threads: 2, shard: { index, count: 2, startAtUnixMs } })),
    );
    const files = shards.map((result, i) => ({ path: `shard ${i}`, result }));
    const merged = sound(unwrap(mergeShards(files, { allowPartial: false })));
    expect(scheduled(merged)).toEqual(scheduled(await run(options())));
  }, 30_000);

  it('go on while scheduled actions happen to the target', async () => {
    const port = await findFreePort();
    const spec = { port, host: '127.0.0.1', targetPort: Number(new URL(server.url).port) };
    const result = await run({
      ...options({
        load: { kind: 'steps', steps: [{ turnsPerS: 60, warmUpMs: 0, windowMs: 5_000 }] },
        actions: [{ kind: 'outage', atMs: 2_000, forMs: 1_500, target: 'engine', how: 'refuse' }],
      }),
      target: { url: `http://127.0.0.1:${port}/plain` },
      means: { ...NO_MEANS, proxies: new Map([['engine', spec]]) },
      threads: 2,
    });
    expect(result.actions?.[0]).toMatchObject({ state: 'done', target: 'engine' });
    expect(result.actions?.[0]?.effect?.before?.goodRatio).toBe(1);
    expect(result.actions?.[0]?.effect?.during?.goodRatio).toBeLessThan(0.7);
  }, 30_000);

  it('stop together when told to: what was measured until then is kept', async () => {
    const abort = new AbortController();
    const load = { kind: 'steps' as const, steps: [{ turnsPerS: 40, warmUpMs: 0, windowMs: 60_000 }] };
    const soFar: ResultFile[] = [];
    let view: StepView | undefined;
    const result = await run({
      ...options({ load }),
      threads: 2,
      signal: abort.signal,
      checkpoint: { everyMs: 200, write: (partial) => soFar.push(partial) },
      onProgress: (event) => {
        if (event.kind === 'step-started') view = event.view;
        if (event.kind === 'tick' && event.sent > 60) abort.abort();
      },
    });
    expect(result.state).toBe('partial');
    const [step] = result.steps;
    expect(step?.counts.offered).toBeGreaterThan(50);
    expect(sumOf(step, 'offered')).toBe(step?.counts.offered);
    expect(sumOf(step, 'completed') + sumOf(step, 'unsuccessful')).toBe(step?.counts.offered);
    // 40/s, give or take five standard deviations of a Poisson count.
    const expected = 0.04 * (step?.windowMs ?? 0);
    expect(Math.abs((step?.counts.offered ?? 0) - expected)).toBeLessThan(5 * Math.sqrt(expected));
    // What a live view shows is of all threads.
    expect(view?.load).toEqual(step?.load);
    const seen = view?.read();
    expect(seen?.sent).toBeGreaterThan(60);
    expect(seen?.histograms.get('latencyMs')?.count).toBe(seen?.counts.completed);
    expect(seen?.counts.completed).toBeGreaterThan(30);
    // A process that is killed leaves the last of these behind.
    expect(sound(soFar.at(-1) as ResultFile).steps[0]?.counts.offered).toBeGreaterThan(0);
  }, 30_000);

  it('fail as one generator would where nobody listens', async () => {
    const lonely = { ...options(), target: { url: 'http://127.0.0.1:1/plain' }, threads: 2 };
    expect(await runBench(lonely)).toMatchObject({
      kind: 'failed',
      failure: { code: 'TARGET_UNREACHABLE' },
    });
  }, 30_000);
});
