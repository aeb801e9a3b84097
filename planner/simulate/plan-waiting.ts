import type { Sourced, TierPlan } from '../../vocabulary/plan-file.ts';
import type { TierWaiting, WaitingReading, WaitingSection } from '../../vocabulary/plan-sections/waiting.ts';
import type { ModelledTier, SizingContext } from '../size/context.ts';
import { splitArrivals } from './arrivals.ts';
import { type DemandArrivalModel, demandArrivals } from './demand-arrivals.ts';
import { indexOfDispersion60S } from './dispersion.ts';
import { estimateWaiting, type WaitingEstimate } from './estimate-waiting.ts';
import { type TierQueue, tierQueueOf, type UnknownQueue } from './tier-queue.ts';

/** A sized mode whose queues are to be known. `tiers` and `plans` in the order of the mode's tiers. */
export interface WaitingInput {
  readonly context: SizingContext;
  readonly tiers: readonly ModelledTier[];
  readonly plans: readonly TierPlan[];
  readonly seed: number;
}

/** What a plan spends on one queue: an interval of a tenth of the mean, or of a hundredth of a service time, or so many. */
const PRECISION_RATIO = 0.1;
const PRECISION_OF_SERVICE_RATIO = 0.01;
const MAX_CUSTOMERS = 100_000;

/** The figures of an estimate that a plan file holds: its customers have no patience, so nobody leaves. */
function readingOf(estimate: WaitingEstimate): WaitingReading {
  if (estimate.kind === 'overloaded') return estimate;
  const { abandonProbability: _, ...reading } = estimate;
  return reading;
}

function waitingAt(
  queue: TierQueue,
  model: DemandArrivalModel,
  queues: number,
  seed: number,
): WaitingReading {
  const { servers, meanServiceMs, serviceScv, feels } = queue;
  const ways = queues / queue.customersPerTurn;
  const estimate = estimateWaiting(
    {
      servers,
      arrivals: splitArrivals(model[feels], ways),
      service: { kind: 'drawn', meanMs: meanServiceMs, scv: serviceScv },
      // The rule that asks for a simulation is one of counts, whatever the tier feels of them.
      indexOfDispersion60S: indexOfDispersion60S(splitArrivals(model.counts, ways)),
    },
    {
      seed,
      precisionRatio: PRECISION_RATIO,
      precisionMs: PRECISION_OF_SERVICE_RATIO * meanServiceMs,
      maxCustomers: MAX_CUSTOMERS,
    },
  );
  return readingOf(estimate);
}

const queuesOf = (queue: TierQueue, units: number): number =>
  Math.max(1, Math.round(units * queue.queuesPerUnit));

function unmodelled(queue: UnknownQueue, plan: TierPlan): WaitingSection['tiers'][number] {
  return { ...queue, tier: plan.tier };
}

function tierWaiting(
  queue: TierQueue,
  plan: TierPlan,
  { model, seed }: { readonly model: DemandArrivalModel; readonly seed: number },
): TierWaiting {
  const queues = queuesOf(queue, plan.replicas);
  const left = plan.whenLost?.replicas ?? 0;
  const { servers, server, meanServiceMs, serviceScv, serviceBasis, serviceSource } = queue;
  return {
    kind: 'modelled',
    tier: plan.tier,
    queues,
    servers,
    server,
    arrivalRatePerS: (model.counts.ratePerS * queue.customersPerTurn) / queues,
    meanServiceMs,
    serviceScv,
    serviceBasis,
    serviceSource,
    allUp: waitingAt(queue, model, queues, seed),
    ...(left === 0 ? {} : { afterLosses: waitingAt(queue, model, queuesOf(queue, left), seed) }),
  };
}

const meanWaitMsOf = (tiers: WaitingSection['tiers']): number | undefined =>
  tiers.reduce<number | undefined>((sum, tier) => {
    if (tier.kind === 'not-modelled' || sum === undefined) return sum;
    return tier.allUp.kind === 'overloaded' ? undefined : sum + tier.allUp.meanWaitMs;
  }, 0);

const shown = (model: DemandArrivalModel): WaitingSection['arrivals'] => {
  const { counts, indexOfDispersion60S: index, gapCv, figures, explanation } = model;
  return {
    kind: counts.kind,
    indexOfDispersion60S: index,
    gapCv,
    figures: [...figures] as Sourced[],
    explanation,
  };
};

/**
 * What waiting each tier adds to a turn in the busy hour: each replica is a queue of its own, arrivals spread over them
 * without a look at their length. Same input, same section.
 */
export function planWaiting({ context, tiers, plans, seed }: WaitingInput): WaitingSection {
  const model = demandArrivals(context);
  const rows = tiers.flatMap((tier, index) => {
    const plan = plans[index];
    if (plan === undefined || plan.replicas === 0) return [];
    const queue = tierQueueOf(tier, plan, context);
    return queue.kind === 'not-modelled'
      ? [unmodelled(queue, plan)]
      : [tierWaiting(queue, plan, { model, seed })];
  });
  const meanWaitMs = meanWaitMsOf(rows);
  return { arrivals: shown(model), tiers: rows, ...(meanWaitMs === undefined ? {} : { meanWaitMs }) };
}
