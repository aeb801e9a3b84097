import { describe, expect, test } from 'vitest';
import { objectiveIssues } from '../../../planner/plausible/objectives.ts';
import { resultIssues } from '../../../planner/plausible/results.ts';
import type { ResultFile, ResultStep } from '../../../vocabulary/result-file.ts';
import type { Slo } from '../../../vocabulary/slo.ts';
import { buildResult, llamaResult, SLOS, simulatedResult } from '../fixtures/result.ts';

const base = (): ResultFile =>
  buildResult({
    engine: 'simulated',
    rates: [10, 20],
    servicePerS: 40,
    runId: 'r',
    step: { gatewayCpuSPerTurn: 0.004, kv: { held: 10, capacity: 100 } },
  });

const withStep = (change: (step: ResultStep) => ResultStep): ResultFile => {
  const result = base();
  return { ...result, steps: result.steps.map((step, index) => (index === 1 ? change(step) : step)) };
};

const server = (step: ResultStep) => {
  if (step.server === undefined) throw new Error('no server');
  return step.server;
};

describe('figures that no run can have measured', () => {
  test('real ones can be', () => {
    expect(resultIssues([llamaResult(), simulatedResult(), base()])).toEqual([]);
  });

  test.each<[string, ResultFile]>([
    [
      'shape.meanTurnsPerInteraction',
      { ...base(), shape: { ...base().shape, meanTurnsPerInteraction: 1e9 } },
    ],
    ['shape.meanThinkTimeMs', { ...base(), shape: { ...base().shape, meanThinkTimeMs: 1e12 } }],
    ['target.replicas', { ...base(), target: { ...base().target, replicas: 2 ** 40 } }],
    ['steps[1].windowMs', withStep((step) => ({ ...step, windowMs: 1e-300 }))],
    ['steps[1].inFlight.mean', withStep((step) => ({ ...step, inFlight: { mean: 1e300, max: 1 } }))],
    [
      'steps[1].tokens.output',
      withStep((step) => ({ ...step, tokens: { ...step.tokens, output: 2 ** 52 } })),
    ],
    [
      'steps[1].server.resources[0].cpuCores',
      withStep((step) => ({
        ...step,
        server: {
          ...server(step),
          resources: server(step).resources.map((use) => ({ ...use, cpuCores: 1e9 })),
        },
      })),
    ],
    [
      'steps[1].server.gauges.engine.kvTokens',
      withStep((step) => ({
        ...step,
        server: {
          ...server(step),
          gauges: { ...server(step).gauges, 'engine.kvTokens': { samples: 1, mean: 1, max: -5 } },
        },
      })),
    ],
  ])('%s is named with its run', (path, result) => {
    const issues = resultIssues([base(), result]);
    expect(issues.map((issue) => issue.path)).toEqual([`results r.${path}`]);
    expect(issues[0]?.fix).toContain('measure again');
  });
});

describe('objectives that are none', () => {
  const latency = (changes: object): Slo =>
    ({ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 2000, ...changes }) as Slo;

  test('those of a plan are, a limit that is no number or a percentile of 100 are not', () => {
    expect(objectiveIssues(SLOS)).toEqual([]);
    for (const changes of [
      { limitMs: Number.NaN },
      { limitMs: 0 },
      { percentile: 100 },
      { metric: 'speed' },
    ]) {
      const [issue] = objectiveIssues([latency({}), latency(changes)]);
      expect(issue?.path).toBe(`slos[1].${Object.keys(changes)[0]}`);
    }
  });
});
