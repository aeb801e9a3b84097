import type { SizingContext } from '../../size/context.ts';
import { sizeTiers } from '../../size/size-mode.ts';
import { computeCostLines } from '../lines.ts';
import type { CostOption, PricedAt } from './option.ts';
import { scaleDemand } from './scale-demand.ts';

/** The context at another volume. */
export const contextAt = (context: SizingContext, interactionsPerDay: number): SizingContext => ({
  ...context,
  demand: scaleDemand(context.demand, interactionsPerDay),
});

/** What the mode costs at a volume, sized for it, without the people who take escalations. */
function priceModeAt(context: SizingContext, interactionsPerDay: number): PricedAt {
  const at = contextAt(context, interactionsPerDay);
  const { plans, refusals } = sizeTiers(at);
  if (refusals.length > 0)
    return { kind: 'refused', reason: refusals.map(({ reason }) => reason).join('; ') };
  const usdPerMonth = computeCostLines(plans, at)
    .filter(({ driver }) => driver !== 'people')
    .reduce((sum, { line }) => sum + line.usdPerMonth, 0);
  return { kind: 'priced', usdPerMonth };
}

/** A whole deployment mode as an option. */
export function modeOption(context: SizingContext): CostOption {
  const { mode, reference } = context;
  const simulated = context.measurements.some(
    ({ result }) =>
      result.target.simulated &&
      mode.tiers.some(
        ({ sizing }) => sizing.kind === 'capacity-curve' && sizing.measuredEngine === result.target.engine,
      ),
  );
  return {
    id: mode.id,
    title: mode.title,
    basis: simulated ? 'simulated' : 'measured',
    source: `every tier sized and priced at each volume; workload of run ${reference.result.runId}`,
    // The mode's own diagnostics name its prices.
    entryIds: [],
    priceAt: (perDay) => priceModeAt(context, perDay),
  };
}
