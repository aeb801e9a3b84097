import { z } from 'zod';
import { sloSchema } from '../slo.ts';
import { BASES, intervalSchema } from './figures.ts';

const share = z.number().min(0).max(1);
const rankCorrelation = z.number().min(-1).max(1);

/** An input that is drawn. All four values are in `unit`; `low` and `high` are the ends, `value` that of the plan. */
const drawnInputSchema = z.strictObject({
  key: z.string(),
  /** For tables: `busy-hour share`, `measured capacity (simulated)`. */
  label: z.string(),
  unit: z.string(),
  /** Triangular over low, value and high, or samples taken as they are. */
  distribution: z.enum(['triangular', 'empirical']),
  low: z.number(),
  value: z.number(),
  high: z.number(),
  p10: z.number(),
  p90: z.number(),
  basis: z.enum(BASES),
  source: z.string(),
});

/** A rank correlation (Spearman) that the draws were given, and the one that they have. */
const correlationSchema = z.strictObject({
  a: z.string(),
  b: z.string(),
  rankCorrelation,
  drawnRankCorrelation: rankCorrelation,
  reason: z.string(),
});

/** What a tier needs over the draws, beside what the plan gives it. */
const replicasSchema = z.strictObject({
  tier: z.string(),
  unit: z.string(),
  planned: z.int().nonnegative(),
  /** Replicas that the draws ask for, not capped by what the mode can have. */
  needed: intervalSchema,
  /** Share of draws that need no more than planned, headroom and redundancy included. */
  sufficientRatio: share,
  /** The most that the mode can have, where it has a limit, and the share of draws that need more. */
  maxReplicas: z.int().nonnegative().optional(),
  aboveMaxRatio: share,
  /** Share of draws in which the planned replicas miss an objective: all up, and after the planned losses. */
  missProbability: z.strictObject({ allUp: share, afterLosses: share }),
});

/** Share of draws in which the planned replicas miss one objective. */
const objectiveMissSchema = z.strictObject({
  slo: sloSchema,
  /** Tiers that were measured against it. */
  tiers: z.array(z.string()),
  allUp: share,
  afterLosses: share,
});

const endsSchema = z.strictObject({ atP10: z.number(), atP90: z.number() });

/** One input at its P10 and at its P90, every other one at its value in the plan. */
const tornadoRowSchema = z.strictObject({
  /** `key` of the input. */
  input: z.string(),
  label: z.string(),
  unit: z.string(),
  p10: z.number(),
  p90: z.number(),
  usdPerInteraction: z.strictObject({ ai: endsSchema, blended: endsSchema, resolved: endsSchema }),
  /** Only the tiers that the input moves. */
  replicas: z.array(z.strictObject({ tier: z.string(), ...endsSchema.shape })),
  /** Absent where the input does not move who reaches a person. */
  scheduledAgents: endsSchema.optional(),
  /** |at P90 − at P10| of the cost per resolved contact: the rows come in its order, largest first. */
  swingUsdPerResolved: z.number().nonnegative(),
});

/** Seeded correlated draws of a mode's inputs, and what they say of its replicas and cost. */
export const uncertaintySectionSchema = z.strictObject({
  draws: z.int().positive(),
  inputs: z.array(drawnInputSchema),
  /** Pairs that are not listed are drawn independently. */
  correlations: z.array(correlationSchema),
  replicas: z.array(replicasSchema),
  /** Agents on the schedule in the busy hour; absent where nobody is escalated. */
  scheduledAgents: intervalSchema.optional(),
  /** Probability that any tier misses an objective in the busy hour: all up, and after the planned losses. */
  missProbability: z.strictObject({
    allUp: share,
    afterLosses: share,
    /** Share of draws that need more replicas than the mode can have. */
    aboveMaxRatio: share,
    byObjective: z.array(objectiveMissSchema),
  }),
  usdPerMonth: z.strictObject({
    /** Without the people category. */
    machine: intervalSchema,
    total: intervalSchema,
    /** Each cost line of the mode, in their order. Percentiles of lines do not add up to that of their sum. */
    lines: z.array(z.strictObject({ line: z.string(), ...intervalSchema.shape })),
  }),
  /** At the central value of every input: what each tornado row departs from. */
  central: z.strictObject({
    usdPerInteraction: z.strictObject({ ai: z.number(), blended: z.number(), resolved: z.number() }),
  }),
  tornado: z.array(tornadoRowSchema),
  /**
   * Share of draws in which no other planned mode costs less, every mode sized for the draw; one that cannot have the
   * replicas is no choice. Absent where there is no other.
   */
  cheapestRatio: z.strictObject({ ai: share, resolved: share }).optional(),
});

export type UncertaintySection = z.infer<typeof uncertaintySectionSchema>;
export type DrawnInput = z.infer<typeof drawnInputSchema>;
export type DrawnCorrelation = z.infer<typeof correlationSchema>;
export type TierUncertainty = z.infer<typeof replicasSchema>;
export type ObjectiveMiss = z.infer<typeof objectiveMissSchema>;
export type TornadoRow = z.infer<typeof tornadoRowSchema>;
