import type { ModeTier } from '../../scenarios/mode.ts';
import type { TierPlan } from '../../vocabulary/plan-file.ts';
import type {
  AutoscalingSection,
  ScaledTier,
  UnscaledTier,
} from '../../vocabulary/plan-sections/autoscaling.ts';
import type { Slo } from '../../vocabulary/slo.ts';
import type { Demand } from '../demand/demand.ts';
import { figureOf, type ModelledTier, type SizingContext } from '../size/context.ts';
import { tierReplica } from './replica-behaviour.ts';
import { type ScalableTier, scaleTier } from './scale-tier.ts';
import { compareServerless } from './serverless.ts';
import { type ModelStart, type ScalingSettings, scalingSettings, slowStartLags } from './settings.ts';
import { type TurnWeeks, weeksOfTurns } from './week-of-turns.ts';

/** What the section of a mode is made from. */
export interface AutoscalingInput {
  readonly context: SizingContext;
  /** In the order of the mode's tiers, as are `plans`. */
  readonly tiers: readonly ModelledTier[];
  readonly plans: readonly TierPlan[];
  readonly slos: readonly Slo[];
  readonly seed: number;
}

/** Why a tier of this kind has no replicas to add and remove by the hour; undefined where it may. */
function reasonOfSizing({ sizing, unit, role }: ModeTier): string | undefined {
  switch (sizing.kind) {
    case 'capacity-curve':
    case 'gateway-cpu':
      return undefined;
    case 'fixed':
      return `decided, not sized: ${sizing.reason}`;
    case 'vendor':
      return 'the vendor scales it, and is paid by use';
    default:
      if (role !== 'load-balancer')
        return `a ${role.replaceAll('-', ' ')} holds state: nodes do not come and go`;
      return unit.kind === 'service' ? 'the provider scales it' : 'the way in: it stays at its size';
  }
}

/** Why the replicas of a tier stay as they are; undefined where they can follow the hours. */
function reasonToStay(tier: ModeTier): string | undefined {
  const { unit, maxReplicas, scaling } = tier;
  if (scaling?.autoscaler === 'none') return scaling.reason ?? 'the mode does not scale it';
  const reason = reasonOfSizing(tier);
  if (reason !== undefined) return reason;
  if (unit.kind === 'owned-gpu-node') return 'bought: paid for whether used or not';
  if (unit.kind === 'colocated') return `runs on the machines of ${unit.onTier} and scales with them`;
  if (maxReplicas === 1) return 'the mode has one and no more';
  return undefined;
}

function modelStartOf({ sizing }: ModeTier): ModelStart {
  if (sizing.kind !== 'capacity-curve') return 'none';
  return sizing.measuredEngine === 'llama' ? 'cpu' : 'gpu';
}

const hourlyPrice = ({ unit }: ModeTier, context: SizingContext): number | undefined =>
  unit.kind === 'instance' ? figureOf(context, unit.priceId, 'usdPerHour').value : undefined;

function autoscalerOf({ scaling }: ModeTier): 'hpa' | 'keda' | undefined {
  const autoscaler = scaling?.autoscaler;
  return autoscaler === 'none' ? undefined : autoscaler;
}

/** More than a search need look at; only where the mode has no limit of its own. */
const UNBOUNDED_FACTOR = 20;

interface TierInput {
  readonly tier: ModelledTier;
  readonly plan: TierPlan;
  readonly input: AutoscalingInput;
  readonly weeks: TurnWeeks;
}

function scalableTier({ tier, plan, input, weeks }: TierInput, settings: ScalingSettings) {
  const { context, slos } = input;
  const modeTier = tier.model.tier;
  const replica = tierReplica({
    tier,
    slos,
    maxWaitS: settings.maxWaitS.value,
    undisturbedMs: context.reference.curve.points[0]?.p50Ms ?? 0,
    replicas: plan.replicas,
  });
  if (replica === undefined) return undefined;
  const minReplicas = Math.max(1, tier.model.minReplicas);
  const scalable: ScalableTier = {
    tier: plan.tier,
    unit: plan.unit,
    replica,
    settings,
    slowLags: slowStartLags(context, modeTier.scaling, modelStartOf(modeTier)),
    plannedReplicas: plan.replicas,
    minReplicas,
    maxReplicas: modeTier.maxReplicas ?? Math.max(minReplicas, plan.replicas) * UNBOUNDED_FACTOR,
    targetRatio: modeTier.scaling?.targetRatio ?? 1,
    autoscaler: autoscalerOf(modeTier),
    zonesLostRatio: modeTier.survives.zones / modeTier.zones,
    usdPerHour: hourlyPrice(modeTier, context),
    busyHourTurnsPerS: context.demand.busyHourTurnsPerS,
    weeks,
  };
  return scalable;
}

/** Modes often share a tier: the same replicas under the same turns need be simulated once. */
const scaledTiers = new WeakMap<Demand, Map<string, ScaledTier>>();

function scaledOnce(scalable: ScalableTier, demand: Demand, seed: number): ScaledTier {
  const known = scaledTiers.get(demand) ?? new Map<string, ScaledTier>();
  scaledTiers.set(demand, known);
  const { weeks: _, replica, ...rest } = scalable;
  const measured = [0.25, 0.5, 0.75, 1].map((share) => replica.lateRatioAt(share * replica.maxTurnsPerS));
  const key = JSON.stringify([seed, rest, replica, measured]);
  const found = known.get(key) ?? scaleTier(scalable);
  known.set(key, found);
  return found;
}

function planTier(of: TierInput): ScaledTier | UnscaledTier {
  const { context, seed } = of.input;
  const modeTier = of.tier.model.tier;
  const stays = (reason: string): UnscaledTier => ({ kind: 'not-scaled', tier: of.plan.tier, reason });
  const reason = reasonToStay(modeTier);
  if (reason !== undefined) return stays(reason);
  const settings = scalingSettings(context, modeTier.scaling, modelStartOf(modeTier));
  const scalable = scalableTier(of, settings);
  return scalable === undefined
    ? stays('nothing measured says how a replica behaves when it is full')
    : scaledOnce(scalable, context.demand, seed);
}

function serverlessOf({ context, tiers }: AutoscalingInput): AutoscalingSection['serverless'] {
  return tiers.flatMap(({ model }) => {
    const usdPerHour = hourlyPrice(model.tier, context);
    const comparable = model.tier.role === 'gateway' && model.tier.sizing.kind === 'gateway-cpu';
    return usdPerHour === undefined || !comparable ? [] : [compareServerless(model, usdPerHour, context)];
  });
}

const profileOf = ({ week, peakFactor }: Demand): string =>
  peakFactor === 1 ? week.source : `${week.source}; the busiest week, ${peakFactor} times an average one`;

/** Replicas of the mode's tiers over the week of its busy hour, under each autoscaler and at a fixed number. */
export function planAutoscaling(input: AutoscalingInput): AutoscalingSection {
  const { context, tiers, plans, seed } = input;
  const { demand } = context;
  const weeks = weeksOfTurns(demand, seed);
  return {
    seed,
    profile: profileOf(demand),
    profileBasis: demand.week.basis,
    weekTurnsPerS: [...weeks.busiest.turnsPerSByHour],
    tiers: tiers.flatMap((tier, index) => {
      const plan = plans[index];
      return plan === undefined ? [] : [planTier({ tier, plan, input, weeks })];
    }),
    serverless: serverlessOf(input),
  };
}
