import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runK6 } from '../../../bench/engines/k6/run-k6.ts';
import { type GroundTruthProcess, spawnGroundTruth } from '../../../bench/ground-truth/spawn.ts';
import { histogramOf } from '../../../bench/judge/read-step.ts';
import { runBench } from '../../../bench/run/run-bench.ts';
import { type RunningGateway, startGateway } from '../../../runtime/gateway/start-gateway.ts';
import {
  type Protocol,
  resolveScenario,
  type Scenario,
  type ScenarioInput,
} from '../../../scenarios/scenario.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import type { HistogramMetricId } from '../../../vocabulary/metrics.ts';
import { parseResultFile, type ResultStep } from '../../../vocabulary/result-file.ts';
import { startEngine } from '../../support/engine-process.ts';
import { K6_ABSENT, k6OnThisMachine } from '../../support/k6.ts';

const K6 = k6OnThisMachine();
const FIRST_TOKEN_MS = 60;
const TOKEN_GAP_MS = 20;
const TOKENS = 6;
/** Of a whole answer, by the server's constants. */
const ANSWER_MS = FIRST_TOKEN_MS + (TOKENS - 1) * TOKEN_GAP_MS;
const TURNS = 2;

const constant = (value: number) => ({ distribution: { kind: 'constant' as const, value }, source: 'test' });

/** As many interactions as the schedule has, of two turns each; the second falls due well within the window. */
const conversations: ScenarioInput['workload'] = {
  kind: 'conversations',
  turns: constant(TURNS),
  thinkTimeMs: constant(100),
  userTokens: constant(4),
  outputTokens: constant(TOKENS),
  systemPromptTokens: constant(0),
  exactOutputTokens: false,
};

const requests: ScenarioInput['workload'] = {
  kind: 'requests',
  inputTokens: constant(5),
  outputTokens: constant(TOKENS),
};

const scenarioOf = (protocol: Protocol, overrides: Partial<ScenarioInput> = {}): Scenario =>
  unwrap(
    resolveScenario({
      name: 'k6-protocols',
      description: 'The same load by k6 and by the native engine.',
      protocol,
      workload: conversations,
      load: { kind: 'steps', steps: [{ turnsPerS: 20, warmUpMs: 500, windowMs: 2_500 }] },
      drainMs: 1_000,
      ...overrides,
    }),
  );

const firstOf = (steps: readonly ResultStep[]): ResultStep => {
  const [step] = steps;
  if (step === undefined) throw new Error('no step');
  return step;
};

/** The same scenario, seed and schedule by both engines, one after the other. */
async function measureBoth(scenario: Scenario, url: string): Promise<{ k6: ResultStep; native: ResultStep }> {
  const environment = { ...process.env, K6_BIN: K6 };
  const { result } = unwrap(await runK6(scenario, { url }, { arrivals: 'schedule', environment }));
  expect(parseResultFile(JSON.stringify(result), 'it').kind).toBe('ok');
  expect(result.target.protocol).toBe(scenario.protocol);
  const native = unwrap(await runBench({ scenario, target: { url } }));
  return { k6: firstOf(result.steps), native: firstOf(native.steps) };
}

const p50 = (step: ResultStep, metric: HistogramMetricId): number =>
  histogramOf(step, metric)?.percentileMs(50) ?? Number.NaN;

/**
 * The same constants by two engines on one busy machine: the lower quartile, which lies among the turns that open nothing,
 * within a quarter, or 15 ms of a short one.
 */
function expectSameQuartile({ k6, native }: Measured, metric: HistogramMetricId): void {
  const [ours = Number.NaN, theirs = Number.NaN] = [k6, native].map(
    (step) => histogramOf(step, metric)?.percentileMs(25) ?? Number.NaN,
  );
  expect(Math.abs(ours - theirs), `${metric}: k6 ${ours}, native ${theirs}`).toBeLessThan(
    Math.max(15, theirs / 4),
  );
}

type Measured = Awaited<ReturnType<typeof measureBoth>>;

/** Interactions by their scheduled instants are the same; a turn at the very end of the window may fall on either side. */
function expectSameWork({ k6, native }: Measured): void {
  expect(native.counts.completed).toBeGreaterThan(30);
  expect(k6.interactions.started).toBe(native.interactions.started);
  expect(k6.interactions.abandoned).toBe(0);
  expect(Math.abs(k6.counts.offered - native.counts.offered)).toBeLessThanOrEqual(2);
  expect(k6.counts.byReason).toEqual({});
}

describe.skipIf(K6 === undefined)(
  `k6 against the gateway (skipped where ${K6_ABSENT})`,
  { timeout: 60_000 },
  () => {
    let vendor: GroundTruthProcess;
    let gateway: RunningGateway;
    beforeAll(async () => {
      vendor = await spawnGroundTruth({
        firstTokenMs: FIRST_TOKEN_MS,
        tokenGapMs: TOKEN_GAP_MS,
        outputTokens: TOKENS,
      });
      gateway = await startGateway({
        port: 0,
        logLevel: 'silent',
        dialog: { maxOutputTokens: TOKENS },
        providers: [{ kind: 'openai', name: 'vendor', baseUrl: `${vendor.url}/v1`, model: 'm' }],
      });
    });
    afterAll(async () => {
      await gateway.close(0);
      await vendor.close();
    });

    it.for(['openai-chat', 'dialog'] as const)(
      '%s: as many interactions and turns, as long',
      async (protocol) => {
        const measured = await measureBoth(scenarioOf(protocol), gateway.url);
        expectSameWork(measured);
        expectSameQuartile(measured, 'wireLatencyMs');
        expectSameQuartile(measured, 'latencyMs');
        const { k6 } = measured;
        expect(histogramOf(k6, 'wireLatencyMs')?.minMs).toBeGreaterThanOrEqual(ANSWER_MS - 1);
        expect(k6.tokens.output).toBe(TOKENS * k6.counts.completed);
        expect(k6.histograms.timeToFirstTokenMs).toBeUndefined();
      },
    );

    it('websocket: the same turns over one socket each, and its tokens are timed', async () => {
      const measured = await measureBoth(scenarioOf('websocket'), gateway.url);
      expectSameWork(measured);
      for (const metric of ['wireLatencyMs', 'latencyMs', 'timeToFirstTokenMs', 'interChunkGapMs'] as const)
        expectSameQuartile(measured, metric);
      const { k6 } = measured;
      expect(histogramOf(k6, 'timeToFirstTokenMs')?.minMs).toBeGreaterThanOrEqual(FIRST_TOKEN_MS - 1);
      // At most five gaps an answer, of constant length: fewer where a busy gateway hands over two tokens at once.
      const gapsOf = (step: ResultStep): number => histogramOf(step, 'interChunkGapMs')?.count ?? 0;
      expect(gapsOf(k6)).toBeLessThanOrEqual((TOKENS - 1) * k6.counts.completed);
      expect(gapsOf(k6) / gapsOf(measured.native)).toBeGreaterThan(0.5);
      expect(p50(k6, 'interChunkGapMs') / TOKEN_GAP_MS).toBeGreaterThan(0.8);
      expect(p50(k6, 'interChunkGapMs') / TOKEN_GAP_MS).toBeLessThan(1.5);
      expect(k6.tokens.output).toBe(TOKENS * k6.counts.completed);
    });

    it("holds an objective of the first token with k6's own threshold", async () => {
      const slo = (limitMs: number): ScenarioInput => ({
        ...scenarioOf('websocket'),
        workload: requests,
        load: { kind: 'closed', steps: [{ concurrency: 2, warmUpMs: 0, windowMs: 1_000 }] },
        slos: [{ kind: 'latency', metric: 'timeToFirstTokenMs', percentile: 95, limitMs }],
      });
      const environment = { ...process.env, K6_BIN: K6 };
      const crossedAt = async (limitMs: number) => {
        const scenario = unwrap(resolveScenario(slo(limitMs)));
        const options = { arrivals: 'rate' as const, environment };
        return unwrap(await runK6(scenario, { url: gateway.url }, options)).crossed;
      };
      expect(await crossedAt(FIRST_TOKEN_MS / 2)).toEqual([
        `busyhour_time_to_first_token_ms{scenario:step_1}: p(95)<=${FIRST_TOKEN_MS / 2}`,
      ]);
      expect(await crossedAt(10_000)).toEqual([]);
    });

    it('runs a sweep of users as steps, each with the name and the load of its point', async () => {
      const load: ScenarioInput['load'] = {
        kind: 'sweep',
        over: 'concurrency',
        values: [1, 4],
        warmUpMs: 0,
        windowMs: 1_500,
        thinkTime: 'none',
      };
      const scenario = scenarioOf('dialog', { load, workload: requests, drainMs: 0 });
      const environment = { ...process.env, K6_BIN: K6 };
      const { result } = unwrap(
        await runK6(scenario, { url: gateway.url }, { arrivals: 'rate', environment }),
      );
      expect(result.steps.map(({ name, load: of }) => [name, of])).toEqual([
        ['step 1', { kind: 'closed', concurrency: 1 }],
        ['step 2', { kind: 'closed', concurrency: 4 }],
      ]);
      const [one, four] = result.steps;
      // A constant service time: four users complete four times as much as one.
      const ratio = (four?.counts.completed ?? 0) / (one?.counts.completed ?? 1);
      expect(ratio).toBeGreaterThan(3);
      expect(ratio).toBeLessThan(5);
    });
  },
);

describe.skipIf(K6 === undefined)(
  `k6 against the inference server (skipped where ${K6_ABSENT})`,
  { timeout: 90_000 },
  () => {
    it('grpc: exactly the requests of the native engine, with the tokens of each timed', async () => {
      const url = `http://${await startEngine()}`;
      const measured = await measureBoth(scenarioOf('grpc', { workload: requests }), url);
      const { k6, native } = measured;
      expect(k6.counts.offered).toBe(native.counts.offered);
      expect(k6.counts).toMatchObject({ completed: k6.counts.offered, byReason: {} });
      expect(k6.tokens).toEqual(native.tokens);
      expect(histogramOf(k6, 'timeToFirstTokenMs')?.count).toBe(k6.counts.completed);
      expect(histogramOf(k6, 'queueWaitMs')?.count).toBe(k6.counts.completed);
      for (const metric of ['wireLatencyMs', 'timeToFirstTokenMs', 'interTokenLatencyMs'] as const)
        expectSameQuartile(measured, metric);
    });

    it('grpc: holds conversations, with their history, under one key each', async () => {
      const url = `http://${await startEngine()}`;
      const measured = await measureBoth(
        scenarioOf('grpc', { workload: { ...conversations, exactOutputTokens: true } }),
        url,
      );
      expectSameWork(measured);
      const { k6, native } = measured;
      const inputPerTurn = (step: ResultStep): number => step.tokens.input / step.counts.completed;
      expect(inputPerTurn(k6) / inputPerTurn(native)).toBeGreaterThan(0.9);
      expect(inputPerTurn(k6) / inputPerTurn(native)).toBeLessThan(1.1);
      expect(k6.tokens.cachedInput > 0).toBe(native.tokens.cachedInput > 0);
    });
  },
);
