import { describe, expect, test } from 'vitest';
import {
  basisOf,
  groupMeasurements,
  referenceMeasurement,
  selectMeasurement,
} from '../../../planner/calibrate/measurements.ts';
import type { ResultFile } from '../../../vocabulary/result-file.ts';
import { buildResult, llamaResult, SLOS, simulatedResult } from '../fixtures/result.ts';

const group = (...results: ResultFile[]) => groupMeasurements(results, SLOS);

const TRACE = {
  source: 'calls.csv',
  format: 'csv',
  sha256: 'abc',
  requests: 1000,
  spanMs: 100_000,
  meanRequestsPerS: 10,
  gapCv: 1,
  indexOfDispersion: { '60': 1 },
  busiest60SRequestsPerS: 12,
  meanInputTokens: 500,
  meanOutputTokens: 100,
};

const llama = (changes: Partial<Parameters<typeof buildResult>[0]> = {}) =>
  buildResult({ engine: 'llama', rates: [5, 10, 17, 19], servicePerS: 20, ...changes });

describe('results that belong together', () => {
  test('runs of one target under one workload make one curve', () => {
    const [only, ...others] = group(
      llama({ rates: [5, 10], runId: 'a' }),
      llama({ rates: [17, 19], runId: 'b' }),
    );
    expect(others).toEqual([]);
    expect(only?.curve.points).toHaveLength(4);
    expect(only?.curve.capacity.kind).toBe('bracketed');
    // Each alone could not place the crossing.
    expect(group(llama({ rates: [17, 19] }))[0]?.curve.capacity.kind).toBe('refused');
  });

  test('another target, hardware, number of replicas, shape or trace is another curve', () => {
    const results = [
      llama(),
      llama({ hardware: 'CPU, 8 threads' }),
      llama({ target: { replicas: 2 } }),
      llama({ target: { name: 'other' } }),
      llama({ turns: 9 }),
      llama({ trace: TRACE }),
      llama({ trace: { ...TRACE, sha256: 'def' } }),
      simulatedResult(),
    ];
    expect(group(...results)).toHaveLength(results.length);
  });

  test('the newest run names the group, whatever the order', () => {
    const old = { ...llama({ runId: 'old' }), finishedAtUnixMs: 1_000 };
    const fresh = { ...llama({ runId: 'new' }), finishedAtUnixMs: 2_000 };
    for (const results of [
      [old, fresh],
      [fresh, old],
    ]) {
      expect(group(...results)[0]?.result.runId).toBe('new');
    }
  });
});

describe('the workload that is planned for', () => {
  const nameOf = (...results: ResultFile[]): string | undefined =>
    referenceMeasurement(group(...results))?.result.runId;

  test('a trace before a real engine before a simulated one', () => {
    const traced = buildResult({
      engine: 'simulated',
      rates: [10, 20],
      servicePerS: 40,
      trace: TRACE,
      runId: 'traced',
    });
    expect(nameOf(simulatedResult(), llamaResult(), traced)).toBe('traced');
    expect(nameOf(simulatedResult(), llamaResult())).toBe('run-llama');
    expect(nameOf(simulatedResult())).toBe('run-simulated');
    expect(nameOf()).toBeUndefined();
  });

  test('a real engine without a capacity stands back behind a simulated one that has it', () => {
    expect(nameOf(llama({ rates: [25, 30, 35], runId: 'over' }), simulatedResult())).toBe('run-simulated');
    // Nothing better: it still says what a turn is.
    expect(nameOf(llama({ rates: [25, 30, 35], runId: 'over' }))).toBe('over');
  });

  test('a bracketed capacity before a lower bound', () => {
    const bound = llama({ rates: [5, 6, 8], hardware: 'CPU, 2 threads', runId: 'bound' });
    expect(nameOf(bound, llama({ runId: 'bracketed' }))).toBe('bracketed');
  });
});

describe('the measurement of an engine', () => {
  test('none, one, and two that could both be meant', () => {
    expect(selectMeasurement(group(llamaResult()), 'simulated')).toMatchObject({
      kind: 'refused',
      liftedBy: expect.stringContaining('bench a target whose engine is simulated'),
    });
    const one = selectMeasurement(group(llamaResult(), simulatedResult()), 'llama');
    expect(one.kind === 'planned' && one.value.result.runId).toBe('run-llama');
    const two = selectMeasurement(group(llama(), llama({ hardware: 'CPU, 8 threads' })), 'llama');
    expect(two.kind === 'refused' && two.reason).toContain('CPU, 1 thread; llama target, CPU, 8 threads');
  });

  test('two workloads on one target: the one whose capacity is surer', () => {
    const chosen = selectMeasurement(
      group(llama({ turns: 9, rates: [5, 6, 8], runId: 'bound' }), llama({ runId: 'sure' })),
      'llama',
    );
    expect(chosen.kind === 'planned' && chosen.value.result.runId).toBe('sure');
  });

  test('simulated is never measured', () => {
    const [real, simulated] = group(llamaResult(), simulatedResult());
    expect(real && basisOf(real)).toBe('measured');
    expect(simulated && basisOf(simulated)).toBe('simulated');
  });
});
