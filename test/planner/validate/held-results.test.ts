import { describe, expect, test } from 'vitest';
import { groupMeasurements } from '../../../planner/calibrate/measurements.ts';
import {
  type HeldPrediction,
  validateAgainst,
  validateByLeavingOut,
} from '../../../planner/validate/held-results.ts';
import type { ResultFile } from '../../../vocabulary/result-file.ts';
import { buildResult, exactCapacityPerS, SLOS } from '../fixtures/result.ts';

const one = (rates: readonly number[], changes = {}): ResultFile =>
  buildResult({ engine: 'llama', rates, servicePerS: 20, ...changes });

const judgedOf = (held: readonly HeldPrediction[]) =>
  held.flatMap((each) => (each.kind === 'judged' ? [each] : []));
const refusedOf = (held: readonly HeldPrediction[]) =>
  held.flatMap((each) => (each.kind === 'refused' ? [each] : []));

describe('steps left out in turn', () => {
  test('M/M/1 between neighbours: mean and p95 of each inner step to 10 %', () => {
    const held = groupMeasurements([one([5, 8, 11, 14, 16, 18])], SLOS).flatMap(validateByLeavingOut);
    const judged = judgedOf(held);
    expect(judged).toHaveLength(4 * 3);
    for (const { errorRatio } of judged) expect(Math.abs(errorRatio)).toBeLessThan(0.1);
  });

  test('three steps leave nothing to leave out', () => {
    const [held, ...others] = groupMeasurements([one([5, 10, 19])], SLOS).flatMap(validateByLeavingOut);
    expect(others).toEqual([]);
    expect(held).toMatchObject({ kind: 'refused', liftedBy: expect.stringContaining('at least 4 rates') });
  });
});

describe('results that the fit did not see', () => {
  const fitted = groupMeasurements([one([5, 10, 15, 17, 18, 19])], SLOS);

  /** Three M/M/1 replicas under a share each: rates add up, latencies stay. */
  const three = (rates: readonly number[]): ResultFile => {
    const single = one(rates.map((rate) => rate / 3));
    const steps = single.steps.map((step) => ({
      ...step,
      name: `${step.name} × 3`,
      windowMs: step.windowMs / 3,
      inFlight: { mean: step.inFlight.mean * 3, max: step.inFlight.max },
      load: { kind: 'open' as const, interactionsPerS: 1, turnsPerS: 1 },
    }));
    return one([], { steps, target: { replicas: 3, name: 'three' }, runId: 'three' });
  };

  test('three replicas predicted from one: latency at each rate, and three times the capacity', () => {
    const held = validateAgainst(fitted, [three([24, 36, 48, 53, 56])], SLOS);
    expect(refusedOf(held)).toEqual([]);
    const judged = judgedOf(held);
    for (const { errorRatio } of judged) expect(Math.abs(errorRatio)).toBeLessThan(0.1);
    const capacity = judged.find(({ quantity }) => quantity === 'capacityTurnsPerS');
    expect(Math.abs((capacity?.predicted ?? 0) / (3 * exactCapacityPerS(20, 2000)) - 1)).toBeLessThan(0.02);
    expect(Math.abs(capacity?.errorRatio ?? 1)).toBeLessThan(0.03);
  });

  test('a slower system shows as an error and not as agreement', () => {
    const slow = one([5, 10, 12, 13], { servicePerS: 14, runId: 'slow' });
    const worst = Math.max(
      ...judgedOf(validateAgainst(fitted, [slow], SLOS)).map(({ errorRatio }) => Math.abs(errorRatio)),
    );
    expect(worst).toBeGreaterThan(0.3);
  });

  test('beyond what was fitted, another system, and a lower bound are refused with what lifts them', () => {
    const beyond = refusedOf(validateAgainst(fitted, [one([2, 10, 15])], SLOS));
    expect(beyond.map(({ reason }) => reason).join()).toMatch(
      /2 turns\/s lies outside what was fitted, 5 to 19/,
    );
    expect(beyond.map(({ reason }) => reason).join()).toContain('only a lower bound');
    const other = validateAgainst(fitted, [one([5, 10], { hardware: 'CPU, 8 threads' })], SLOS);
    expect(other).toEqual([
      expect.objectContaining({
        kind: 'refused',
        reason: expect.stringContaining('engine, model and hardware'),
      }),
    ]);
  });
});
