import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  correlatedKeys,
  factorise,
  findCorrelationIssues,
  normalFromRankCorrelation,
  normalMatrix,
  type RankCorrelation,
} from '../../../planner/uncertainty/correlation.ts';
import { DEFAULT_CORRELATIONS, withGiven } from '../../../planner/uncertainty/default-correlations.ts';

const pair = (a: string, b: string, rankCorrelation: number): RankCorrelation => ({
  a,
  b,
  rankCorrelation,
  reason: 'stated by the test',
});

describe('the correlation of normals behind one of ranks', () => {
  test('Pearson 1907: 1 to 1, 0 to 0, a half to 2 sin 15° = 0.5176', () => {
    expect(normalFromRankCorrelation(1)).toBeCloseTo(1, 12);
    expect(normalFromRankCorrelation(-1)).toBeCloseTo(-1, 12);
    expect(normalFromRankCorrelation(0)).toBe(0);
    expect(normalFromRankCorrelation(0.5)).toBeCloseTo((Math.sqrt(6) - Math.sqrt(2)) / 2, 12);
  });
});

describe('Cholesky', () => {
  test('the textbook matrix', () => {
    const matrix = [
      [4, 12, -16],
      [12, 37, -43],
      [-16, -43, 98],
    ];
    expect(factorise(matrix)).toEqual([[2], [6, 1], [-8, 5, 3]]);
  });

  test('times its transpose it is the matrix again', () => {
    const entry = fc.double({ min: -3, max: 3, noNaN: true });
    const square = fc
      .integer({ min: 1, max: 6 })
      .chain((size) =>
        fc.array(fc.array(entry, { minLength: size, maxLength: size }), { minLength: size, maxLength: size }),
      );
    const product = (rows: readonly (readonly number[])[]): number[][] =>
      rows.map((a) => rows.map((b) => a.reduce((sum, value, k) => sum + value * (b[k] ?? 0), 0)));
    fc.assert(
      fc.property(square, (root) => {
        const matrix = product(root).map((row, i) => row.map((value, j) => value + (i === j ? 0.01 : 0)));
        const factor = factorise(matrix);
        expect(factor).toBeDefined();
        product(factor ?? []).forEach((row, i) => {
          row.forEach((value, j) => {
            expect(value).toBeCloseTo(matrix[i]?.[j] ?? Number.NaN, 6);
          });
        });
      }),
    );
  });

  test('inputs that follow wholly from others are allowed, contradictions are not', () => {
    expect(
      factorise([
        [1, 1],
        [1, 1],
      ]),
    ).toEqual([[1], [1, 0]]);
    expect(
      factorise([
        [1, -1, 1],
        [-1, 1, -1],
        [1, -1, 1],
      ]),
    ).toBeDefined();
    expect(
      factorise([
        [1, 0.9, -0.9],
        [0.9, 1, 0.9],
        [-0.9, 0.9, 1],
      ]),
    ).toBeUndefined();
    // The first two are one and the same, so a third cannot follow one of them alone.
    expect(
      factorise([
        [1, 1, 0.5],
        [1, 1, 0],
        [0.5, 0, 1],
      ]),
    ).toBeUndefined();
  });
});

describe('stated correlations', () => {
  test('the assumed ones can all hold at once, each with its reason', () => {
    expect(findCorrelationIssues(DEFAULT_CORRELATIONS)).toEqual([]);
    for (const { reason } of DEFAULT_CORRELATIONS) expect(reason.length).toBeGreaterThan(10);
  });

  test('every problem is named with what to do', () => {
    const issues = findCorrelationIssues([
      pair('x', 'x', 0.5),
      pair('x', 'y', 1.5),
      pair('y', 'x', 0.2),
      pair('y', 'z', Number.NaN),
    ]);
    expect(issues.map(({ path }) => path)).toEqual([
      'correlations[0]',
      'correlations[1].rankCorrelation',
      'correlations[3].rankCorrelation',
      'correlations[2]',
    ]);
    for (const { fix } of issues) expect(fix).not.toBe('');
  });

  test('a contradiction names the inputs among which it is', () => {
    const issues = findCorrelationIssues([
      pair('v', 'w', 0.3),
      pair('x', 'y', 0.9),
      pair('y', 'z', 0.9),
      pair('x', 'z', -0.9),
    ]);
    expect(issues).toHaveLength(1);
    expect(issues[0]?.got).toContain('x, y, z');
    expect(issues[0]?.fix).toContain('closer to 0');
  });

  test('given ones replace the assumed pair by pair, whichever way round', () => {
    const given = withGiven([
      pair('repeatRatio', 'escalationRatio', -0.1),
      pair('busyHourShareRatio', 'retries', 0),
    ]);
    const between = (a: string, b: string) =>
      given.filter((one) => [one.a, one.b].sort().join() === [a, b].sort().join());
    expect(between('escalationRatio', 'repeatRatio').map((one) => one.rankCorrelation)).toEqual([-0.1]);
    expect(between('busyHourShareRatio', 'retries')).toEqual([]);
    expect(given.length).toBe(DEFAULT_CORRELATIONS.length - 1);
  });

  test('the matrix has each pair twice, the diagonal 1, nothing else', () => {
    const stated = [pair('x', 'y', 0.5), pair('z', 'y', -0.5)];
    expect(correlatedKeys(stated)).toEqual(['x', 'y', 'z']);
    const half = normalFromRankCorrelation(0.5);
    expect(normalMatrix(['x', 'y', 'z'], stated)).toEqual([
      [1, half, 0],
      [half, 1, -half],
      [0, -half, 1],
    ]);
  });
});
