import { describe, expect, test } from 'vitest';
import {
  computeErlangB,
  computeErlangC,
  computeLoadForBlocking,
  computeLogErlangB,
  computeLogErlangC,
  computeMeanWait,
  computeServersForBlocking,
} from '../../planner/queueing/erlang.ts';
import { computeErlangA } from '../../planner/queueing/erlang-a.ts';
import { dataPath, readRows } from './published-vectors.ts';

const path = dataPath('erlang/erlang_vectors.csv');
const rows = path === undefined ? [] : readRows(path);

/** What a row of the table asks for; undefined for a kind of row that has no rule here, which fails the test. */
function computed(row: Record<string, string>): number | undefined {
  const servers = Number(row.servers);
  const load = Number(row.offered_load_erl);
  const note = row.note ?? '';
  switch (`${row.function} ${row.quantity}`) {
    case 'erlang_b ln_prob':
      return computeLogErlangB(load, servers);
    case 'erlang_c ln_prob':
      return computeLogErlangC(load, servers);
    case 'erlang_b_servers_for_blocking<=0.02 servers':
      return computeServersForBlocking(load, 0.02);
    case 'erlang_c occupancy':
      return load / servers;
    case 'erlang_c mean_wait_s':
      return computeMeanWait({ offeredErlangs: load, servers, meanServiceTime: 180 });
    case 'erlang_a occupancy':
      return computeErlangA(impatient(load, servers)).occupancy;
    case 'erlang_a mean_wait_all_min':
      return computeErlangA(impatient(load, servers)).meanWaitS / 60;
    case 'erlang_a mean_wait_s':
      return note.includes('K=100') ? computeErlangA(impatient(load, servers)).meanWaitS : undefined;
    default:
      return undefined;
  }
}

const impatient = (load: number, servers: number) => ({
  arrivalRatePerS: load / 180,
  meanServiceS: 180,
  meanPatienceS: 300,
  servers,
});

describe.skipIf(path === undefined)('Erlang tables (skipped where ../shared/data is absent)', () => {
  const tableRows = rows.filter((row) => row.function === 'erlang_b_offered_load_for_blocking');

  test('every row that is not of the blocking table', () => {
    const others = rows.filter((row) => row.function !== 'erlang_b_offered_load_for_blocking');
    expect(others).toHaveLength(12);
    for (const row of others) {
      const value = computed(row);
      expect(value, JSON.stringify(row)).toBeDefined();
      const error = Math.abs((value ?? Number.NaN) - Number(row.published_value));
      expect(error, JSON.stringify(row)).toBeLessThanOrEqual(Number(row.tolerance) + 1e-12);
    }
  });

  test('the textbook table of offered load at 0.5, 1 and 2 % blocking', () => {
    expect(tableRows).toHaveLength(83);
    for (const row of tableRows) {
      const percent = /=([\d.]+)%$/.exec(row.quantity ?? '')?.[1];
      expect(percent, JSON.stringify(row)).toBeDefined();
      const load = computeLoadForBlocking(Number(row.servers), Number(percent) / 100);
      const error = Math.abs(load - Number(row.published_value));
      expect(error, JSON.stringify(row)).toBeLessThanOrEqual(Number(row.tolerance) + 1e-9);
    }
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
