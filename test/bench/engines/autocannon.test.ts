import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { runAutocannon } from '../../../bench/engines/autocannon/run-autocannon.ts';
import { type GroundTruthProcess, spawnGroundTruth } from '../../../bench/ground-truth/spawn.ts';
import { computeThroughputPerS, histogramOf } from '../../../bench/judge/read-step.ts';
import { resolveScenario, type Scenario, type ScenarioInput } from '../../../scenarios/scenario.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { parseResultFile, type ResultFile } from '../../../vocabulary/result-file.ts';

const DELAY_MS = 50;
const constant = (value: number) => ({ distribution: { kind: 'constant' as const, value }, source: 'test' });

const scenarioOf = (overrides: Partial<ScenarioInput> = {}): Scenario =>
  unwrap(
    resolveScenario({
      name: 'ceiling',
      description: 'Plain requests in a closed loop.',
      protocol: 'http',
      workload: { kind: 'requests', inputTokens: constant(7), outputTokens: constant(1) },
      load: { kind: 'closed', steps: [{ concurrency: 8, warmUpMs: 300, windowMs: 1_500 }] },
      slos: [{ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 1_000 }],
      ...overrides,
    }),
  );

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const closed = (concurrency: number, windowMs: number): ScenarioInput['load'] => ({
  kind: 'closed',
  steps: [{ concurrency, warmUpMs: 100, windowMs }],
});

const stepOf = (result: ResultFile) => {
  const [step] = result.steps;
  if (step === undefined) throw new Error('no step');
  return step;
};

describe('autocannon against a server of known delay', () => {
  let truth: GroundTruthProcess;
  beforeAll(async () => {
    truth = await spawnGroundTruth({ firstTokenMs: DELAY_MS, tokenGapMs: 5, outputTokens: 3 });
  });
  afterAll(() => truth.close());

  it('finds the delay, and the rate that Little’s law gives for it', async () => {
    const result = unwrap(await runAutocannon(scenarioOf(), { url: `${truth.url}/plain` }));
    const step = stepOf(result);
    const wire = histogramOf(step, 'wireLatencyMs');
    expect(wire?.minMs).toBeGreaterThanOrEqual(DELAY_MS - 1);
    expect(wire?.percentileMs(50)).toBeLessThan(DELAY_MS * 1.3);
    // X = N / R for a closed loop without think time.
    const predicted = 8 / ((wire?.meanMs ?? 0) / 1000);
    expect(computeThroughputPerS(step) / predicted).toBeGreaterThan(0.9);
    expect(computeThroughputPerS(step) / predicted).toBeLessThan(1.1);
    expect(step.inFlight.mean).toBeGreaterThan(7.5);
    expect(step.inFlight.max).toBe(8);
    expect(step.load).toEqual({ kind: 'closed', concurrency: 8 });
    expect(step.histograms.scheduleSlipMs).toBeUndefined();
  });

  it('writes a result file that reads back, names its engine and says what its figures mean', async () => {
    const load = closed(2, 300);
    const result = unwrap(await runAutocannon(scenarioOf({ load }), { url: `${truth.url}/plain` }));
    const read = unwrap(parseResultFile(JSON.stringify(result), 'it'));
    expect(read.engine).toBe('autocannon');
    expect(read.importedFrom).toMatchObject({ tool: 'autocannon', version: expect.stringMatching(/^9\./) });
    expect(read.importedFrom?.notes.join('\n')).toMatch(/closed loop.*ceiling/);
    expect(read.state).toBe('complete');
  });

  it('asks a chat endpoint too', async () => {
    const load: ScenarioInput['load'] = closed(2, 400);
    const scenario = scenarioOf({ protocol: 'openai-chat', load });
    const result = unwrap(await runAutocannon(scenario, { url: truth.url }));
    expect(stepOf(result).counts.failed).toBe(0);
    expect(stepOf(result).counts.completed).toBeGreaterThan(4);
  });

  it('stops at once when told to, with a valid partial result', async () => {
    const load = closed(2, 20_000);
    const startedAtMs = performance.now();
    const options = { signal: AbortSignal.timeout(700) };
    const result = unwrap(await runAutocannon(scenarioOf({ load }), { url: `${truth.url}/plain` }, options));
    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
    expect(result.state).toBe('partial');
    expect(stepOf(result).windowMs).toBeLessThan(2_000);
    expect(result.diagnostics.map(({ code }) => code)).toContain('INTERRUPTED');
  });
});

describe('autocannon against servers that fail', () => {
  it('counts answers other than 2xx as failed, by their status, and keeps their times out of latency', async () => {
    let requests = 0;
    const url = await serve((_request, response) => {
      const status = [200, 429, 503, 500, 404][requests++ % 5] ?? 200;
      setTimeout(() => response.writeHead(status).end('x'), 5);
    });
    const step = stepOf(unwrap(await runAutocannon(scenarioOf({ load: closed(4, 500) }), { url })));
    const { counts } = step;
    expect(counts.offered).toBe(counts.completed + counts.failed + counts.timedOut + counts.dropped);
    expect(counts.failed / counts.offered).toBeCloseTo(0.8, 1);
    expect(Object.keys(counts.byReason).sort()).toEqual([
      'failed:http-client-error',
      'failed:http-overloaded',
      'failed:http-rate-limited',
      'failed:http-server-error',
    ]);
    expect(histogramOf(step, 'latencyMs')?.count).toBe(counts.completed);
  });

  it('counts a request without an answer as timed out at the limit', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/ready') response.end('{}');
    });
    const timeouts = { totalMs: 1_000 };
    const scenario = scenarioOf({ load: closed(3, 1_500), timeouts });
    const { counts } = stepOf(unwrap(await runAutocannon(scenario, { url: `${url}/hang` })));
    expect(counts.completed).toBe(0);
    expect(counts.byReason['timed-out:total']).toBeGreaterThanOrEqual(3);
    expect(counts.failed).toBe(0);
  });

  it('counts connections that are cut as failed', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/ready') response.end('{}');
      else setTimeout(() => request.socket.resetAndDestroy(), 5);
    });
    const scenario = scenarioOf({ load: closed(2, 300) });
    const { counts } = stepOf(unwrap(await runAutocannon(scenario, { url: `${url}/cut` })));
    expect(counts.completed).toBe(0);
    expect(counts.byReason['failed:connection-reset']).toBeGreaterThan(5);
  });

  it('refuses a protocol that it does not speak, and a target that does not answer', async () => {
    const url = await serve((_request, response) => response.end('{}'));
    const dialog = await runAutocannon(scenarioOf({ protocol: 'http' }), { url: 'http://127.0.0.1:9/' });
    expect(dialog).toMatchObject({ kind: 'failed', failure: { code: 'TARGET_UNREACHABLE' } });
    const conversations = scenarioOf();
    const spoken = await runAutocannon({ ...conversations, protocol: 'dialog' }, { url });
    expect(spoken).toMatchObject({ kind: 'failed' });
  });
});
