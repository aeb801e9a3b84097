import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { deriveCallCentre, readDialogSamples } from '../../scenarios/derive-call-centre.ts';
import {
  formatScenario,
  listScenarios,
  parseScenario,
  readScenario,
  resolveScenario,
  withOverrides,
} from '../../scenarios/scenario.ts';
import { createSampler } from '../../vocabulary/distributions.ts';
import { FAILURES, unwrap } from '../../vocabulary/errors.ts';
import { createRandom } from '../../vocabulary/random.ts';

const STAR = fileURLToPath(new URL('../../../shared/data/dialogs-star/star.jsonl.gz', import.meta.url));

const constant = (value: number) => ({
  distribution: { kind: 'constant', value },
  source: 'assumed for a test',
});
const minimal = () => ({
  name: 'small',
  description: 'Single requests.',
  workload: { kind: 'requests', inputTokens: constant(5), outputTokens: constant(3) },
  load: { kind: 'steps', steps: [{ turnsPerS: 2 }] },
});

const issuesOf = (input: unknown) => {
  const result = resolveScenario(input);
  return result.kind === 'failed' ? result.failure.issues : [];
};

describe('resolving a scenario', () => {
  it('fills in every default and changes nothing that is given', () => {
    const input = minimal();
    const scenario = unwrap(resolveScenario(input));
    expect(input).toEqual(minimal());
    expect(scenario).toMatchObject({
      ...minimal(),
      protocol: 'openai-chat',
      arrivals: { kind: 'poisson' },
      slos: [],
      timeouts: { connectMs: 2_000, firstTokenMs: 30_000, idleMs: 10_000, totalMs: 60_000 },
      seed: 1,
    });
    expect(scenario.load).toMatchObject({
      kind: 'steps',
      steps: [{ turnsPerS: 2, warmUpMs: 2_000, windowMs: 10_000 }],
    });
  });

  it('is printed so that it reads back to the same record', () => {
    for (const name of listScenarios()) {
      const scenario = unwrap(readScenario(name));
      expect(unwrap(parseScenario(formatScenario(scenario), name))).toEqual(scenario);
    }
  });

  it('lists every problem with path, expected, got and fix', () => {
    const issues = issuesOf({
      ...minimal(),
      name: 'Not A Name',
      colour: 'blue',
      arrivals: { kind: 'bursts' },
      seed: -1,
      slos: [{ kind: 'latency', metric: 'latency', percentile: 101, limitMs: 1 }],
      timeouts: { totalMs: 0 },
    });
    expect(issues.map(({ path }) => path).sort()).toEqual([
      '(root)',
      'arrivals.kind',
      'name',
      'seed',
      'slos[0].metric',
      'slos[0].percentile',
      'timeouts.totalMs',
    ]);
    for (const issue of issues) {
      for (const text of [issue.expected, issue.got, issue.fix]) expect(text).not.toBe('');
    }
  });

  it.each([
    ['both rates', { turnsPerS: 1, interactionsPerS: 1 }],
    ['no rate', { windowMs: 10 }],
  ])('refuses a step with %s', (_name, step) => {
    const [issue] = issuesOf({ ...minimal(), load: { kind: 'steps', steps: [step] } });
    expect(issue).toMatchObject({
      path: 'load.steps[0]',
      expected: 'exactly one of interactionsPerS and turnsPerS',
    });
  });

  it.each([
    ['quantiles out of order', { kind: 'quantiles', values: [3, 1] }, 'values'],
    ['too few weights', { kind: 'histogram', values: [1, 2], weights: [1] }, 'weights'],
    ['no weight at all', { kind: 'histogram', values: [1], weights: [0] }, 'weights'],
    ['min above max', { kind: 'exponential', mean: 1, min: 5, max: 2 }, 'min'],
  ])('refuses a distribution with %s', (_name, distribution, field) => {
    const inputTokens = { distribution, source: 's' };
    const issues = issuesOf({ ...minimal(), workload: { ...minimal().workload, inputTokens } });
    expect(issues[0]?.path).toBe(`workload.inputTokens.distribution.${field}`);
  });

  it('wants a source for every distribution', () => {
    const inputTokens = { distribution: { kind: 'constant', value: 1 } };
    expect(issuesOf({ ...minimal(), workload: { ...minimal().workload, inputTokens } })[0]).toMatchObject({
      path: 'workload.inputTokens.source',
      got: 'nothing',
    });
  });

  it('checks overrides like the rest', () => {
    const scenario = unwrap(resolveScenario(minimal()));
    expect(unwrap(withOverrides(scenario, { seed: 9 })).seed).toBe(9);
    expect(withOverrides(scenario, { seed: -9 }).kind).toBe('failed');
  });
});

describe('reading a scenario', () => {
  it('names line and column of a duplicate field', () => {
    const result = parseScenario('name: a\nname: b\n', 'two-names.yaml');
    expect(result).toMatchObject({ failure: { code: 'INVALID_SCENARIO' } });
    expect(result.kind === 'failed' && result.failure.issues[0]?.path).toBe('line 2, column 1');
  });

  it('exits 10 for an invalid, a missing and an unknown scenario, and names those there are', () => {
    const unknown = readScenario('no-such-scenario');
    expect(unknown).toMatchObject({ failure: { code: 'INPUT_NOT_FOUND' } });
    expect(unknown.kind === 'failed' && unknown.failure.hint).toContain('call-centre');
    expect(readScenario('./missing.yaml')).toMatchObject({ failure: { code: 'INPUT_NOT_FOUND' } });
    expect(FAILURES.INVALID_SCENARIO.exitCode).toBe(10);
    expect(FAILURES.INPUT_NOT_FOUND.exitCode).toBe(10);
  });
});

describe('the call-centre scenario', () => {
  const scenario = unwrap(readScenario('call-centre'));

  it('asks for p95 turn latency within 2 s and at most 1 % errors', () => {
    expect(scenario.slos).toEqual([
      { kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 2_000 },
      { kind: 'error-ratio', limitRatio: 0.01 },
    ]);
  });

  it.skipIf(!existsSync(STAR))('has the figures that the STAR dialogs give (needs ../shared/data)', () => {
    const derived = deriveCallCentre(readDialogSamples(STAR));
    expect(scenario.workload).toMatchObject({
      turns: { distribution: derived.turns },
      thinkTimeMs: { distribution: derived.thinkTimeMs },
      userTokens: { distribution: derived.userTokens },
      outputTokens: { distribution: derived.outputTokens },
    });
  });

  it.skipIf(!existsSync(STAR))(
    'draws quantities with the means of the dialogs (needs ../shared/data)',
    () => {
      const samples = readDialogSamples(STAR);
      const { workload } = scenario;
      if (workload.kind !== 'conversations') throw new Error('call-centre is about conversations');
      const pairs = [
        [workload.turns, samples.turns],
        [workload.thinkTimeMs, samples.thinkTimeMs],
        [workload.userTokens, samples.userWords],
        [workload.outputTokens, samples.agentWords],
      ] as const;
      for (const [drawn, observed] of pairs) {
        const sampler = createSampler(drawn.distribution);
        const random = createRandom(5);
        let sum = 0;
        for (let i = 0; i < 40_000; i++) sum += sampler(random);
        const mean = observed.reduce((total, value) => total + value, 0) / observed.length;
        expect(Math.abs(sum / 40_000 / mean - 1)).toBeLessThan(0.02);
      }
    },
  );
});
