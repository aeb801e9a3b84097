import { describe, expect, test } from 'vitest';
import { type Assumptions, resolveAssumptions } from '../../../planner/demand/assumptions.ts';
import { assumptionIssues } from '../../../planner/plausible/assumptions.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { CATALOGUE } from '../fixtures/sized.ts';

const RESOLVED = unwrap(resolveAssumptions(CATALOGUE, {}));

/** The handle time stands there twice, of which the one with its range is looked at. */
type Key = Exclude<keyof Assumptions, 'entryIds' | 'averageHandleTimeS'>;
const KEYS = (Object.keys(RESOLVED) as (keyof Assumptions)[]).filter(
  (key): key is Key => key !== 'entryIds' && key !== 'averageHandleTimeS',
);

/** The assumptions with another value of one of them, its range around it. */
function withValue(key: Key, value: number): Assumptions {
  const assumption = RESOLVED[key];
  const changed =
    'low' in assumption ? { ...assumption, value, low: value, high: value } : { ...assumption, value };
  return { ...RESOLVED, [key]: changed };
}

const nameOf = (key: Key): string => {
  const assumption = RESOLVED[key];
  return 'figure' in assumption ? assumption.figure.name : assumption.name;
};

describe('assumptions that cannot be meant', () => {
  test('the defaults of the catalogue can all be meant', () => {
    expect(assumptionIssues(RESOLVED)).toEqual([]);
  });

  test.each(KEYS)(
    '%s: negative, not a number and beyond any are named, with where they were stated',
    (key) => {
      for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY, 1e300]) {
        expect(assumptionIssues(withValue(key, value))).toEqual([
          {
            path: nameOf(key),
            expected: expect.stringMatching(/(from|above|at least) .* (to|and (below|at most)) /),
            got: expect.stringMatching(new RegExp(`^${String(value).replace('+', '\\+')} \\(.+\\)$`, 's')),
            fix: expect.stringContaining('correct the figure'),
          },
        ]);
      }
    },
  );

  test.each([
    ['shares of all that leave nothing', 'repeat', 1],
    ['nobody is ever at the desk', 'shrinkage', 1],
    ['every caller at once', 'answeredRatio', 1],
    ['a busy hour without contacts', 'busyHourShare', 0],
    ['a share as a percentage', 'escalation', 25],
    ['an occupancy of nothing', 'maxOccupancy', 0],
    ['no time to talk', 'handleTime', 0],
  ] as const)('%s', (_, key, value) => {
    expect(assumptionIssues(withValue(key, value)).map(({ path }) => path)).toEqual([nameOf(key)]);
  });

  test('an end of a range counts as much as the value', () => {
    const escalation = { ...RESOLVED.escalation, high: 1.5 };
    expect(assumptionIssues({ ...RESOLVED, escalation })).toMatchObject([
      { path: 'escalationRatio', got: expect.stringMatching(/^1\.5 /) },
    ]);
  });

  test('all of them at once', () => {
    const bad = { ...withValue('shrinkage', 30), retry: withValue('retry', 2).retry };
    expect(assumptionIssues(bad).map(({ path }) => path)).toEqual(['retryRatio', 'shrinkageRatio']);
  });
});
