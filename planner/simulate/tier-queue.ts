import type { ModeTier } from '../../scenarios/mode.ts';
import { computeScv } from '../../vocabulary/dispersion.ts';
import { LatencyHistogram } from '../../vocabulary/histogram.ts';
import type { Basis, TierPlan } from '../../vocabulary/plan-file.ts';
import { msFromS, sFromMs } from '../../vocabulary/units.ts';
import { soundPoints } from '../calibrate/capacity.ts';
import { predictLatency } from '../calibrate/latency-curve.ts';
import { basisOf, type Measurement } from '../calibrate/measurements.ts';
import type { ModelledTier, SizingContext } from '../size/context.ts';

/** The queue before each replica of a tier. */
export interface TierQueue {
  readonly kind: 'modelled';
  /** Queues that one unit of the plan holds: a node of four engines has four, one of two that make an engine a half. */
  readonly queuesPerUnit: number;
  readonly servers: number;
  readonly server: string;
  /** Whether it works on all turns alike, or longer on those that bring more work. */
  readonly feels: 'counts' | 'work';
  /** Customers that a turn is: calls of a vendor, else 1. */
  readonly customersPerTurn: number;
  readonly meanServiceMs: number;
  readonly serviceScv: number;
  readonly serviceBasis: Basis;
  readonly serviceSource: string;
}

/** A tier of which nobody knows how long it works on a turn. */
export interface UnknownQueue {
  readonly kind: 'not-modelled';
  readonly reason: string;
  readonly liftedBy: string;
}

const unknown = (reason: string, liftedBy: string): UnknownQueue => ({
  kind: 'not-modelled',
  reason,
  liftedBy,
});

type SizingOf<Kind extends ModeTier['sizing']['kind']> = Extract<ModeTier['sizing'], { kind: Kind }>;

/** Service times of which only the mean is known are taken as exponential. */
const ASSUMED_SCV = 1;

function gatewayQueue(sizing: SizingOf<'gateway-cpu'>, { model }: ModelledTier): TierQueue | UnknownQueue {
  const cost = model.capacity.find(({ name }) => name === 'gatewayCpuSPerTurn');
  if (cost === undefined) {
    return unknown(
      'no CPU time per turn of a gateway process is known',
      'bench through the gateway with its /metrics reachable',
    );
  }
  const servers = Math.max(1, Math.floor(sizing.coresUsable));
  return {
    kind: 'modelled',
    queuesPerUnit: 1,
    servers,
    server: 'a core of a gateway process',
    feels: 'counts',
    customersPerTurn: 1,
    meanServiceMs: (msFromS(cost.value) * servers) / sizing.coresUsable,
    serviceScv: ASSUMED_SCV,
    serviceBasis: cost.basis,
    serviceSource: `CPU time per turn (${cost.source}); taken as exponential, as only its mean is known`,
  };
}

/** Points of equal probability at which a distribution is read. */
const QUANTILES = 200;

/** Squared coefficient of variation between the quantiles of a histogram; undefined for one without time in it. */
export function scvOfHistogram(histogram: LatencyHistogram): number | undefined {
  const values = Array.from(
    { length: QUANTILES },
    (_, i) => histogram.percentileMs((100 * (i + 0.5)) / QUANTILES) ?? 0,
  );
  return computeScv(values);
}

/** How much the time of a turn varied at the highest load that met the objectives. */
function residenceScv(measurement: Measurement): number {
  const met = soundPoints(measurement.curve).filter(({ withinLimits }) => withinLimits);
  const names = new Set(met.at(-1)?.names ?? []);
  const histogram = new LatencyHistogram();
  for (const { steps } of measurement.results)
    for (const step of steps)
      if (names.has(step.name) && step.histograms.latencyMs !== undefined)
        histogram.add(LatencyHistogram.decode(step.histograms.latencyMs));
  return scvOfHistogram(histogram) ?? ASSUMED_SCV;
}

function engineQueue(tier: ModelledTier): TierQueue | UnknownQueue {
  const { measurement, measuredReplicasPerUnit } = tier;
  const capacity = measurement?.curve.capacity;
  if (measurement === undefined || measuredReplicasPerUnit === undefined || capacity?.kind === 'refused') {
    return unknown('no capacity of an engine is known', 'bench the engine that the mode deploys');
  }
  const { replicas, hardware, name } = measurement.result.target;
  const turnsPerS = capacity?.turnsPerS ?? 0;
  const meanMs = predictLatency(soundPoints(measurement.curve), turnsPerS)?.meanMs;
  if (meanMs === undefined) {
    return unknown('no mean latency at the capacity is known', 'bench with completed requests at that rate');
  }
  // A smaller machine carries a share of the measured replica; nodes that span one carry it together.
  const isSpanning = tier.model.group?.kind === 'spanning';
  const shareOfReplica = isSpanning ? 1 : Math.min(1, measuredReplicasPerUnit);
  const queueTurnsPerS = (turnsPerS / replicas) * shareOfReplica;
  // Little's law: as many turns are in progress at the capacity. Whole slots, and the rate is kept.
  const servers = Math.max(1, Math.round(queueTurnsPerS * sFromMs(meanMs)));
  return {
    kind: 'modelled',
    queuesPerUnit: isSpanning ? measuredReplicasPerUnit : Math.max(1, measuredReplicasPerUnit),
    servers,
    server: 'a slot of an engine: a turn in progress at its capacity',
    feels: 'work',
    customersPerTurn: 1,
    meanServiceMs: msFromS(servers / queueTurnsPerS),
    serviceScv: residenceScv(measurement),
    serviceBasis: basisOf(measurement),
    serviceSource: `time of a turn at the capacity of run ${measurement.result.runId} on ${hardware ?? name}`,
  };
}

/** Requests and tokens per minute, as a server that lets through no more than its share of each instant. */
function quotaQueue(
  sizing: SizingOf<'vendor'>,
  { model }: ModelledTier,
  plan: TierPlan,
  { demand, assumptions }: SizingContext,
): TierQueue | UnknownQueue {
  const perTurn =
    model.capacity.find(({ name }) => name === 'llmCallsPerTurn')?.value ?? sizing.llmCallsPerTurn;
  const calls = perTurn * (1 + assumptions.retry.value);
  // The plan's utilisation is of what the mode uses of the quota, and at the rate that the tier is sized for.
  const busyRatio = plan.utilisation * sizing.maxUtilisation;
  const meanServiceMs = (msFromS(busyRatio) * plan.replicas) / (demand.sizingTurnsPerS * calls);
  if (!(meanServiceMs > 0))
    return unknown('the vendor states no limit', 'name a quota with limits per minute');
  return {
    kind: 'modelled',
    queuesPerUnit: 1,
    servers: 1,
    server: 'the quota of an account, spread evenly over each minute',
    feels: 'work',
    customersPerTurn: calls,
    meanServiceMs,
    serviceScv: 0,
    serviceBasis: 'catalogue',
    serviceSource: `${sizing.quotaId}: an upper bound where the vendor lets bursts through; its own waiting is in its latency`,
  };
}

/** What waits where, by how the tier is sized. */
export function tierQueueOf(
  tier: ModelledTier,
  plan: TierPlan,
  context: SizingContext,
): TierQueue | UnknownQueue {
  const { sizing } = tier.model.tier;
  switch (sizing.kind) {
    case 'gateway-cpu':
      return gatewayQueue(sizing, tier);
    case 'capacity-curve':
      return engineQueue(tier);
    case 'vendor':
      return quotaQueue(sizing, tier, plan, context);
    default:
      return unknown(
        `how long ${plan.service} works on a turn was not measured; it is sized by what it holds or carries`,
        'measure its service time under the load of the busy hour',
      );
  }
}
