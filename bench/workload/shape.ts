import type { Sampler } from '../../vocabulary/distributions.ts';
import type { Random } from '../../vocabulary/random.ts';

/** One turn as drawn: sizes in tokens, and the think time that comes before it (0 for the first). */
export interface PlannedTurn {
  readonly thinkTimeMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** What the customer says, where it is given and not made up. */
  readonly text?: string;
  /** Blocks that make up the message: the same id is the same text, in whatever request. */
  readonly blocks?: { readonly ids: readonly number[]; readonly tokensPerBlock: number };
}

/** What one interaction will ask, drawn before anything is sent. */
export interface InteractionShape {
  readonly systemPromptTokens: number;
  /** The system prompt, where it is given and not made up. */
  readonly systemText?: string;
  readonly turns: readonly PlannedTurn[];
  /** Begins the system prompt; interactions with the same id have the same text there. */
  readonly prefix?: { readonly id: string; readonly tokens: number };
  /** Whose interaction it is, where the workload has tenants. */
  readonly tenant?: string;
  /** The customer leaves when an answer is not whole by then, from its send; for ever where absent. */
  readonly patienceMs?: number;
}

/** What an interaction is on average, as result files have it. */
export interface MeanShape {
  readonly meanTurnsPerInteraction: number;
  readonly meanThinkTimeMs: number;
  readonly basis: string;
}

/** Draws the shape of one interaction from its own random stream. */
export type ShapeSampler = (random: Random) => InteractionShape;

/** Draws rounded to whole numbers of at least `min`. */
export const wholeFrom = (sampler: Sampler, min: number): Sampler => {
  return (random) => Math.max(min, Math.round(sampler(random)));
};
