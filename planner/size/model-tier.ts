import type { ModeTier } from '../../scenarios/mode.ts';
import { assertNever } from '../../vocabulary/errors.ts';
import type { TierPlan } from '../../vocabulary/plan-file.ts';
import { BYTES_PER_GIB, BYTES_PER_MIB, percentFromRatio } from '../../vocabulary/units.ts';
import { shownRate } from '../calibrate/capacity.ts';
import { type Planned, planned } from '../refusal.ts';
import { sourced } from '../sourced.ts';
import type { ModelledTier, SizingContext } from './context.ts';
import { modelGateway } from './gateway.ts';
import { modelInference } from './inference.ts';
import type { LoadLimit } from './limits.ts';
import { modelRated, ratedAssumption, ratedFigures, ratedLimits } from './rated.ts';
import { modelVendor } from './vendor.ts';

type MemorySizing = Extract<ModeTier['sizing'], { kind: 'memory' }>;

/** Open interactions × bytes each, over the memory of a node, and its further rated limits. */
function modelMemory(
  tier: ModeTier,
  sizing: MemorySizing,
  context: SizingContext,
  sized: readonly TierPlan[],
): Planned<ModelledTier> {
  const bytes = context.assumptions.contextBytesPerInteraction;
  const demand = context.demand.openInteractions * bytes.value;
  const perReplica = sizing.memoryGib * BYTES_PER_GIB * sizing.maxUtilisation;
  const rated = sizing.limits ?? [];
  const further = ratedLimits(rated, sizing.maxUtilisation, context, sized);
  if (further.kind === 'refused') return further;
  const assumption = sizing.assumption ?? 'set by the mode';
  const memory: LoadLimit = {
    name: 'memory',
    demand,
    perReplica,
    explanation: `${shownRate(demand / BYTES_PER_MIB)} MiB of open conversations ÷ ${shownRate(perReplica / BYTES_PER_MIB)} MiB per node at ${shownRate(percentFromRatio(sizing.maxUtilisation))} %`,
    measuredAs: 'none',
  };
  return planned({
    model: {
      tier,
      unit: tier.unit.name,
      limits: [memory, ...further.value],
      minReplicas: tier.minReplicas,
      capacity: [
        bytes,
        sourced('memoryGib', sizing.memoryGib, 'GiB', { basis: 'assumed', source: 'set by the mode' }),
        ...ratedFigures(rated, assumption),
      ],
      headroomRatio: 0,
    },
    diagnostics: rated.length === 0 ? [] : [ratedAssumption(assumption, tier.id)],
  });
}

const modelFixed = (tier: ModeTier): ModelledTier => ({
  model: {
    tier,
    unit: tier.unit.name,
    limits: [],
    minReplicas: tier.minReplicas,
    capacity: [],
    headroomRatio: 0,
  },
  diagnostics: [],
});

/**
 * The limits of a tier by its kind of sizing, or why they cannot be known. `sized` are the tiers that were sized before
 * it, for limits that grow with their replicas.
 */
export function modelTier(
  tier: ModeTier,
  context: SizingContext,
  sized: readonly TierPlan[] = [],
): Planned<ModelledTier> {
  const { sizing } = tier;
  switch (sizing.kind) {
    case 'capacity-curve':
      return modelInference(tier, sizing, context);
    case 'gateway-cpu':
      return modelGateway(tier, sizing, context);
    case 'vendor':
      return modelVendor(tier, sizing, context);
    case 'memory':
      return modelMemory(tier, sizing, context, sized);
    case 'rated':
      return modelRated(tier, sizing, context, sized);
    case 'fixed':
      return planned(modelFixed(tier));
    default:
      return assertNever(sizing);
  }
}
