import {
  computeLoadForBlocking,
  computeLogErlangB,
  computeLogErlangC,
  computeMeanWait,
  computeServersForBlocking,
} from '../../planner/queueing/erlang.ts';
import { computeErlangA } from '../../planner/queueing/erlang-a.ts';
import { PERCENT, S_PER_MIN } from '../../vocabulary/units.ts';

/** A row of the table of published values of Erlang B, C and A, by column name. */
export type ErlangRow = Readonly<Record<string, string>>;

/** Calls of three minutes and patience of five, as the published examples have them. */
const MEAN_SERVICE_S = 180;
const MEAN_PATIENCE_S = 300;

const TABLE = 'erlang_b_offered_load_for_blocking';

/** Whether the row is of the textbook table of offered load at so much blocking. */
export const isOfBlockingTable = (row: ErlangRow): boolean => row.function === TABLE;

const impatient = (load: number, servers: number) => ({
  arrivalRatePerS: load / MEAN_SERVICE_S,
  meanServiceS: MEAN_SERVICE_S,
  meanPatienceS: MEAN_PATIENCE_S,
  servers,
});

function computeBlockingRow({ servers, quantity }: ErlangRow): number | undefined {
  const percent = /=([\d.]+)%$/.exec(quantity ?? '')?.[1];
  return percent === undefined
    ? undefined
    : computeLoadForBlocking(Number(servers), Number(percent) / PERCENT);
}

/** What a row of the table asks for, by the planner's own formulas; undefined for a kind of row that has no rule here. */
export function computeErlangRow(row: ErlangRow): number | undefined {
  const servers = Number(row.servers);
  const load = Number(row.offered_load_erl);
  if (isOfBlockingTable(row)) return computeBlockingRow(row);
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
      return computeMeanWait({ offeredErlangs: load, servers, meanServiceTime: MEAN_SERVICE_S });
    case 'erlang_a occupancy':
      return computeErlangA(impatient(load, servers)).occupancy;
    case 'erlang_a mean_wait_all_min':
      return computeErlangA(impatient(load, servers)).meanWaitS / S_PER_MIN;
    case 'erlang_a mean_wait_s':
      return (row.note ?? '').includes('K=100')
        ? computeErlangA(impatient(load, servers)).meanWaitS
        : undefined;
    default:
      return undefined;
  }
}

/** Distance to the published value, as a multiple of the tolerance that its printed digits allow; undefined without a rule. */
export function erlangErrorInTolerances(row: ErlangRow): number | undefined {
  const computed = computeErlangRow(row);
  // A whole number is published with a tolerance of 0.
  const tolerance = Number(row.tolerance) + 1e-9;
  return computed === undefined ? undefined : Math.abs(computed - Number(row.published_value)) / tolerance;
}
