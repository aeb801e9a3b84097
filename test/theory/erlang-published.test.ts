import { describe, expect, test } from 'vitest';
import {
  computeErlangRow,
  erlangErrorInTolerances,
  isOfBlockingTable,
} from '../../measure/planner/erlang-vectors.ts';
import {
  computeErlangB,
  computeErlangC,
  computeLogErlangB,
  computeLogErlangC,
} from '../../planner/queueing/erlang.ts';
import { dataPath, readRows } from './published-vectors.ts';

const path = dataPath('erlang/erlang_vectors.csv');
const rows = path === undefined ? [] : readRows(path);

function expectAsPublished(row: Record<string, string>): void {
  expect(computeErlangRow(row), JSON.stringify(row)).toBeDefined();
  expect(erlangErrorInTolerances(row), JSON.stringify(row)).toBeLessThanOrEqual(1);
}

describe.skipIf(path === undefined)('Erlang tables (skipped where ../shared/data is absent)', () => {
  test('every row that is not of the blocking table', () => {
    const others = rows.filter((row) => !isOfBlockingTable(row));
    expect(others).toHaveLength(12);
    others.forEach(expectAsPublished);
  });

  test('the textbook table of offered load at 0.5, 1 and 2 % blocking', () => {
    const table = rows.filter(isOfBlockingTable);
    expect(table).toHaveLength(83);
    table.forEach(expectAsPublished);
  });
});

describe('limits of the Erlang formulas', () => {
  test('10,000 servers neither underflow nor overflow', () => {
    expect(computeLogErlangB(12_000, 10_000)).toBeCloseTo(-1.78927734649, 6);
    expect(computeLogErlangC(100, 10_000)).toBeCloseTo(-36157.2159266, 3);
  });
  test('Erlang C tends to the Halfin–Whitt limit at β = 0.5', () => {
    // α(0.5) = 1 / (1 + 0.5·Φ(0.5)/φ(0.5)) = 0.50453…, Halfin & Whitt 1981, with Φ(0.5) = 0.6914624613.
    const limit = 1 / (1 + (0.5 * 0.6914624613) / 0.3520653268);
    expect(Math.abs(computeErlangC(10_000, 10_050) - limit)).toBeLessThan(0.005);
  });
  test('B by its definition: a^c/c! over the sum, for small c', () => {
    const terms = [1, 3, 9 / 2, 27 / 6];
    expect(computeErlangB(3, 3)).toBeCloseTo(4.5 / terms.reduce((sum, term) => sum + term, 0), 14);
  });
});
