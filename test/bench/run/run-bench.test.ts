import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { estimateCapacity } from '../../../bench/judge/capacity.ts';
import { histogramOf } from '../../../bench/judge/read-step.ts';
import type { ProgressEvent } from '../../../bench/run/progress.ts';
import { formatProgress } from '../../../bench/run/progress.ts';
import { runBench } from '../../../bench/run/run-bench.ts';
import {
  readScenario,
  resolveScenario,
  type ScenarioInput,
  withOverrides,
} from '../../../scenarios/scenario.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { parseResultFile } from '../../../vocabulary/result-file.ts';
import { type QueueServer, type QueueServerOptions, startQueueServer } from './queue-server.ts';

const constant = (value: number) => ({
  distribution: { kind: 'constant' as const, value },
  source: 'a test',
});

const LATENCY_SLO = { kind: 'latency' as const, metric: 'latencyMs' as const, percentile: 95, limitMs: 400 };
const ERROR_SLO = { kind: 'error-ratio' as const, limitRatio: 0.01 };

const conversations = (thinkTimeMs: number): ScenarioInput['workload'] => ({
  kind: 'conversations',
  turns: constant(4),
  thinkTimeMs: constant(thinkTimeMs),
  userTokens: constant(5),
  outputTokens: constant(3),
  systemPromptTokens: constant(6),
  nominalResponseMs: 50,
});

const scenarioOf = (overrides: Partial<ScenarioInput> = {}) =>
  unwrap(
    resolveScenario({
      name: 'test',
      description: 'A test.',
      workload: conversations(200),
      load: { kind: 'steps', steps: [{ turnsPerS: 40, warmUpMs: 300, windowMs: 1_500 }] },
      slos: [LATENCY_SLO, ERROR_SLO],
      drainMs: 1_000,
      ...overrides,
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

const engine = {
  kind: 'simulated',
  simulated: true,
  model: 'llama-70b',
  device: 'H100 80 GB (simulated)',
  version: '1.2.3',
  contextTokens: 8_192,
  maxSequences: 64,
  kvCapacityTokens: 100_000,
};
const readiness = (status = 'ready') => ({
  status,
  version: '0.9.0',
  providers: [
    { name: 'local', kind: 'grpc', state: status === 'ready' ? 'up' : 'down', engine, detail: 'no model' },
  ],
});

describe('an open-loop run', () => {
  it('gives a result that its schema accepts and in which every arrival is accounted for', async () => {
    const server = await serve({ slots: 100, serviceMs: 50, readiness: readiness() });
    const events: ProgressEvent[] = [];
    const result = unwrap(
      await runBench({
        scenario: scenarioOf(),
        target: { url: server.url },
        onProgress: (event) => events.push(event),
      }),
    );
    expect(unwrap(parseResultFile(JSON.stringify(result), 'the run'))).toEqual(result);
    const [step] = result.steps;
    if (step === undefined) throw new Error('no step');
    const { offered, completed, failed, timedOut, dropped } = step.counts;
    expect(offered).toBe(completed + failed + timedOut + dropped);
    // 40 turns/s for 1.5 s, within four standard deviations of conversations of four turns.
    expect(Math.abs(offered - 60)).toBeLessThan(4 * Math.sqrt(60 * 4));
    expect(step.timeline.reduce((sum, second) => sum + second.offered, 0)).toBe(offered);
    expect(step.load).toMatchObject({ kind: 'open', interactionsPerS: 10, turnsPerS: 40 });
    const wire = histogramOf(step, 'wireLatencyMs');
    expect(wire?.count).toBe(completed);
    expect(wire?.minMs).toBeGreaterThanOrEqual(48);
    expect(histogramOf(step, 'latencyMs')?.meanMs).toBeGreaterThanOrEqual(wire?.meanMs ?? Number.NaN);
    expect(step.tokens).toEqual({
      input: 7 * completed,
      cachedInput: 0,
      output: 3 * completed,
      requestsWithUsage: completed,
      requestsCounted: 0,
    });
    expect(result.target).toMatchObject({
      engine: 'simulated',
      simulated: true,
      hardware: engine.device,
      model: 'llama-70b',
    });
    const codes = result.diagnostics.map(({ code }) => code);
    expect(codes).toEqual(
      expect.arrayContaining(['SIMULATED_TARGET', 'SHARED_MACHINE', 'TOO_FEW_SAMPLES', 'TOKENS_DISAGREE']),
    );
    expect(events.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['target', 'step-started', 'tick', 'step-finished']),
    );
    expect(events.map(formatProgress)[0]).toContain('(simulated)');
  });

  it('sends the history of a conversation, of its turns before the step too', async () => {
    const server = await serve({ slots: 100, serviceMs: 5 });
    unwrap(await runBench({ scenario: scenarioOf(), target: { url: server.url } }));
    const lengths = new Map<number, number>();
    for (const { messages = [], max_tokens, ignore_eos } of server.bodies) {
      expect(messages[0]?.role).toBe('system');
      expect(messages[0]?.content.split(' ')).toHaveLength(6);
      expect(messages.at(-1)?.role).toBe('user');
      for (const { role, content } of messages.slice(1)) {
        expect(content.split(' ')).toHaveLength(role === 'user' ? 5 : 3);
      }
      expect({ max_tokens, ignore_eos }).toEqual({ max_tokens: 3, ignore_eos: true });
      lengths.set(messages.length, (lengths.get(messages.length) ?? 0) + 1);
    }
    // Turn k of four carries the system prompt, k − 1 pairs and the new message, each k equally often.
    expect([...lengths.keys()].sort((a, b) => a - b)).toEqual([2, 4, 6, 8]);
    const firstTurns = lengths.get(2) ?? 0;
    expect(firstTurns / server.bodies.length).toBeGreaterThan(0.1);
    expect(firstTurns / server.bodies.length).toBeLessThan(0.4);
  });

  it('asks the same of the target for the same seed, and something else for another', async () => {
    const server = await serve({ slots: 100, serviceMs: 1 });
    const ask = async (seed: number): Promise<string[]> => {
      const before = server.bodies.length;
      const workload = { kind: 'requests' as const, inputTokens: constant(9), outputTokens: constant(2) };
      unwrap(await runBench({ scenario: scenarioOf({ workload }), target: { url: server.url }, seed }));
      return server.bodies.slice(before).map(({ messages }) => messages?.at(-1)?.content ?? '');
    };
    const first = await ask(5);
    const again = await ask(5);
    const shared = Math.min(first.length, again.length);
    expect(shared).toBeGreaterThan(40);
    expect(first.slice(0, shared).sort()).toEqual(again.slice(0, shared).sort());
    expect((await ask(6)).slice(0, 20)).not.toEqual(first.slice(0, 20));
  });

  it('drops what is beyond max-in-flight, and says so', async () => {
    const server = await serve({ slots: 1, serviceMs: 300 });
    const result = unwrap(
      await runBench({ scenario: scenarioOf({ maxInFlight: 2 }), target: { url: server.url } }),
    );
    const counts = result.steps[0]?.counts;
    expect(counts?.byReason['dropped:max-in-flight']).toBeGreaterThan(20);
    expect(result.steps[0]?.inFlight.max).toBeLessThanOrEqual(2);
    expect(result.diagnostics.map(({ code }) => code)).toContain('DROPPED_ARRIVALS');
  });

  it('measures overload as latency from the schedule, pile-up and time-outs, and ends when the drain is over', async () => {
    const server = await serve({ slots: 1, serviceMs: 100 });
    const scenario = scenarioOf({
      drainMs: 300,
      load: { kind: 'steps', steps: [{ turnsPerS: 40, warmUpMs: 0, windowMs: 3_000 }] },
    });
    const startedAtMs = performance.now();
    const result = unwrap(await runBench({ scenario, target: { url: server.url } }));
    expect(performance.now() - startedAtMs).toBeLessThan(4_500);
    expect(result.steps[0]?.counts.byReason['timed-out:run-ended']).toBeGreaterThan(20);
    expect(result.steps[0]?.goodRequests).toBeLessThan(10);
    expect(result.diagnostics.map(({ code }) => code)).toContain('NOT_STEADY');
    expect(estimateCapacity(result)).toMatchObject({ kind: 'below' });
  });

  it('reads stages, gauges and resources from the metrics page', async () => {
    let reads = 0;
    const metrics = (): string => {
      reads++;
      return [
        '# HELP busyhour_engine_decode_seconds x',
        `busyhour_engine_decode_seconds_bucket{le="+Inf"} ${reads * 5}`,
        `busyhour_engine_decode_seconds_sum{engine="a"} ${reads * 0.5}`,
        `busyhour_engine_decode_seconds_count{engine="a"} ${reads * 5}`,
        `busyhour_engine_running_requests ${reads}`,
        `process_cpu_seconds_total ${reads}`,
        'process_resident_memory_bytes 1.5e+08',
        'busyhour_event_loop_utilisation_ratio 0.25',
      ].join('\n');
    };
    const server = await serve({ slots: 100, serviceMs: 5, metrics });
    const metricsUrls = [{ process: 'gateway', url: `${server.url}/metrics` }];
    const result = unwrap(
      await runBench({ scenario: scenarioOf(), target: { url: server.url }, metricsUrls }),
    );
    expect(reads).toBe(3);
    const use = result.steps[0]?.server;
    expect(use?.stages['engine.decode']).toEqual({ count: 10, sumMs: 1_000 });
    expect(use?.gauges['engine.running']).toEqual({ samples: 3, mean: 2, max: 3 });
    expect(use?.resources[0]).toMatchObject({
      process: 'gateway',
      maxRssBytes: 150_000_000,
      eventLoopUtilisation: 0.25,
    });
    expect(use?.resources[0]?.cpuCores).toBeGreaterThan(1);
    // Two CPU seconds over the time between the first and the last read: the window of 1.5 s, less what reads come late.
    expect(use?.resources[0]?.cpuCores).toBeLessThan(2);
  });
});

describe('a closed-loop run', () => {
  it('keeps the number of users, and their rate is users ÷ (response + think time)', async () => {
    const server = await serve({ slots: 100, serviceMs: 100 });
    const load = { kind: 'closed' as const, steps: [{ concurrency: 20, warmUpMs: 400, windowMs: 2_000 }] };
    const result = unwrap(await runBench({ scenario: scenarioOf({ load }), target: { url: server.url } }));
    const [step] = result.steps;
    expect(step?.load).toEqual({ kind: 'closed', concurrency: 20 });
    expect(step?.inFlight.max).toBeLessThanOrEqual(20);
    // A cycle of four turns: four answers of 100 ms and three pauses of 200 ms, so 4 turns a second of 20 users each 1.0 s.
    const turnsPerS = (step?.counts.offered ?? 0) / 2;
    expect(turnsPerS).toBeGreaterThan(64);
    expect(turnsPerS).toBeLessThan(84);
  });
});

describe('a capacity search', () => {
  it('brackets the capacity of a server of known capacity', async () => {
    // Four slots of 50 ms carry 80 requests/s at most.
    const server = await serve({ slots: 4, serviceMs: 50 });
    const scenario = scenarioOf({
      workload: conversations(300),
      load: { kind: 'find-capacity', budgetMs: 30_000, warmUpMs: 300, windowMs: 3_000, maxSteps: 7 },
      drainMs: 500,
    });
    const startedAtMs = performance.now();
    const result = unwrap(await runBench({ scenario, target: { url: server.url } }));
    expect(performance.now() - startedAtMs).toBeLessThan(34_000);
    const capacity = estimateCapacity(result);
    if (capacity.kind !== 'bracketed') throw new Error(`not bracketed: ${JSON.stringify(capacity)}`);
    expect(capacity.turnsPerS).toBeGreaterThan(35);
    // At 90/s the queue grows to the limit of 0.4 s × 80 within the window; Poisson arrivals of 3 s are off by 5/s.
    expect(capacity.turnsPerS).toBeLessThan(105);
    expect(capacity.missedTurnsPerS).toBeLessThan(160);
    expect(result.steps.length).toBeGreaterThanOrEqual(3);
    expect(result.steps.every(({ load }) => load.kind === 'open')).toBe(true);
    const probe = result.scenario.probe as { levels: { concurrency: number; turnsPerS: number }[] };
    expect(probe.levels[0]?.concurrency).toBe(1);
    expect(probe.levels[0]?.turnsPerS).toBeGreaterThan(10);
    expect(probe.levels[0]?.turnsPerS).toBeLessThanOrEqual(20.5);
    expect(result.diagnostics.map(({ code }) => code)).not.toContain('CAPACITY_NOT_BRACKETED');
  }, 60_000);

  it('says so when the crossing was not seen', async () => {
    const server = await serve({ slots: 1_000, serviceMs: 1 });
    const load = {
      kind: 'find-capacity' as const,
      budgetMs: 2_500,
      warmUpMs: 0,
      windowMs: 500,
      maxSteps: 2,
      maxTurnsPerS: 20,
    };
    const result = unwrap(await runBench({ scenario: scenarioOf({ load }), target: { url: server.url } }));
    expect(estimateCapacity(result).kind).toBe('at-least');
    expect(result.diagnostics.map(({ code }) => code)).toContain('CAPACITY_NOT_BRACKETED');
  });
});

describe('a target that cannot be measured', () => {
  const expectUnreachable = async (url: string): Promise<string> => {
    const startedAtMs = performance.now();
    const result = await runBench({ scenario: scenarioOf(), target: { url } });
    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
    if (result.kind === 'ok') throw new Error('it was measured');
    expect(result.failure.code).toBe('TARGET_UNREACHABLE');
    return result.failure.message;
  };

  it('is down', async () => {
    const placeholder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => placeholder.once('listening', resolve));
    const { port } = placeholder.address() as AddressInfo;
    await new Promise((resolve) => placeholder.close(resolve));
    await expectUnreachable(`http://127.0.0.1:${port}`);
  });

  it('accepts connections and never answers', async () => {
    const mute = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => mute.once('listening', resolve));
    await expectUnreachable(`http://127.0.0.1:${(mute.address() as AddressInfo).port}`);
    mute.close();
  });

  it('says that it is not ready, and why', async () => {
    const server = await serve({
      slots: 1,
      serviceMs: 1,
      readiness: readiness('not-ready'),
      readinessStatus: 503,
    });
    expect(await expectUnreachable(server.url)).toContain('no model');
  });

  it('has a URL that is none', async () => {
    const result = await runBench({ scenario: scenarioOf(), target: { url: 'nonsense' } });
    expect(result).toMatchObject({ failure: { code: 'USAGE' } });
  });
});

describe('an interrupted run', () => {
  it('ends at once with a valid partial result that says so', async () => {
    const server = await serve({ slots: 100, serviceMs: 20 });
    const scenario = unwrap(
      withOverrides(unwrap(readScenario('call-centre')), {
        load: { kind: 'steps', steps: [{ turnsPerS: 30, warmUpMs: 200, windowMs: 60_000 }] },
      }),
    );
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 1_300);
    const startedAtMs = performance.now();
    const result = unwrap(await runBench({ scenario, target: { url: server.url }, signal: abort.signal }));
    expect(performance.now() - startedAtMs).toBeLessThan(2_500);
    expect(result.state).toBe('partial');
    expect(result.diagnostics.map(({ code }) => code)).toContain('INTERRUPTED');
    expect(result.steps[0]?.windowMs).toBeGreaterThan(700);
    expect(result.steps[0]?.windowMs).toBeLessThan(1_600);
    expect(unwrap(parseResultFile(JSON.stringify(result), 'the run'))).toEqual(result);
  });

  it('has no step when it ends in the warm-up', async () => {
    const server = await serve({ slots: 100, serviceMs: 20 });
    const load = { kind: 'steps' as const, steps: [{ turnsPerS: 30, warmUpMs: 5_000, windowMs: 100 }] };
    const signal = AbortSignal.timeout(200);
    const result = unwrap(
      await runBench({ scenario: scenarioOf({ load }), target: { url: server.url }, signal }),
    );
    expect(result).toMatchObject({ state: 'partial', steps: [] });
  });
});
