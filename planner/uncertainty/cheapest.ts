import type { PlannedMode, RefusedMode } from '../../vocabulary/plan-file.ts';
import type { Column } from './columns.ts';

/** What a mode costs in each draw, and where it cannot have the replicas that the draw needs. */
export interface DrawnCosts {
  /** USD per interaction: machine only, and per contact resolved. */
  readonly ai: Column;
  readonly resolved: Column;
  /** 1 where a tier needs more than the mode can have. */
  readonly aboveMax: Column;
}

type Cost = 'ai' | 'resolved';

/** The cost of a draw; without limit where the mode cannot carry it. */
const costAt = ({ aboveMax, ...costs }: DrawnCosts, cost: Cost, row: number): number =>
  (aboveMax[row] ?? 0) > 0 ? Number.POSITIVE_INFINITY : (costs[cost][row] ?? Number.POSITIVE_INFINITY);

/** By mode the share of draws in which none costs less. Modes that cost the same share a draw; none has one that all miss. */
function cheapestRatios(all: readonly DrawnCosts[], cost: Cost): number[] {
  const draws = all[0]?.ai.length ?? 0;
  const wins = all.map(() => 0);
  for (let row = 0; row < draws; row++) {
    const costs = all.map((one) => costAt(one, cost, row));
    const least = Math.min(...costs);
    if (least === Number.POSITIVE_INFINITY) continue;
    costs.forEach((usd, index) => {
      if (usd === least) wins[index] = (wins[index] ?? 0) + 1;
    });
  }
  return wins.map((won) => won / Math.max(1, draws));
}

/**
 * Says in each planned mode how often it is the cheapest. Modes draw what they have in common together, so this is more
 * than their intervals tell: two that overlap can differ in every draw.
 */
export function withCheapest(
  modes: readonly (PlannedMode | RefusedMode)[],
  drawn: ReadonlyMap<string, DrawnCosts>,
): (PlannedMode | RefusedMode)[] {
  const ids = modes.flatMap(({ kind, mode }) => (kind === 'planned' && drawn.has(mode) ? [mode] : []));
  if (ids.length < 2) return [...modes];
  const costs = ids.flatMap((id) => drawn.get(id) ?? []);
  const ratios = { ai: cheapestRatios(costs, 'ai'), resolved: cheapestRatios(costs, 'resolved') };
  return modes.map((mode) => {
    const place = ids.indexOf(mode.mode);
    if (mode.kind === 'refused' || mode.uncertainty === undefined || place < 0) return mode;
    const cheapestRatio = { ai: ratios.ai[place] ?? 0, resolved: ratios.resolved[place] ?? 0 };
    return { ...mode, uncertainty: { ...mode.uncertainty, cheapestRatio } };
  });
}
