import type { ConversationWorkload, Workload } from '../../scenarios/workload.ts';
import { createSampler, type Distribution, type Sampler } from '../../vocabulary/distributions.ts';
import type { Random } from '../../vocabulary/random.ts';

/** One turn as drawn: sizes in tokens, and the think time that comes before it (0 for the first). */
export interface PlannedTurn {
  readonly thinkTimeMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What one interaction will ask, drawn before anything is sent. */
export interface InteractionShape {
  readonly systemPromptTokens: number;
  readonly turns: readonly PlannedTurn[];
}

/** Draws the shape of one interaction from its own random stream. */
export type ShapeSampler = (random: Random) => InteractionShape;

const wholeFrom = (sampler: Sampler, min: number): Sampler => {
  return (random) => Math.max(min, Math.round(sampler(random)));
};

function conversationSampler(workload: ConversationWorkload): ShapeSampler {
  const turns = wholeFrom(createSampler(workload.turns.distribution), 1);
  const thinkTimeMs = wholeFrom(createSampler(workload.thinkTimeMs.distribution), 0);
  const inputTokens = wholeFrom(createSampler(workload.userTokens.distribution), 1);
  const outputTokens = wholeFrom(createSampler(workload.outputTokens.distribution), 1);
  const systemPromptTokens = wholeFrom(createSampler(workload.systemPromptTokens.distribution), 0);
  return (random) => ({
    systemPromptTokens: systemPromptTokens(random),
    turns: Array.from({ length: turns(random) }, (_, i) => ({
      thinkTimeMs: i === 0 ? 0 : thinkTimeMs(random),
      inputTokens: inputTokens(random),
      outputTokens: outputTokens(random),
    })),
  });
}

/** The sampler of a workload; a single request is an interaction of one turn. */
export function createShapeSampler(workload: Workload): ShapeSampler {
  if (workload.kind === 'conversations') return conversationSampler(workload);
  const inputTokens = wholeFrom(createSampler(workload.inputTokens.distribution), 1);
  const outputTokens = wholeFrom(createSampler(workload.outputTokens.distribution), 1);
  return (random) => ({
    systemPromptTokens: 0,
    turns: [{ thinkTimeMs: 0, inputTokens: inputTokens(random), outputTokens: outputTokens(random) }],
  });
}

const DRAWS = 20_000;

/** Mean of a quantity as it is used (rounded, at least `min`): exact for counts, else over 20,000 draws. */
function meanAsUsed(distribution: Distribution, min: number, random: Random): number {
  if (distribution.kind === 'histogram') {
    const total = distribution.weights.reduce((sum, weight) => sum + weight, 0);
    const used = distribution.values.map((value) => Math.max(min, Math.round(value)));
    return used.reduce((sum, value, i) => sum + value * (distribution.weights[i] ?? 0), 0) / total;
  }
  const sampler = wholeFrom(createSampler(distribution), min);
  let sum = 0;
  for (let i = 0; i < DRAWS; i++) sum += sampler(random);
  return sum / DRAWS;
}

/** What an interaction is on average, as result files have it. */
export interface MeanShape {
  readonly meanTurnsPerInteraction: number;
  readonly meanThinkTimeMs: number;
  readonly basis: string;
}

/** Means of turns and think time of a workload. */
export function estimateMeanShape(workload: Workload, random: Random): MeanShape {
  if (workload.kind === 'requests') {
    return { meanTurnsPerInteraction: 1, meanThinkTimeMs: 0, basis: 'single requests' };
  }
  return {
    meanTurnsPerInteraction: meanAsUsed(workload.turns.distribution, 1, random.fork('turns')),
    meanThinkTimeMs: meanAsUsed(workload.thinkTimeMs.distribution, 0, random.fork('think')),
    basis: `turns: ${workload.turns.source}; think time: ${workload.thinkTimeMs.source}`,
  };
}
