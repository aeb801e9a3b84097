import type { Basis } from '../../../vocabulary/plan-file.ts';
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

/** The weakest that the mode's capacity rests on: an engine that is simulated, a vendor whose speed is assumed. */
function basisOfMode({ mode, measurements }: SizingContext): Basis {
  const simulated = measurements.some(
    ({ result: { target } }) =>
      target.simulated &&
      mode.tiers.some(
        ({ sizing }) => sizing.kind === 'capacity-curve' && sizing.measuredEngine === target.engine,
      ),
  );
  if (simulated) return 'simulated';
  return mode.tiers.some(({ sizing }) => sizing.kind === 'vendor') ? 'assumed' : 'measured';
}

/** A whole deployment mode as an option. */
export function modeOption(context: SizingContext): CostOption {
  const { mode, reference } = context;
  return {
    id: mode.id,
    title: mode.title,
    basis: basisOfMode(context),
    source: `every tier sized and priced at each volume; workload of run ${reference.result.runId}`,
    // The mode's own diagnostics name its prices.
    entryIds: [],
    priceAt: (perDay) => priceModeAt(context, perDay),
  };
}
