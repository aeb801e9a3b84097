import type { Workload } from '../../scenarios/workload.ts';
import { createSampler, type Distribution, type Sampler } from '../../vocabulary/distributions.ts';
import type { Random } from '../../vocabulary/random.ts';
import { conversationSampler } from './conversations.ts';
import { createCustomerSampler } from './customer-sampler.ts';
import { dialogSampler, meanDialog } from './dialogs.ts';
import { requestSampler } from './requests.ts';
import { type InteractionShape, type MeanShape, type ShapeSampler, wholeFrom } from './shape.ts';

export type { InteractionShape, MeanShape, PlannedTurn, ShapeSampler } from './shape.ts';

/** The sampler of each kind of work. A new kind is a file beside this and a line here. */
function sizesOf(workload: Workload): ShapeSampler {
  switch (workload.kind) {
    case 'conversations':
      return conversationSampler(workload);
    case 'requests':
      return requestSampler(workload);
    case 'dialogs':
      return dialogSampler(workload);
  }
}

/**
 * The sampler of a workload; a single request is an interaction of one turn. What belongs to the customer (tenant,
 * prefix, patience) comes from a stream of its own, so that adding it leaves the sizes as they were.
 */
export function createShapeSampler(workload: Workload): ShapeSampler {
  const sizes = sizesOf(workload);
  const customer = createCustomerSampler(workload);
  if (customer === undefined) return sizes;
  return (random): InteractionShape => ({ ...sizes(random), ...customer(random.fork('customer')) });
}

const DRAWS = 20_000;

/** Mean of a quantity as it is used (rounded, at least `min`): exact for counts, else over 20,000 draws. */
function meanAsUsed(distribution: Distribution, min: number, random: Random): number {
  if (distribution.kind === 'histogram') {
    const total = distribution.weights.reduce((sum, weight) => sum + weight, 0);
    const used = distribution.values.map((value) => Math.max(min, Math.round(value)));
    return used.reduce((sum, value, i) => sum + value * (distribution.weights[i] ?? 0), 0) / total;
  }
  const sampler: Sampler = wholeFrom(createSampler(distribution), min);
  let sum = 0;
  for (let i = 0; i < DRAWS; i++) sum += sampler(random);
  return sum / DRAWS;
}

/** Means of turns and think time of a workload. */
export function estimateMeanShape(workload: Workload, random: Random): MeanShape {
  switch (workload.kind) {
    case 'requests':
      return { meanTurnsPerInteraction: 1, meanThinkTimeMs: 0, basis: 'single requests' };
    case 'dialogs':
      return meanDialog(workload, meanAsUsed(workload.thinkTimeMs.distribution, 0, random.fork('think')));
    case 'conversations':
      return {
        meanTurnsPerInteraction: meanAsUsed(workload.turns.distribution, 1, random.fork('turns')),
        meanThinkTimeMs: meanAsUsed(workload.thinkTimeMs.distribution, 0, random.fork('think')),
        basis: `turns: ${workload.turns.source}; think time: ${workload.thinkTimeMs.source}`,
      };
  }
}
