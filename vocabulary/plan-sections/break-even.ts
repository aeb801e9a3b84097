import { z } from 'zod';
import { diagnosticSchema } from '../diagnostics.ts';
import { BASES, intervalSchema, sourcedSchema } from './figures.ts';

const usd = z.number().nonnegative();
const perDay = z.number().positive();

/** Cost at one volume. `units` are machines, nodes, accounts or provisioned units; absent where the option has none. */
const pointSchema = z.strictObject({
  interactionsPerDay: perDay,
  usdPerMonth: usd,
  usdPerInteraction: usd,
  units: z.number().nonnegative().optional(),
});

/** What one option costs as volume grows, in order of volume. People who take escalated contacts are left out. */
const curveSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  /** The weakest of what its figures rest on. */
  basis: z.enum(BASES),
  source: z.string(),
  date: z.string().optional(),
  points: z.array(pointSchema),
  /** The largest volume that the option can carry, and why no more; absent where nothing ends it. */
  end: z.strictObject({ interactionsPerDay: perDay, reason: z.string() }).optional(),
});

/** A volume at which the cheaper of two options changes. Replicas are whole, so two options can cross more than once. */
const crossingSchema = z.strictObject({
  cheaperBelow: z.string(),
  cheaperAbove: z.string(),
  interactionsPerDay: perDay,
  usdPerInteraction: usd,
  /** No later crossing of the same two. */
  lasting: z.boolean(),
  /** Below it or above it one of the two is the cheapest of all. */
  onEnvelope: z.boolean(),
  sentence: z.string(),
});

/** Options of which one is needed, over volume. */
const comparisonSchema = z.strictObject({
  curves: z.array(curveSchema),
  crossings: z.array(crossingSchema),
  /** Which option is cheapest where, in order of volume; adjacent spans differ. */
  cheapest: z.array(z.strictObject({ id: z.string(), fromPerDay: perDay, toPerDay: perDay })),
});

/** Busy share of own hardware from which it is cheaper than buying the same work. */
const utilisationSchema = z.strictObject({
  own: z.string(),
  bought: z.string(),
  /** All cost of one own unit per hour, idle or not. */
  ownUsdPerUnitHour: usd,
  /** Turns/s of one unit at the objectives when it is kept full. */
  turnsPerSPerUnit: z.number().positive(),
  boughtUsdPerTurn: usd,
  /** Above 1: own hardware is dearer even when always full. */
  breakEvenUtilisationRatio: z.number().nonnegative(),
  /** Over the draws of its prices, power, life and staff, the vendor's prices, and what a unit carries. */
  breakEvenInterval: intervalSchema.optional(),
  /** Share of draws in which own hardware, as busy as planned, is the cheaper one. */
  ownCheaperProbability: z.number().min(0).max(1).optional(),
  /** Mean busy share of the planned units over the month, with the hour profile, headroom and spares as planned. */
  plannedUtilisationRatio: z.number().nonnegative(),
  /** The same at large volume, where rounding to whole units no longer counts: the most that can be reached. */
  reachableUtilisationRatio: z.number().min(0).max(1),
  cheaper: z.enum(['own', 'bought', 'own-at-larger-volume']),
  sentence: z.string(),
  figures: z.array(sourcedSchema),
});

/** A way to pay for the same machines. */
const purchaseSchema = z.strictObject({
  kind: z.enum(['on-demand', 'autoscaled', 'reserved', 'spot']),
  usdPerMonth: usd,
  /** Machines paid for whether used or not; the rest follows the load. */
  committedReplicas: z.number().nonnegative(),
  sentence: z.string(),
});

/** On demand, reserved and spot for the machines of one tier over the hours of a week. */
const commitmentSchema = z.strictObject({
  mode: z.string(),
  tier: z.string(),
  unit: z.string(),
  /** Machines that are always on in the plan, and the mean that the load needs over the hours. */
  plannedReplicas: z.number().nonnegative(),
  meanReplicas: z.number().nonnegative(),
  purchases: z.array(purchaseSchema),
  cheapest: z.enum(['on-demand', 'autoscaled', 'reserved', 'spot']),
  figures: z.array(sourcedSchema),
});

/** Volumes and utilisations at which another way becomes the cheaper one. Optional section of a plan. */
export const breakEvenSchema = z.strictObject({
  plannedInteractionsPerDay: perDay,
  /** Whole deployment modes, everything but people. */
  modes: comparisonSchema,
  /** Ways to get the language model alone: a vendor's API, provisioned throughput, own and rented GPUs. */
  inference: comparisonSchema,
  utilisation: z.array(utilisationSchema),
  commitments: z.array(commitmentSchema),
  /** What all of it rests on, in words. */
  assumptions: z.array(z.string()),
  /** Prices of ways to get the model that are stale, disputed or about to change. */
  diagnostics: z.array(diagnosticSchema),
});

export type BreakEven = z.infer<typeof breakEvenSchema>;
export type CostComparison = z.infer<typeof comparisonSchema>;
export type CostCurve = z.infer<typeof curveSchema>;
export type CostCrossing = z.infer<typeof crossingSchema>;
export type UtilisationBreakEven = z.infer<typeof utilisationSchema>;
export type Commitment = z.infer<typeof commitmentSchema>;
export type Purchase = z.infer<typeof purchaseSchema>;
