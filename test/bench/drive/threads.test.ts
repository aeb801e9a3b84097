import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runThreaded } from '../../../bench/drive/threads/run-threaded.ts';
import { type GroundTruthProcess, spawnGroundTruth } from '../../../bench/ground-truth/spawn.ts';
import { histogramOf } from '../../../bench/judge/read-step.ts';
import { runBench } from '../../../bench/run/run-bench.ts';
import { resolveScenario, type ScenarioInput } from '../../../scenarios/scenario.ts';
import { unwrap } from '../../../vocabulary/errors.ts';

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
  drainMs: 1_000,
};

describe('generator threads', () => {
  let server: GroundTruthProcess;
  beforeAll(async () => {
    server = await spawnGroundTruth({ firstTokenMs: 30, isExact: false });
  });
  afterAll(() => server.close());

  const options = (input: ScenarioInput = SCENARIO) => ({
    scenario: unwrap(resolveScenario(input)),
    target: { url: `${server.url}/plain` },
    seed: 5,
  });

  it('send the very schedule that one generator would, and merge to its counts', async () => {
    const [one, three] = [await runBench(options()), await runThreaded(options(), 3)].map(unwrap);
    const [alone] = one?.steps ?? [];
    const [merged] = three?.steps ?? [];
    expect(three?.state).toBe('complete');
    expect(merged?.counts.offered).toBe(alone?.counts.offered);
    expect(merged?.counts.completed).toBe(alone?.counts.offered);
    expect(merged?.timeline.map(({ offered }) => offered)).toEqual(
      alone?.timeline.map(({ offered }) => offered),
    );
    expect(merged?.load).toEqual(alone?.load);
    const latency = merged === undefined ? undefined : histogramOf(merged, 'latencyMs');
    expect(latency?.count).toBe(alone?.counts.offered);
    expect(latency?.percentileMs(50)).toBeGreaterThanOrEqual(30);
    expect(three?.mergedShards?.count).toBe(3);
  }, 30_000);

  it('stop together when told to, and say that the result is partial', async () => {
    const abort = new AbortController();
    const long = {
      ...SCENARIO,
      load: { kind: 'steps' as const, steps: [{ turnsPerS: 40, warmUpMs: 0, windowMs: 60_000 }] },
    };
    const running = runThreaded(
      {
        ...options(long),
        signal: abort.signal,
        onProgress: (event) => {
          if (event.kind === 'tick' && event.sent > 20) abort.abort();
        },
      },
      2,
    );
    const result = unwrap(await running);
    expect(result.state).toBe('partial');
    // A step that was cut off has another window in each thread, and is left out rather than merged by guess.
    expect(result.diagnostics.map(({ code }) => code)).toContain('SHARDS_INCOMPLETE');
  }, 30_000);

  it('are refused for a plan that chooses its loads as it goes', async () => {
    const searching = options({ ...SCENARIO, load: { kind: 'find-capacity' } });
    expect(await runThreaded(searching, 2)).toMatchObject({ kind: 'failed', failure: { code: 'USAGE' } });
  });

  it('fail as one generator would where nobody listens', async () => {
    const lonely = { ...options(), target: { url: 'http://127.0.0.1:1/plain' } };
    expect(await runThreaded(lonely, 2)).toMatchObject({
      kind: 'failed',
      failure: { code: 'TARGET_UNREACHABLE' },
    });
  }, 30_000);
});
