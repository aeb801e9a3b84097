import { describe, expect, test } from 'vitest';
import { type PlanInput, planModes } from '../../planner/index.ts';
import { input, modes } from './fixtures/planned.ts';
import { llamaResult, SLOS, simulatedResult } from './fixtures/result.ts';

describe('bad input', () => {
  const issuesOf = (changes: Partial<PlanInput>) => {
    const plan = planModes(input(changes));
    if (plan.kind === 'ok') throw new Error('expected a failure');
    expect(plan.failure.code).toBe('INVALID_DEMAND');
    return plan.failure.issues.map(({ path }) => path);
  };

  test('every problem is listed', () => {
    expect(issuesOf({ results: [], modes: [], interactionsPerDay: -1, seed: 1.5 })).toEqual([
      'results',
      'modes',
      'interactionsPerDay',
      'seed',
    ]);
  });

  test.each([Number.NaN, 0, Number.POSITIVE_INFINITY])('%d interactions a day', (interactionsPerDay) => {
    expect(issuesOf({ interactionsPerDay })).toEqual(['interactionsPerDay']);
  });

  test('no volume and no trace, no objective', () => {
    expect(issuesOf({ interactionsPerDay: undefined })).toEqual(['interactionsPerDay']);
    const bare = { ...llamaResult(), slos: [] };
    expect(issuesOf({ results: [bare] })).toEqual(['slos']);
    expect(planModes(input({ results: [bare, simulatedResult()], slos: SLOS })).kind).toBe('ok');
  });

  test('a mode that is named twice, and a run that is given twice', () => {
    const [first, ...others] = modes;
    if (first === undefined) throw new Error('no modes');
    expect(issuesOf({ modes: [first, ...others, first] })).toEqual(['modes[3]']);
    expect(issuesOf({ results: [llamaResult(), simulatedResult(), llamaResult()] })).toEqual(['results[2]']);
    // Another run of the same target is a replicate, even if it measured the same.
    const again = { ...llamaResult(), runId: 'again' };
    expect(planModes(input({ results: [llamaResult(), again, simulatedResult()] })).kind).toBe('ok');
  });

  test('overrides outside their range', () => {
    const overrides = { repeatRatio: 1, escalationRatio: 1.2, busyHourShareRatio: 0 };
    expect(issuesOf({ overrides })).toEqual(['busyHourShareRatio', 'escalationRatio', 'repeatRatio']);
  });
});
