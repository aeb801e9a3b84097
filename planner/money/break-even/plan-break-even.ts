import { cataloguePriceDiagnostics } from '../../../scenarios/catalogue.ts';
import { sortDiagnostics } from '../../../vocabulary/diagnostics.ts';
import type { BreakEven, Commitment } from '../../../vocabulary/plan-sections/break-even.ts';
import { type SizingContext, withStatedCalls } from '../../size/context.ts';
import { sizeTiers } from '../../size/size-mode.ts';
import { withGiven } from '../../uncertainty/default-correlations.ts';
import { createDraws, DRAWS } from '../../uncertainty/draws.ts';
import { statedCorrelations } from '../../uncertainty/stated-correlations.ts';
import { hourRatiosOf } from '../week-hours.ts';
import { apiOption, boughtTiersOf } from './bought-tier.ts';
import { commitmentOf } from './commitments.ts';
import { compareOptions } from './compare.ts';
import { ownOption, rentedOptions } from './gpu-options.ts';
import { modeOption } from './mode-options.ts';
import { ownTiersOf } from './own-tier.ts';
import { provisionedOptions } from './provisioned-options.ts';
import { utilisationBreakEven } from './utilisation.ts';
import { breakEvenVolumes } from './volumes.ts';

function commitmentsOf(context: SizingContext): Commitment[] {
  const { tiers, plans, refusals } = sizeTiers(context);
  if (refusals.length > 0) return [];
  const hourRatios = hourRatiosOf(context.demand);
  return tiers.flatMap(({ model }, index) => {
    const plannedReplicas = plans[index]?.replicas ?? 0;
    const found = commitmentOf({ context, tier: model.tier, model, plannedReplicas, hourRatios });
    return found === undefined ? [] : [found];
  });
}

const ASSUMPTIONS = [
  'Every volume has the shape, the hours and the objectives of the plan; each mode is sized again for it, with its headroom, spares and whole machines.',
  'People who take escalated contacts are left out: they cost the same in every option.',
  'Prices are those of the plan at every volume: discounts that a vendor grants for much are not known.',
  'Own hardware pays for the operators that its mode needs beyond those of a mode that buys its model.',
];

/**
 * Break-even between the modes that can be planned, between ways to get the language model, and between ways to pay for
 * machines. The contexts hold one mode each at the planned volume. Undefined when there is no mode to compare.
 */
export function planBreakEven(
  given: readonly SizingContext[],
  { nowUnixMs, seed }: { readonly nowUnixMs: number; readonly seed: number },
): BreakEven | undefined {
  const contexts = given.map(withStatedCalls);
  const [first] = contexts;
  if (first === undefined) return undefined;
  const correlations = withGiven(statedCorrelations(first.demand.file));
  const draws = createDraws({ seed, count: DRAWS, correlations });
  const plannedInteractionsPerDay = first.demand.interactionsPerDay;
  const volumes = breakEvenVolumes(plannedInteractionsPerDay);
  const bought = boughtTiersOf(contexts);
  const [buyer] = bought;
  const own = ownTiersOf(contexts, buyer?.context.mode.operatorHoursPerMonth ?? 0);
  const inference = [
    ...bought.map(apiOption),
    ...bought.flatMap(provisionedOptions),
    ...own.map(ownOption),
    ...own.flatMap(rentedOptions),
  ];
  return {
    plannedInteractionsPerDay,
    modes: compareOptions(contexts.map(modeOption), volumes),
    inference: compareOptions(inference, volumes),
    utilisation: own.flatMap((nodes) =>
      bought.flatMap((tier) => {
        const found = utilisationBreakEven(nodes, tier, { draws, seed });
        return found === undefined ? [] : [found];
      }),
    ),
    commitments: contexts.flatMap(commitmentsOf),
    assumptions: [...ASSUMPTIONS, `Hours of the week: ${first.demand.week.source}.`],
    diagnostics: sortDiagnostics(
      cataloguePriceDiagnostics(
        first.catalogue,
        inference.flatMap(({ entryIds }) => entryIds),
        nowUnixMs,
      ),
    ),
  };
}
