import { expect, it } from 'vitest';
import { planSteps } from '../../../bench/workload/planned-steps.ts';
import { readScenario, withOverrides } from '../../../scenarios/scenario.ts';
import { unwrap } from '../../../vocabulary/errors.ts';

const sweep = (load: object) =>
  unwrap(withOverrides(unwrap(readScenario('smoke')), { load: { kind: 'sweep', ...load } }));

it('a sweep over a range has its points before it runs, each the same ratio above the one before', () => {
  const scenario = sweep({ range: { from: 5, to: 80, points: 5 }, over: 'interactionsPerS' });
  const rates = unwrap(planSteps(scenario, 3)).map(({ interactionsPerS }) => interactionsPerS);
  expect(rates.map((rate) => Math.round(rate * 1e6) / 1e6)).toEqual([5, 10, 20, 40, 80]);
});

it('turns per second of a range are interactions times the mean turns of one', () => {
  const scenario = sweep({ range: { from: 6, to: 24, points: 3 }, over: 'turnsPerS', windowMs: 4_000 });
  const steps = unwrap(planSteps(scenario, 3));
  expect(steps.map(({ interactionsPerS }) => Math.round(interactionsPerS * 1e6) / 1e6)).toEqual([2, 4, 8]);
  expect(steps.map(({ windowMs }) => windowMs)).toEqual([4_000, 4_000, 4_000]);
});

it('numbers of users are no rates: one has to be given', () => {
  const scenario = sweep({ range: { from: 1, to: 8, points: 3 }, over: 'concurrency' });
  expect(planSteps(scenario, 3).kind).toBe('failed');
  expect(unwrap(planSteps(scenario, 3, { turnsPerS: 6 }))).toMatchObject([{ interactionsPerS: 2 }]);
});
