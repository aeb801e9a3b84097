import { z } from 'zod';
import { BASES, sourcedSchema } from './figures.ts';

const share = z.number().min(0).max(1);
const count = z.int().nonnegative();
const usd = z.number().nonnegative();

/** One hour of the simulated week. */
const scaledHourSchema = z.strictObject({
  /** Mean turns/s that arrived. */
  turnsPerS: z.number().nonnegative(),
  /** Replicas that answered: the mean over the hour, the fewest and the most. */
  meanReplicas: z.number().nonnegative(),
  minReplicas: count,
  maxReplicas: count,
  rejectedRatio: share,
  lateRatio: share,
});

/** What a policy made of the busiest week, the same arrivals for each; paid hours are those of an average week. */
const outcomeSchema = z.strictObject({
  turns: z.number().nonnegative(),
  /** Turned away because the queue was full or the wait hopeless. */
  rejectedRatio: share,
  /** Answered, but later than the latency objective allows. */
  lateRatio: share,
  /** Rejected and late together are within what the objectives allow. */
  withinObjectives: z.boolean(),
  minReplicas: count,
  maxReplicas: count,
  meanReplicas: z.number().nonnegative(),
  /** Paid for over an average week, starting and idle ones included. */
  replicaHours: z.number().nonnegative(),
  /** Of a month of average weeks; absent where a replica has no hourly price. */
  usdPerMonth: usd.optional(),
  scaleUps: count,
  scaleDowns: count,
  /** Longest time in one piece in which more arrived than the ready replicas carry. */
  longestShortageS: z.number().nonnegative(),
});

/** A way to have replicas over the week. Rates and counts by hour only for the ones worth a chart. */
const policySchema = z.strictObject({
  kind: z.enum(['static', 'hpa', 'keda', 'schedule']),
  title: z.string(),
  /** Target, tolerance, windows and lags, each with what it rests on. */
  settings: z.array(sourcedSchema),
  outcome: outcomeSchema,
  /** From Monday midnight; absent for a fixed number of replicas. */
  hours: z.array(scaledHourSchema).optional(),
});

/** The least of a policy that keeps the objectives over the week, found by bisection on the same arrivals. */
const headroomSchema = z.strictObject({
  /** Fixed replicas that would do instead of scaling; absent when not even the most that the mode allows do. */
  staticReplicas: count.optional(),
  /** 1 − load in the busy hour ÷ what those carry at the objectives. Negative: they may run above that for minutes. */
  staticHeadroomRatio: z.number().optional(),
  /** Floor of replicas under which the autoscaler keeps the objectives; absent when none does. */
  minReplicas: count.optional(),
  sentence: z.string(),
});

const scaledTierSchema = z.strictObject({
  kind: z.literal('scaled'),
  tier: z.string(),
  unit: z.string(),
  /** What one replica carries at the objectives, and at most. */
  replica: z.strictObject({
    turnsPerSAtObjectives: z.number().positive(),
    maxTurnsPerS: z.number().positive(),
    basis: z.enum(BASES),
  }),
  /** From the decision to scale to the first answer of the new replica: node, container and model. */
  startLagS: z.number().nonnegative(),
  /** The HorizontalPodAutoscaler when replicas start at the slow end of what is assumed. */
  slowStart: z
    .strictObject({
      startLagS: z.number().nonnegative(),
      lateRatio: share,
      rejectedRatio: share,
      withinObjectives: z.boolean(),
    })
    .optional(),
  policies: z.array(policySchema).min(1),
  /** The busiest hour with the zones that the plan survives losing gone at its start; absent where it plans no such loss. */
  zoneLoss: z
    .strictObject({
      lostRatio: share,
      hourOfWeek: count,
      policies: z.array(
        z.strictObject({
          title: z.string(),
          lateRatio: share,
          rejectedRatio: share,
          withinObjectives: z.boolean(),
        }),
      ),
    })
    .optional(),
  headroom: headroomSchema,
  /** The cheapest policy that keeps the objectives: an index into `policies`; absent when none does. */
  cheapestPolicy: count.optional(),
  sentence: z.string(),
});

/** A tier whose replicas cannot follow the hours, and why. */
const unscaledTierSchema = z.strictObject({
  kind: z.literal('not-scaled'),
  tier: z.string(),
  reason: z.string(),
});

/** Functions that are paid by use, instead of the containers of a tier. */
const serverlessSchema = z.strictObject({
  tier: z.string(),
  offer: z.string(),
  figures: z.array(sourcedSchema),
  /** Share of calls that find no warm instance: over the week, in the quietest and in the busiest hour. */
  coldStartRatio: share,
  quietestHourColdStartRatio: share,
  busiestHourColdStartRatio: share,
  usdPerMonth: usd,
  usdPerInteraction: usd,
  /** The containers of the plan, always on. */
  containersUsdPerMonth: usd,
  /** Functions are cheaper below this volume; absent when one of the two is cheaper at every volume looked at. */
  breakEvenInteractionsPerDay: z.number().positive().optional(),
  cheaper: z.enum(['serverless', 'containers']),
  sentence: z.string(),
});

/** Replicas over a week instead of one busy hour. Everything in it is simulated from the plan's demand and capacity. */
export const autoscalingSectionSchema = z.strictObject({
  seed: count,
  /** Where the shape of the week comes from. */
  profile: z.string(),
  profileBasis: z.enum(BASES),
  /** Turns/s of each hour from Monday midnight, before any burst. */
  weekTurnsPerS: z.array(z.number().nonnegative()).length(168),
  tiers: z.array(z.discriminatedUnion('kind', [scaledTierSchema, unscaledTierSchema])),
  serverless: z.array(serverlessSchema),
});

export type AutoscalingSection = z.infer<typeof autoscalingSectionSchema>;
export type ScaledTier = z.infer<typeof scaledTierSchema>;
export type UnscaledTier = z.infer<typeof unscaledTierSchema>;
export type ScalingPolicyRow = z.infer<typeof policySchema>;
export type ScalingOutcome = z.infer<typeof outcomeSchema>;
export type ScaledHour = z.infer<typeof scaledHourSchema>;
export type ScalingHeadroom = z.infer<typeof headroomSchema>;
export type ServerlessComparison = z.infer<typeof serverlessSchema>;
