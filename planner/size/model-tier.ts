import type { ModeTier } from '../../scenarios/mode.ts';
import { assertNever } from '../../vocabulary/errors.ts';
import { BYTES_PER_GIB, BYTES_PER_MIB } from '../../vocabulary/units.ts';
import { shownRate } from '../calibrate/capacity.ts';
import { type Planned, planned } from '../refusal.ts';
import { sourced } from '../sourced.ts';
import type { ModelledTier, SizingContext } from './context.ts';
import { modelGateway } from './gateway.ts';
import { modelInference } from './inference.ts';
import { modelVendor } from './vendor.ts';

type MemorySizing = Extract<ModeTier['sizing'], { kind: 'memory' }>;

/** Open interactions × bytes each, over the memory of a node. */
function modelMemory(tier: ModeTier, sizing: MemorySizing, context: SizingContext): ModelledTier {
  const bytes = context.assumptions.contextBytesPerInteraction;
  const demand = context.demand.openInteractions * bytes.value;
  const perReplica = sizing.memoryGib * BYTES_PER_GIB * sizing.maxUtilisation;
  return {
    model: {
      tier,
      unit: tier.unit.name,
      limits: [
        {
          name: 'memory',
          demand,
          perReplica,
          explanation: `${shownRate(demand / BYTES_PER_MIB)} MiB of open conversations ÷ ${shownRate(perReplica / BYTES_PER_MIB)} MiB per node at ${sizing.maxUtilisation * 100} %`,
          measuredAs: 'none',
        },
      ],
      minReplicas: tier.minReplicas,
      capacity: [
        bytes,
        sourced('memoryGib', sizing.memoryGib, 'GiB', { basis: 'assumed', source: 'set by the mode' }),
      ],
      headroomRatio: 0,
    },
    diagnostics: [],
  };
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

/** The limits of a tier by its kind of sizing, or why they cannot be known. */
export function modelTier(tier: ModeTier, context: SizingContext): Planned<ModelledTier> {
  const { sizing } = tier;
  switch (sizing.kind) {
    case 'capacity-curve':
      return modelInference(tier, sizing, context);
    case 'gateway-cpu':
      return modelGateway(tier, sizing, context);
    case 'vendor':
      return modelVendor(tier, sizing, context);
    case 'memory':
      return planned(modelMemory(tier, sizing, context));
    case 'fixed':
      return planned(modelFixed(tier));
    default:
      return assertNever(sizing);
  }
}
