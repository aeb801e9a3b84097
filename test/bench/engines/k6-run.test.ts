import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { importK6 } from '../../../bench/engines/k6/import-k6.ts';
import { type K6RunOptions, runK6 } from '../../../bench/engines/k6/run-k6.ts';
import { type GroundTruthProcess, spawnGroundTruth } from '../../../bench/ground-truth/spawn.ts';
import { histogramOf } from '../../../bench/judge/read-step.ts';
import { type OwnedProcess, startProcess } from '../../../cli/processes.ts';
import { resolveScenario, type Scenario, type ScenarioInput } from '../../../scenarios/scenario.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { parseResultFile, type ResultFile } from '../../../vocabulary/result-file.ts';
import { K6_ABSENT, k6OnThisMachine } from '../../support/k6.ts';

const K6 = k6OnThisMachine();
const ROOT = join(import.meta.dirname, '../../..');
const FIRST_TOKEN_MS = 40;
const TOKEN_GAP_MS = 10;
const TOKENS = 4;
/** Of a whole stream, by the server's constants. */
const STREAM_MS = FIRST_TOKEN_MS + (TOKENS - 1) * TOKEN_GAP_MS;

const constant = (value: number) => ({ distribution: { kind: 'constant' as const, value }, source: 'test' });

const scenarioOf = (overrides: Partial<ScenarioInput> = {}): Scenario =>
  unwrap(
    resolveScenario({
      name: 'k6-truth',
      description: 'Streams of a constant pace.',
      workload: { kind: 'requests', inputTokens: constant(5), outputTokens: constant(TOKENS) },
      load: { kind: 'steps', steps: [{ turnsPerS: 40, warmUpMs: 500, windowMs: 2_000 }] },
      timeouts: { totalMs: 1_000 },
      drainMs: 0,
      slos: [{ kind: 'latency', metric: 'wireLatencyMs', percentile: 95, limitMs: 900 }],
      ...overrides,
    }),
  );

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'busyhour-k6-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const optionsOf = (more: Partial<K6RunOptions> = {}): K6RunOptions => ({
  arrivals: 'rate',
  environment: { ...process.env, K6_BIN: K6 },
  ...more,
});

const stepOf = (result: ResultFile) => {
  const [step] = result.steps;
  if (step === undefined) throw new Error('no step');
  return step;
};

describe.skipIf(K6 === undefined)(`k6 itself (skipped where ${K6_ABSENT})`, { timeout: 60_000 }, () => {
  let truth: GroundTruthProcess;
  beforeAll(async () => {
    truth = await spawnGroundTruth({
      firstTokenMs: FIRST_TOKEN_MS,
      tokenGapMs: TOKEN_GAP_MS,
      outputTokens: TOKENS,
    });
  });
  afterAll(() => truth.close());

  it('sends the rate asked for and finds the time of a stream, its tokens counted', async () => {
    const { result, crossed } = unwrap(await runK6(scenarioOf(), { url: truth.url }, optionsOf()));
    const step = stepOf(result);
    expect(step.counts.offered).toBeGreaterThanOrEqual(78);
    expect(step.counts.offered).toBeLessThanOrEqual(82);
    expect(step.counts.completed).toBe(step.counts.offered);
    const wire = histogramOf(step, 'wireLatencyMs');
    expect(wire?.minMs).toBeGreaterThanOrEqual(STREAM_MS - 1);
    expect(wire?.percentileMs(50)).toBeLessThan(STREAM_MS * 1.3);
    expect(step.tokens.output).toBe(TOKENS * step.counts.completed);
    expect(step.tokens.requestsWithUsage).toBe(step.counts.completed);
    expect(step.interactions.started).toBe(step.counts.offered);
    expect(step.histograms.latencyMs).toBeUndefined();
    expect(step.histograms.timeToFirstTokenMs).toBeUndefined();
    expect(crossed).toEqual([]);
    const notes = result.importedFrom?.notes.join('\n') ?? '';
    expect(notes).toContain('interpolate');
    expect(notes).toContain('no TTFT');
    expect(parseResultFile(JSON.stringify(result), 'it').kind).toBe('ok');
  });

  it('keeps our schedule, and then latency counts from the instant each request was due', async () => {
    const { result } = unwrap(
      await runK6(scenarioOf(), { url: truth.url }, optionsOf({ arrivals: 'schedule' })),
    );
    const step = stepOf(result);
    const [latency, wire] = [histogramOf(step, 'latencyMs'), histogramOf(step, 'wireLatencyMs')];
    expect(latency?.count).toBe(step.counts.completed);
    expect(latency?.meanMs ?? 0).toBeGreaterThanOrEqual(wire?.meanMs ?? Number.POSITIVE_INFINITY);
    expect(histogramOf(step, 'scheduleSlipMs')?.percentileMs(50)).toBeLessThan(10);
    expect(step.counts.offered).toBeGreaterThan(45);
  });

  it('holds a conversation: as many turns as drawn, with history and think time', async () => {
    const conversation: ScenarioInput['workload'] = {
      kind: 'conversations',
      turns: constant(3),
      thinkTimeMs: constant(100),
      userTokens: constant(4),
      outputTokens: constant(TOKENS),
      systemPromptTokens: constant(2),
    };
    const load: ScenarioInput['load'] = {
      kind: 'closed',
      steps: [{ concurrency: 4, warmUpMs: 0, windowMs: 2_000 }],
    };
    const scenario = scenarioOf({ workload: conversation, load });
    const { result } = unwrap(await runK6(scenario, { url: truth.url }, optionsOf()));
    const step = stepOf(result);
    // A cycle is three answers and two thoughts: 4 users turn over 3 answers in each.
    const cycleMs = 3 * (histogramOf(step, 'wireLatencyMs')?.meanMs ?? 0) + 2 * 100;
    expect(step.counts.offered / ((4 * 3 * 2_000) / cycleMs)).toBeGreaterThan(0.8);
    expect(step.counts.offered / ((4 * 3 * 2_000) / cycleMs)).toBeLessThan(1.2);
    // Prompts of 6, 6 + 4 + 4 and 6 + 2 × (4 + 4) words: 14 on average over whole conversations.
    expect(step.tokens.input / step.counts.completed).toBeGreaterThan(12);
    expect(step.tokens.input / step.counts.completed).toBeLessThan(16);
    expect(step.inFlight.max).toBeLessThanOrEqual(4);
  });

  it('counts interactions that found no virtual user as dropped, and offered is still the sum', async () => {
    const { result } = unwrap(await runK6(scenarioOf({ maxInFlight: 1 }), { url: truth.url }, optionsOf()));
    const { counts } = stepOf(result);
    expect(counts.dropped).toBeGreaterThan(20);
    expect(counts.offered).toBe(counts.completed + counts.failed + counts.timedOut + counts.dropped);
    expect(counts.offered).toBeGreaterThan(70);
    expect(result.diagnostics.map(({ code }) => code)).toContain('DROPPED_ARRIVALS');
  });

  it('says which threshold was crossed, and counts requests beyond their limit as timed out', async () => {
    const scenario = scenarioOf({
      timeouts: { totalMs: STREAM_MS / 2 },
      slos: [{ kind: 'error-ratio', limitRatio: 0.1 }],
      load: { kind: 'steps', steps: [{ turnsPerS: 20, warmUpMs: 0, windowMs: 1_000 }] },
    });
    const { result, crossed } = unwrap(await runK6(scenario, { url: truth.url }, optionsOf()));
    expect(stepOf(result).counts.timedOut).toBe(stepOf(result).counts.offered);
    expect(crossed).toEqual(['busyhour_failed{scenario:step_1}: rate<=0.1']);
  });

  it('ends soon when told to, with a partial result of what ran', async () => {
    const scenario = scenarioOf({
      load: { kind: 'steps', steps: [{ turnsPerS: 20, warmUpMs: 0, windowMs: 30_000 }] },
    });
    const signal = AbortSignal.timeout(3_000);
    const { result } = unwrap(await runK6(scenario, { url: truth.url }, optionsOf({ signal })));
    expect(result.state).toBe('partial');
    expect(stepOf(result).counts.completed).toBeGreaterThan(5);
    expect(stepOf(result).counts.offered).toBeLessThan(300);
  });

  it('imports the run of a script that is not ours, from its plain HTTP metrics, gzipped too', async () => {
    const folder = scratch();
    const [script, points, summary] = ['s.js', 'p.json', 's.json'].map((file) => join(folder, file)) as [
      string,
      string,
      string,
    ];
    writeFileSync(
      script,
      `import http from 'k6/http';
       export const options = { vus: 2, iterations: 10 };
       export default () => http.post('${truth.url}/plain', '{}');`,
    );
    const args = [
      'run',
      '--quiet',
      '--no-usage-report',
      '--summary-export',
      summary,
      '--out',
      `json=${points}`,
      script,
    ];
    expect(spawnSync(K6 ?? '', args).status).toBe(0);
    const { result } = unwrap(await importK6({ summaryPath: summary, pointsPath: points }));
    const step = stepOf(result);
    expect(step.name).toBe('default');
    expect(step.counts).toMatchObject({ offered: 10, completed: 10 });
    const wire = histogramOf(step, 'wireLatencyMs');
    const exported = JSON.parse(readFileSync(summary, 'utf8')) as {
      metrics: Record<string, Record<string, number>>;
    };
    const { http_req_duration: duration, http_req_blocked: blocked } = exported.metrics;
    expect(wire?.meanMs).toBeCloseTo((duration?.avg ?? 0) + (blocked?.avg ?? 0), 3);
    const packed = `${points}.gz`;
    writeFileSync(packed, gzipSync(readFileSync(points)));
    expect(unwrap(await importK6({ pointsPath: packed })).result.steps).toEqual(result.steps);
    const damaged = join(scratch(), 'damaged.json');
    for (const plan of ['{"seed":', '{"seed":-1,"arrivals":"poisson","notes":[],"steps":[]}']) {
      const data = { time: new Date(0).toISOString(), value: 0, tags: {}, metadata: { busyhour_plan: plan } };
      const point = { metric: 'busyhour_step_started_at_unix_ms', type: 'Point', data };
      writeFileSync(damaged, `${readFileSync(points, 'utf8')}${JSON.stringify(point)}\n`);
      expect(await importK6({ pointsPath: damaged })).toMatchObject({
        kind: 'failed',
        failure: { code: 'INVALID_IMPORT', message: expect.stringContaining('the plan in the points') },
      });
    }
    const only = unwrap(await importK6({ summaryPath: summary })).result;
    expect(only.steps).toEqual([]);
    expect(only.importedFrom?.notes.join('\n')).toContain('http_req_duration');
  });

  it('lists the lines of a file that are no points', async () => {
    const path = join(scratch(), 'points.json');
    writeFileSync(path, '{"metric":"x"}\nnonsense\n');
    const imported = await importK6({ pointsPath: path });
    expect(imported).toMatchObject({
      kind: 'failed',
      failure: { code: 'INVALID_IMPORT', issues: [{ path: 'line 1' }, { path: 'line 2' }] },
    });
  });
});

describe.skipIf(K6 === undefined)(
  `the k6 scripts against the gateway (skipped where ${K6_ABSENT})`,
  { timeout: 90_000 },
  () => {
    const started: OwnedProcess[] = [];
    let url = '';
    const start = async (args: readonly string[]): Promise<OwnedProcess> => {
      const spec = { name: String(args[0]), args: [...args, '--port', '0'], readyTimeoutMs: 30_000 };
      const owned = unwrap(await startProcess(spec, new AbortController().signal));
      started.unshift(owned);
      return owned;
    };
    beforeAll(async () => {
      const worker = await start(['inference', '--engine', 'simulated']);
      const gateway = await start(['serve', '--inference', String(worker.ready.address), '--no-keyword']);
      url = String(gateway.ready.url);
    }, 60_000);
    afterAll(async () => {
      for (const owned of started) await owned.stop();
    });

    /** How quick a simulated engine answers on this machine is not what the scripts are held to. */
    const ANY_LATENCY = { P95_MS: '60000' };

    const run = (name: string, environment: Readonly<Record<string, string>>, ...more: readonly string[]) => {
      const variables = Object.entries({ ...environment, BASE_URL: url });
      const flags = variables.flatMap(([key, value]) => ['-e', `${key}=${value}`]);
      const script = join(ROOT, `scenarios/k6/${name}.ts`);
      const args = ['run', '--quiet', '--no-usage-report', ...more, ...flags, script];
      return spawnSync(K6 ?? '', args, { encoding: 'utf8' });
    };

    it('exits 99, as k6 does, where a threshold is crossed', () => {
      const { status, stderr } = run('smoke', { DURATION_S: '1', P95_MS: '0.001' });
      expect(status, stderr).toBe(99);
      expect(stderr).toContain('http_req_duration');
    });

    it.for([
      ['smoke', { DURATION_S: '2' }],
      ['stress', { PEAK_PER_S: '5', STEP_S: '1' }],
      ['spike', { BASE_PER_S: '1', PEAK_PER_S: '5', CALM_S: '1', PEAK_S: '1' }],
      ['soak', { RATE_PER_S: '2', DURATION_S: '2' }],
      ['conversation', { CUSTOMERS: '2', DURATION_S: '2', TURNS: '2', THINK_S: '0.2' }],
    ] as const)('%s runs and every check passes', ([name, environment]) => {
      const summary = join(scratch(), 'summary.json');
      const { status, stderr } = run(name, { ...environment, ...ANY_LATENCY }, '--summary-export', summary);
      expect(status, stderr).toBe(0);
      const { metrics } = JSON.parse(readFileSync(summary, 'utf8')) as {
        metrics: Record<string, Record<string, number>>;
      };
      expect(metrics.checks?.fails).toBe(0);
      expect(metrics.checks?.passes).toBeGreaterThan(3);
      expect(metrics.http_reqs?.count).toBeGreaterThan(2);
    });
  },
);
