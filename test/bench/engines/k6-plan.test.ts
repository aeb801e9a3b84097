import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findK6 } from '../../../bench/engines/k6/binary.ts';
import { outcomeOf } from '../../../bench/engines/k6/outcomes.ts';
import { createK6Plan, type K6Plan, type K6PlanOptions } from '../../../bench/engines/k6/plan.ts';
import { parseInstantMs } from '../../../bench/engines/k6/points.ts';
import { renderK6Script } from '../../../bench/engines/k6/script.ts';
import { parseK6Summary } from '../../../bench/engines/k6/summary.ts';
import { thresholdsFrom } from '../../../bench/engines/k6/thresholds.ts';
import {
  listScenarios,
  readScenario,
  resolveScenario,
  type ScenarioInput,
} from '../../../scenarios/scenario.ts';
import { unwrap } from '../../../vocabulary/errors.ts';

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
    const { thresholds, notes } = thresholdsFrom(rate.scenario.slos, rate.steps);
    expect(thresholds).toEqual({
      'busyhour_wire_latency_ms{scenario:step_1}': ['p(95)<=800'],
      'busyhour_failed{scenario:step_1}': ['rate<=0.02'],
    });
    expect(notes).toEqual(['no threshold for timeToFirstTokenMs: k6 does not time tokens']);
    const scheduled = planOf({}, { arrivals: 'schedule' });
    expect(Object.keys(thresholdsFrom(scheduled.scenario.slos, scheduled.steps).thresholds)).toContain(
      'busyhour_latency_ms{scenario:step_1}',
    );
  });

  it('is refused where k6 cannot: a search without a rate, a protocol it does not speak', () => {
    const search = createK6Plan(unwrap(resolveScenario({ ...BASE, load: { kind: 'find-capacity' } })), {
      arrivals: 'rate',
    });
    expect(search).toMatchObject({ kind: 'failed', failure: { code: 'USAGE' } });
    const dialog = createK6Plan(unwrap(resolveScenario({ ...BASE, protocol: 'dialog' })), {
      arrivals: 'rate',
    });
    expect(dialog).toMatchObject({
      kind: 'failed',
      failure: { code: 'INVALID_SCENARIO', issues: [{ path: 'protocol' }] },
    });
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

  it('can be written for the chat scenarios of the library', () => {
    const scenarios = listScenarios().map((name) => unwrap(readScenario(name)));
    const chats = scenarios.filter(
      ({ protocol, arrivals }) => protocol === 'openai-chat' && arrivals.kind !== 'trace',
    );
    expect(chats.length).toBeGreaterThan(0);
    for (const scenario of chats) {
      const plan = createK6Plan(scenario, { arrivals: 'rate', turnsPerS: 5 });
      expect(plan.kind, scenario.name).toBe('ok');
    }
  });
});

describe('what k6 says', () => {
  it.for([
    [{ status: '200' }, '', { state: 'completed' }],
    [{ status: '200' }, 'incomplete-stream', { state: 'failed', code: 'incomplete-stream' }],
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
    expect(outcomeOf(tags, problem)).toMatchObject(outcome);
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
