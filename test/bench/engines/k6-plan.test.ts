import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findK6 } from '../../../bench/engines/k6/binary.ts';
import { outcomeOf } from '../../../bench/engines/k6/outcomes.ts';
import { createK6Plan, type K6Plan, type K6PlanOptions } from '../../../bench/engines/k6/plan.ts';
import { parseInstantMs } from '../../../bench/engines/k6/points.ts';
import { writeScript } from '../../../bench/engines/k6/run-k6.ts';
import { companionsOf, renderK6Script } from '../../../bench/engines/k6/script.ts';
import { parseK6Summary } from '../../../bench/engines/k6/summary.ts';
import { thresholdsFrom } from '../../../bench/engines/k6/thresholds.ts';
import {
  listScenarios,
  readScenario,
  resolveScenario,
  type ScenarioInput,
} from '../../../scenarios/scenario.ts';
import { ok, unwrap } from '../../../vocabulary/errors.ts';

const ROOT = join(import.meta.dirname, '../../..');
const constant = (value: number) => ({ distribution: { kind: 'constant' as const, value }, source: 'test' });

const BASE: ScenarioInput = {
  name: 'k',
  description: 'For k6.',
  protocol: 'openai-chat',
  workload: { kind: 'requests', inputTokens: constant(5), outputTokens: constant(4) },
  load: { kind: 'steps', steps: [{ turnsPerS: 7.5, warmUpMs: 1_000, windowMs: 9_000 }] },
  slos: [
    { kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 800 },
    { kind: 'latency', metric: 'timeToFirstTokenMs', percentile: 99, limitMs: 300 },
    { kind: 'error-ratio', limitRatio: 0.02 },
  ],
};

const planOf = (overrides: Partial<ScenarioInput> = {}, options: Partial<K6PlanOptions> = {}): K6Plan =>
  unwrap(createK6Plan(unwrap(resolveScenario({ ...BASE, ...overrides })), { arrivals: 'rate', ...options }));

const executorOf = (plan: K6Plan, i = 0) => plan.steps[i]?.executor;

describe('what k6 is told', () => {
  it('is a constant arrival rate with its fraction kept, and says that Poisson arrivals are burstier', () => {
    const plan = planOf();
    expect(executorOf(plan)).toMatchObject({
      executor: 'constant-arrival-rate',
      rate: 7_500,
      timeUnit: '1000s',
      duration: '10000ms',
    });
    expect(plan.notes.join('\n')).toContain('poisson arrivals are burstier');
    expect(planOf({ arrivals: { kind: 'constant' } }).notes.join('\n')).not.toContain('burstier');
  });

  it('follows a ramp: its stages hold as many arrivals as the integral of the rate', () => {
    const arrivals = { kind: 'ramp' as const, fromMultiplier: 0, toMultiplier: 2, durationMs: 10_000 };
    const executor = executorOf(planOf({ arrivals }));
    if (executor?.executor !== 'ramping-arrival-rate') throw new Error('no ramp');
    let from = executor.startRate;
    let arrived = 0;
    for (const { target, duration } of executor.stages) {
      arrived += ((from + target) / 2 / 1_000) * (Number(duration.replace('ms', '')) / 1_000);
      from = target;
    }
    // ∫ of 7.5/s × t/5 s over 10 s.
    expect(arrived).toBeGreaterThan(74);
    expect(arrived).toBeLessThan(76);
  });

  it('is a number of users for a closed loop, one k6 scenario a step, each after the other', () => {
    const load: ScenarioInput['load'] = { kind: 'closed', steps: [{ concurrency: 3 }, { concurrency: 9 }] };
    const { steps } = planOf({ load });
    expect(steps.map(({ executor }) => executor)).toMatchObject([
      { executor: 'constant-vus', vus: 3 },
      { executor: 'constant-vus', vus: 9 },
    ]);
    expect(steps[1]?.startsAtMs).toBeGreaterThanOrEqual(12_000);
  });

  it('is the schedule of the native engine where asked for: as many as a Poisson process has, in order', () => {
    const plan = planOf({}, { arrivals: 'schedule', durationMs: 99_000 });
    const instants = plan.shapes.map(({ at }) => at ?? -1);
    expect(instants).toEqual([...instants].sort((a, b) => a - b));
    expect(Math.min(...instants)).toBeGreaterThanOrEqual(0);
    // 750 expected, standard deviation 27: five of them either way.
    expect(Math.abs(instants.length - 750)).toBeLessThan(137);
    expect(executorOf(plan)).toMatchObject({ executor: 'shared-iterations', iterations: instants.length });
  });

  it('holds objectives as thresholds, latency from the send where no schedule is known, and says which it cannot', () => {
    const rate = planOf();
    const { thresholds, notes } = thresholdsFrom(rate.scenario.slos, rate.steps, 'openai-chat');
    expect(thresholds).toEqual({
      'busyhour_wire_latency_ms{scenario:step_1}': ['p(95)<=800'],
      'busyhour_failed{scenario:step_1}': ['rate<=0.02'],
    });
    expect(notes).toEqual(['no threshold for timeToFirstTokenMs: k6 does not time tokens']);
    const scheduled = planOf({}, { arrivals: 'schedule' });
    const { slos } = scheduled.scenario;
    expect(Object.keys(thresholdsFrom(slos, scheduled.steps, 'http').thresholds)).toContain(
      'busyhour_latency_ms{scenario:step_1}',
    );
    // Where the script sees tokens come, it keeps their time for the objective that asks.
    const timed = thresholdsFrom(slos, scheduled.steps, 'grpc');
    expect(timed.thresholds['busyhour_time_to_first_token_ms{scenario:step_1}']).toEqual(['p(99)<=300']);
    expect(timed).toMatchObject({
      tokenTrends: [['timeToFirstTokenMs', 'busyhour_time_to_first_token_ms']],
      notes: [],
    });
    const fromSend = thresholdsFrom(slos, rate.steps, 'websocket');
    expect(fromSend.tokenTrends.map(([span]) => span)).toEqual(['wireTimeToFirstTokenMs']);
  });

  it('is refused where k6 cannot: a search without a rate, a comparison of two targets', () => {
    const refusalOf = (load: ScenarioInput['load']) =>
      createK6Plan(unwrap(resolveScenario({ ...BASE, load })), { arrivals: 'rate' });
    for (const kind of ['find-capacity', 'calibrate'] as const) {
      expect(refusalOf({ kind })).toMatchObject({
        kind: 'failed',
        failure: { code: 'USAGE', message: expect.stringContaining('decides while it runs') },
      });
    }
    expect(refusalOf({ kind: 'ab', turnsPerS: 5 })).toMatchObject({
      kind: 'failed',
      failure: { code: 'USAGE', message: expect.stringContaining('compares two') },
    });
  });

  it('is refused where k6 has no step so short, each with its length', () => {
    const steps = [400, 2_000, 600].map((windowMs) => ({ turnsPerS: 5, warmUpMs: 100, windowMs }));
    const scenario = unwrap(resolveScenario({ ...BASE, load: { kind: 'steps', steps } }));
    expect(createK6Plan(scenario, { arrivals: 'rate' })).toMatchObject({
      kind: 'failed',
      failure: {
        code: 'USAGE',
        issues: [
          { path: 'step 1', got: '500 ms' },
          { path: 'step 3', got: '700 ms' },
        ],
      },
    });
  });

  it('is every point of a sweep, repeated where the plan repeats, in the order of the native engine', () => {
    const range = { from: 2, to: 8, points: 3 };
    const open = planOf({ load: { kind: 'sweep', over: 'turnsPerS', range, replications: 2 } });
    expect(
      open.steps.map(({ name, block, load }) => [name, block, load.kind === 'open' && load.turnsPerS]),
    ).toEqual(
      // Each the same ratio above the one before: 2, 4 and 8.
      [2, 4, 8].flatMap((turnsPerS, i) =>
        [0, 1].map((block) => [`step ${i + 1} r${block + 1}`, block, expect.closeTo(turnsPerS, 9)]),
      ),
    );
    expect(open.notes.join('\n')).toContain('every point of the sweep is run');
    const closed = planOf({
      load: { kind: 'sweep', over: 'concurrency', values: [5, 1], stopAfterMisses: 0 },
    });
    expect(closed.steps.map(({ executor }) => executor)).toMatchObject([
      { executor: 'constant-vus', vus: 5 },
      { executor: 'constant-vus', vus: 1 },
    ]);
    expect(closed.notes.join('\n')).not.toContain('every point');
  });

  it('repeats steps as often as the plan says, the first time with the schedule of one time', () => {
    const instantsOf = ({ steps, shapes }: K6Plan, step: number) => {
      const { firstShape = 0, shapes: count = 0 } = steps[step] ?? {};
      return shapes.slice(firstShape, firstShape + count).map(({ at }) => at);
    };
    const steps = [{ turnsPerS: 7.5, warmUpMs: 1_000, windowMs: 9_000 }];
    const once = planOf({ load: { kind: 'steps', steps } }, { arrivals: 'schedule' });
    const twice = planOf({ load: { kind: 'steps', steps, replications: 2 } }, { arrivals: 'schedule' });
    expect(twice.steps.map(({ name, block }) => [name, block])).toEqual([
      ['step 1 r1', 0],
      ['step 1 r2', 1],
    ]);
    expect(instantsOf(twice, 0)).toEqual(instantsOf(once, 0));
    expect(instantsOf(twice, 1)).not.toEqual(instantsOf(once, 0));
  });

  it('says what of a scenario a script leaves out', () => {
    const { actions } = unwrap(readScenario('failover'));
    expect(actions.length).toBeGreaterThan(0);
    const notes = planOf({ workload: { ...BASE.workload, tokenCount: 'target' }, actions }).notes.join('\n');
    expect(notes).toContain('tokenizer is not asked');
    expect(notes).toContain('are not carried out');
  });
});

describe('the script', () => {
  it('is the same bytes for the same plan, and others for another seed', () => {
    const scriptOf = (seed: number): string =>
      renderK6Script(planOf({}, { seed, arrivals: 'schedule' }), { url: 'http://127.0.0.1:1' });
    expect(scriptOf(4)).toBe(scriptOf(4));
    expect(scriptOf(4)).not.toBe(scriptOf(5));
  });

  it('imports nothing but k6', () => {
    const script = renderK6Script(planOf(), { url: 'http://127.0.0.1:1' });
    const sources = [...script.matchAll(/^import .* from '([^']+)'/gm)].map((match) => match[1] ?? '');
    expect(sources.length).toBeGreaterThan(3);
    expect(sources.filter((source) => !/^k6(\/|$)/.test(source))).toEqual([]);
  });

  it('can be written for every scenario of the library, whatever it speaks', () => {
    for (const name of listScenarios()) {
      const scenario = unwrap(readScenario(name));
      const plan = createK6Plan(scenario, { arrivals: 'rate', turnsPerS: 5, durationMs: 5_000 });
      expect(plan.kind, name).toBe('ok');
    }
  });

  it('has its interface beside it for gRPC alone, and within it for whoever has the script alone', () => {
    expect(companionsOf(planOf())).toEqual([]);
    const plan = planOf({ protocol: 'grpc' });
    const [companion] = companionsOf(plan);
    const script = renderK6Script(plan, { url: 'http://127.0.0.1:1' });
    const taken = execFileSync('sed', ['-n', 's,^//proto ,,p'], { input: script, encoding: 'utf8' });
    expect(taken).toBe(companion?.text);
    expect(taken).toContain('rpc GenerateStream');
    const folder = mkdtempSync(join(tmpdir(), 'busyhour-k6-plan-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const beside = join(folder, companion?.name ?? '');
    expect(writeScript(join(folder, 's.js'), plan, { url: 'http://127.0.0.1:1' })).toEqual(ok([beside]));
    expect(readFileSync(beside, 'utf8')).toBe(companion?.text);
    // A folder that is a file: told as a failure, as every other output is.
    expect(writeScript(join(beside, 's.js'), plan, { url: 'http://127.0.0.1:1' }).kind).toBe('failed');
  });
});

describe('what k6 says', () => {
  it.for([
    [{ status: '200' }, '', { state: 'completed' }],
    [{ status: '200' }, 'incomplete-stream', { state: 'failed', code: 'incomplete-stream' }],
    [{ status: '200', error_code: '1220' }, '', { state: 'failed', code: 'incomplete-stream' }],
    [{ status: '0', error_code: '1050' }, 'timed-out:patience', { state: 'timed-out', phase: 'patience' }],
    [{}, 'whole', { state: 'completed' }],
    [{}, 'timed-out:first-token', { state: 'timed-out', phase: 'first-token' }],
    [{}, 'transport', { state: 'failed', code: 'connection-reset' }],
    [{ status: '302' }, '', { state: 'failed', code: 'malformed-response' }],
    [{ status: '429', error_code: '1429' }, '', { state: 'failed', code: 'http-rate-limited' }],
    [{ status: '503', error_code: '1503' }, '', { state: 'failed', code: 'http-overloaded' }],
    [{ status: '0', error_code: '1050' }, '', { state: 'timed-out', phase: 'total' }],
    [{ status: '0', error_code: '1211' }, '', { state: 'timed-out', phase: 'connect' }],
    [{ status: '0', error_code: '1212' }, '', { state: 'failed', code: 'connect-refused' }],
    [{ status: '0', error_code: '1220' }, '', { state: 'failed', code: 'connection-reset' }],
    [{ status: '0', error_code: '1101' }, '', { state: 'failed', code: 'dns-error' }],
    [{ status: '0', error_code: '1310' }, '', { state: 'failed', code: 'tls-error' }],
  ] as const)('of a request becomes an outcome: %j', ([tags, problem, outcome]) => {
    expect(outcomeOf(tags, { answer: problem })).toMatchObject(outcome);
  });

  it('of instants is read to the microsecond', () => {
    expect(parseInstantMs('1970-01-01T00:00:01.500250125Z')).toBeCloseTo(1_500.250125, 6);
    expect(parseInstantMs('1970-01-01T02:00:01+02:00')).toBe(1_000);
    expect(parseInstantMs('yesterday')).toBeUndefined();
  });

  it('of thresholds is read from both kinds of summary', () => {
    const exported = { metrics: { a: { 'p(95)': 3, thresholds: { 'p(95)<2': true, 'p(95)<9': false } } } };
    const handled = {
      metrics: { a: { type: 'trend', values: { 'p(95)': 3 }, thresholds: { 'p(95)<2': { ok: false } } } },
      state: { testRunDurationMs: 1_234.5 },
    };
    for (const summary of [exported, handled]) {
      const read = unwrap(parseK6Summary(JSON.stringify(summary), 'it'));
      expect(read.crossed).toEqual(['a: p(95)<2']);
      expect(read.metrics.a).toEqual({ 'p(95)': 3 });
    }
  });
});

describe('without k6', () => {
  it('says how to get it', async () => {
    const absent = await findK6({ PATH: '/nowhere' });
    expect(absent).toMatchObject({ kind: 'failed', failure: { code: 'TOOL_MISSING' } });
    if (absent.kind === 'failed') expect(absent.failure.hint).toContain('go install go.k6.io/k6@v');
    const wrong = await findK6({ K6_BIN: '/nowhere/k6', PATH: process.env.PATH });
    expect(wrong).toMatchObject({
      kind: 'failed',
      failure: { message: expect.stringContaining('/nowhere/k6') },
    });
  });

  it('checks the types of its scripts under their own configuration', () => {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    expect(() => execFileSync(process.execPath, [tsc, '-p', join(ROOT, 'scenarios/k6')])).not.toThrow();
  });
});
