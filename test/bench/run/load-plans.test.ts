import { afterEach, describe, expect, it } from 'vitest';
import { estimateCapacity } from '../../../bench/judge/capacity.ts';
import { histogramOf } from '../../../bench/judge/read-step.ts';
import { runBench } from '../../../bench/run/run-bench.ts';
import { geometricPoints } from '../../../bench/workload/geometric-points.ts';
import { expandSchedule, parseSchedule, scheduleLines } from '../../../bench/workload/schedule-file.ts';
import { resolveScenario, type ScenarioInput } from '../../../scenarios/scenario.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { parseResultFile, type ResultFile } from '../../../vocabulary/result-file.ts';
import { type QueueServer, type QueueServerOptions, startQueueServer } from './queue-server.ts';

const constant = (value: number) => ({
  distribution: { kind: 'constant' as const, value },
  source: 'a test',
});

/** So wide that two requests that ask for the same number of tokens are the same one. */
const WIDE = {
  distribution: { kind: 'quantiles' as const, values: [1, 1_000_000_000] },
  source: 'a test',
};

const scenarioOf = (load: ScenarioInput['load'], more: Partial<ScenarioInput> = {}) =>
  unwrap(
    resolveScenario({
      name: 'plans',
      description: 'A test.',
      workload: { kind: 'requests', inputTokens: constant(5), outputTokens: WIDE },
      slos: [
        { kind: 'latency', metric: 'latencyMs', percentile: 50, limitMs: 300 },
        { kind: 'error-ratio', limitRatio: 0.01 },
      ],
      drainMs: 500,
      load,
      ...more,
    }),
  );

const servers: QueueServer[] = [];
async function serve(options: QueueServerOptions): Promise<QueueServer> {
  const server = await startQueueServer(options);
  servers.push(server);
  return server;
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** What a run gave, as a file would have it. */
const readBack = (result: ResultFile): ResultFile =>
  unwrap(parseResultFile(JSON.stringify(result), 'the run'));

const askedOf = ({ bodies }: QueueServer): number[] => bodies.map(({ max_tokens = 0 }) => max_tokens);

describe('a sweep', () => {
  it('spaces a range so that each point is the same ratio above the one before', () => {
    expect(geometricPoints(1, 64, 7).map((value) => Math.round(value * 1e9) / 1e9)).toEqual([
      1, 2, 4, 8, 16, 32, 64,
    ]);
    expect(geometricPoints(3, 300, 3)[1]).toBeCloseTo(30, 9);
  });

  it('runs its rates in order and ends after two misses in a row', async () => {
    // Two slots of 50 ms carry 40 requests/s at most.
    const server = await serve({ slots: 2, serviceMs: 50 });
    const scenario = scenarioOf({
      kind: 'sweep',
      values: [10, 20, 120, 150, 200, 250],
      warmUpMs: 100,
      windowMs: 1_500,
    });
    const result = readBack(unwrap(await runBench({ scenario, target: { url: server.url } })));
    const rates = result.steps.map(({ load }) => (load.kind === 'open' ? load.turnsPerS : 0));
    expect(rates).toEqual([10, 20, 120, 150]);
    expect(result.scenario.sweep).toEqual({ endedAt: 150, missesInRow: 2 });
    expect(estimateCapacity(result)).toMatchObject({
      kind: 'bracketed',
      missedTurnsPerS: expect.any(Number),
    });
  });

  it('goes over numbers of users, each once, and repeats with other seeds', async () => {
    const server = await serve({ slots: 100, serviceMs: 20 });
    const load = {
      kind: 'sweep' as const,
      over: 'concurrency' as const,
      range: { from: 1, to: 3, points: 5 },
      thinkTime: 'none' as const,
      replications: 2,
      warmUpMs: 0,
      windowMs: 300,
    };
    const result = readBack(
      unwrap(await runBench({ scenario: scenarioOf(load), target: { url: server.url } })),
    );
    const seen = result.steps.map((step) => [
      step.load.kind === 'closed' ? step.load.concurrency : 0,
      step.block,
    ]);
    expect(seen).toEqual([
      [1, 0],
      [1, 1],
      [2, 0],
      [2, 1],
      [3, 0],
      [3, 1],
    ]);
    const asked = askedOf(server);
    // Same seed, same requests; two repetitions of a step must not have sent the same.
    expect(new Set(asked).size).toBeGreaterThan(asked.length * 0.9);
  });
});

describe('a calibration', () => {
  it('places its fourth to sixth point between the rate that held and the one that did not', async () => {
    const server = await serve({ slots: 4, serviceMs: 50 });
    const scenario = scenarioOf({
      kind: 'calibrate',
      from: 10,
      to: 160,
      points: 6,
      warmUpMs: 200,
      windowMs: 2_000,
    });
    const result = readBack(unwrap(await runBench({ scenario, target: { url: server.url } })));
    const rates = result.steps.map(({ load }) => (load.kind === 'open' ? load.turnsPerS : 0));
    expect(rates.slice(0, 3)).toEqual([10, expect.closeTo(40, 6), 160]);
    // Four slots of 50 ms carry 80 requests/s: what is placed lies where the objective is crossed.
    expect(rates.length).toBeGreaterThan(3);
    for (const rate of rates.slice(3)) {
      expect(rate).toBeGreaterThan(40);
      expect(rate).toBeLessThan(160);
    }
    const { calibration } = result.scenario as { calibration: { crossing: { value: number } } };
    expect(calibration.crossing.value).toBeGreaterThan(45);
    expect(calibration.crossing.value).toBeLessThan(120);
  });
});

describe('a comparison', () => {
  const load = { kind: 'ab' as const, blocks: 4, turnsPerS: 60, warmUpMs: 100, windowMs: 600 };

  it('runs ABBA with the same requests for both of a block, and tells the slower one', async () => {
    const fast = await serve({ slots: 100, serviceMs: 20 });
    const slow = await serve({ slots: 100, serviceMs: 60 });
    const result = readBack(
      unwrap(
        await runBench({
          scenario: scenarioOf(load),
          target: { url: fast.url },
          variantB: { target: { url: slow.url } },
        }),
      ),
    );
    expect(result.steps.map(({ variant }) => variant).join('')).toBe('abbaabba');
    expect(result.steps.map(({ block }) => block)).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    for (const step of result.steps) {
      const median = histogramOf(step, 'wireLatencyMs')?.percentileMs(50) ?? 0;
      if (step.variant === 'a') expect(median).toBeLessThan(55);
      else expect(median).toBeGreaterThanOrEqual(59);
    }
    // How much of the drain was sent differs; what both were sent is the same.
    const [a, b] = [new Set(askedOf(fast)), new Set(askedOf(slow))];
    const shared = [...a].filter((asked) => b.has(asked)).length;
    expect(shared).toBeGreaterThan(4 * 30);
    expect(shared).toBeGreaterThan(Math.min(a.size, b.size) * 0.9);
  });

  it('is refused without another side', async () => {
    const server = await serve({ slots: 1, serviceMs: 1 });
    await expect(runBench({ scenario: scenarioOf(load), target: { url: server.url } })).rejects.toMatchObject(
      {
        failure: { code: 'USAGE' },
      },
    );
  });
});

describe('repetitions', () => {
  it('keep the schedule of the first and draw another for the second', async () => {
    const run = async (replications: number): Promise<number[]> => {
      const server = await serve({ slots: 100, serviceMs: 1 });
      const steps = [{ turnsPerS: 100, warmUpMs: 0, windowMs: 300 }];
      const scenario = scenarioOf({ kind: 'steps', steps, replications }, { drainMs: 0 });
      unwrap(await runBench({ scenario, target: { url: server.url } }));
      return askedOf(server);
    };
    const once = new Set(await run(1));
    const twice = await run(2);
    const first = twice.filter((asked) => once.has(asked));
    expect(first.length).toBeGreaterThan(once.size * 0.8);
    expect(twice.length - first.length).toBeGreaterThan(10);
  });
});

describe('shards', () => {
  it('send each interaction once between them', async () => {
    const steps = [{ turnsPerS: 120, warmUpMs: 0, windowMs: 800 }];
    const scenario = scenarioOf({ kind: 'steps', steps }, { drainMs: 0 });
    const whole = await serve({ slots: 100, serviceMs: 1 });
    unwrap(await runBench({ scenario, target: { url: whole.url } }));
    const parts = await serve({ slots: 100, serviceMs: 1 });
    const startAtUnixMs = Date.now() + 300;
    const results = await Promise.all(
      [0, 1, 2].map((index) =>
        runBench({ scenario, target: { url: parts.url }, shard: { index, count: 3, startAtUnixMs } }),
      ),
    );
    const loads = results.map((result) => readBack(unwrap(result)));
    expect(loads.map(({ shard }) => shard?.index)).toEqual([0, 1, 2]);
    for (const {
      steps: [step],
    } of loads)
      expect(step?.load).toMatchObject({ turnsPerS: 40 });
    const [all, together] = [askedOf(whole), askedOf(parts)];
    expect(new Set(together).size).toBe(together.length);
    const missing = all.filter((asked) => !together.includes(asked));
    // The last few fall due as the step ends.
    expect(missing.length).toBeLessThanOrEqual(3);
    expect(Math.abs(together.length - all.length)).toBeLessThanOrEqual(3);
  });
});

describe('a schedule that was printed', () => {
  it('is sent as it stands, whatever the seed of the run is', async () => {
    const steps = [{ interactionsPerS: 80, warmUpMs: 0, windowMs: 500 }];
    const scenario = scenarioOf({ kind: 'steps', steps }, { drainMs: 0, seed: 7 });
    const printed = expandSchedule(scenario, [
      { name: 'step 1', interactionsPerS: 80, warmUpMs: 0, windowMs: 500 },
    ]);
    const text = [...scheduleLines(printed)].join('');
    const read = unwrap(parseSchedule(text, 'the schedule'));
    const server = await serve({ slots: 100, serviceMs: 1 });
    const schedule = new Map(read.steps.map(({ name, interactions }) => [name, interactions]));
    unwrap(await runBench({ scenario, target: { url: server.url }, schedule, seed: 99 }));
    const wanted = printed.steps[0]?.interactions.map(({ turns }) => turns[0]?.outputTokens) ?? [];
    const sent = askedOf(server);
    expect(sent.length).toBeGreaterThanOrEqual(wanted.length - 3);
    expect(wanted).toEqual(expect.arrayContaining(sent));
  });
});
