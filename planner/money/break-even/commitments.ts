import type { Catalogue, CatalogueFigure } from '../../../scenarios/catalogue.ts';
import type { ModeTier } from '../../../scenarios/mode.ts';
import { meanOf } from '../../../vocabulary/mean.ts';
import type { Commitment, Purchase } from '../../../vocabulary/plan-sections/break-even.ts';
import { HOURS_PER_MONTH, percentFromRatio } from '../../../vocabulary/units.ts';
import { figureOf, optionalFigure, type SizingContext } from '../../size/context.ts';
import { computeReplicas, type TierModel } from '../../size/tier.ts';
import { sourcedFromFigure } from '../../sourced.ts';
import {
  computeOnDemandUsdPerMonth,
  computeSpot,
  type HourlyNeed,
  optimiseReservation,
} from '../purchase.ts';
import { readSpotTerms } from '../spot-terms.ts';

interface CommitmentInput {
  readonly context: SizingContext;
  readonly tier: ModeTier;
  readonly model: TierModel;
  readonly plannedReplicas: number;
  /** Demand in each hour ÷ the rate that the tier is sized for, in order of a week or a day. */
  readonly hourRatios: readonly number[];
}

/** Replicas that each hour needs, with the same headroom and spares, never fewer than the tier's minimum. */
const needOf = ({ model, hourRatios }: CommitmentInput): number[] =>
  hourRatios.map((demand) => computeReplicas(model, { demand, capacity: 1, gatewayCpu: 1 }).replicas);

const machines = (count: number): string => `${count} machine${count === 1 ? '' : 's'}`;

function onDemand(usdPerHour: number, plannedReplicas: number): Purchase {
  return {
    kind: 'on-demand',
    usdPerMonth: plannedReplicas * usdPerHour * HOURS_PER_MONTH,
    committedReplicas: plannedReplicas,
    sentence: `${machines(plannedReplicas)} at the list price in every hour, as planned`,
  };
}

function autoscaled(need: HourlyNeed): Purchase {
  return {
    kind: 'autoscaled',
    usdPerMonth: computeOnDemandUsdPerMonth(need),
    committedReplicas: 0,
    sentence: 'the machines that each hour needs at the list price, were they there at once',
  };
}

function reserved(need: HourlyNeed, discount: CatalogueFigure): Purchase {
  const reservedUsdPerHour = need.onDemandUsdPerHour * (1 - discount.value);
  const best = optimiseReservation(need, reservedUsdPerHour);
  const percent = percentFromRatio(discount.value).toPrecision(3);
  return {
    kind: 'reserved',
    usdPerMonth: best.usdPerMonth,
    committedReplicas: best.reserved,
    sentence: `${machines(best.reserved)} reserved at ${percent} % off and the rest of each hour on demand: the least of reserved and expected overflow`,
  };
}

function spotPurchase(need: HourlyNeed, spotUsdPerHour: number, catalogue: Catalogue): Purchase | undefined {
  const terms = readSpotTerms(catalogue);
  if (terms === undefined) return undefined;
  const spot = computeSpot(need, { ...terms, spotUsdPerHour });
  const empty = percentFromRatio(spot.emptyRatio).toPrecision(2);
  return {
    kind: 'spot',
    usdPerMonth: spot.usdPerMonth,
    committedReplicas: 0,
    sentence: `interruptible machines, about ${spot.interruptionsPerMonth.toPrecision(2)} taken back in a month; each place is empty ${empty} % of the time, which ${percentFromRatio(spot.overProvisionRatio - 1).toPrecision(2)} % more machines make up for`,
  };
}

/** Ways to pay for the rented machines of one tier; undefined for what is not rented by the hour. */
export function commitmentOf(input: CommitmentInput): Commitment | undefined {
  const { context, tier, plannedReplicas } = input;
  const { unit } = tier;
  if (unit.kind !== 'instance' || plannedReplicas === 0) return undefined;
  const { catalogue } = context;
  const price = figureOf(context, unit.priceId, 'usdPerHour');
  const discount = optionalFigure(catalogue, 'default/reserved-discount', 'discountRatio');
  const spotPrice = optionalFigure(catalogue, unit.priceId, 'spotUsdPerHour');
  const need: HourlyNeed = { replicasByHour: needOf(input), onDemandUsdPerHour: price.value };
  const spot = spotPrice === undefined ? undefined : spotPurchase(need, spotPrice.value, catalogue);
  const purchases = [
    onDemand(price.value, plannedReplicas),
    autoscaled(need),
    ...(discount === undefined ? [] : [reserved(need, discount)]),
    ...(spot === undefined ? [] : [spot]),
  ];
  const cheapest = purchases.reduce((best, next) => (next.usdPerMonth < best.usdPerMonth ? next : best));
  return {
    mode: context.mode.id,
    tier: tier.id,
    unit: unit.name,
    plannedReplicas,
    meanReplicas: meanOf(need.replicasByHour),
    purchases,
    cheapest: cheapest.kind,
    figures: [
      sourcedFromFigure('onDemandUsdPerHour', price),
      ...(discount === undefined ? [] : [sourcedFromFigure('reservedDiscount', discount)]),
      ...(spotPrice === undefined ? [] : [sourcedFromFigure('spotUsdPerHour', spotPrice)]),
    ],
  };
}
