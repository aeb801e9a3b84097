import { z } from 'zod';

export { type Arrivals, arrivalsSchema } from './arrivals.ts';

const spans = {
  warmUpMs: z.number().nonnegative().default(2_000),
  windowMs: z.number().positive().default(10_000),
};

const openStepSchema = z
  .strictObject({
    interactionsPerS: z.number().positive().optional(),
    turnsPerS: z.number().positive().optional(),
    ...spans,
  })
  .refine((step) => (step.interactionsPerS === undefined) !== (step.turnsPerS === undefined), {
    message: 'exactly one of interactionsPerS and turnsPerS',
  });

const closedStepSchema = z.strictObject({ concurrency: z.int().positive(), ...spans });

const stepsPlanSchema = z.strictObject({
  kind: z.literal('steps'),
  steps: z.array(openStepSchema).min(1),
});

const closedPlanSchema = z.strictObject({
  kind: z.literal('closed'),
  steps: z.array(closedStepSchema).min(1),
  /** `drawn`: each user thinks as the workload says; `none`: users ask again at once. */
  thinkTime: z.enum(['drawn', 'none']).default('drawn'),
});

const searchPlanSchema = z.strictObject({
  kind: z.literal('find-capacity'),
  /** Time for everything: the probe, the steps and their drains. */
  budgetMs: z.number().min(2_000).default(30_000),
  /** Share of the budget for the closed-loop probe that gives the first estimate. */
  probeShareRatio: z.number().min(0.05).max(0.5).default(0.2),
  warmUpMs: z.number().nonnegative().default(1_000),
  windowMs: z.number().positive().default(4_000),
  maxSteps: z.int().min(2).max(50).default(8),
  maxTurnsPerS: z.number().positive().default(10_000),
  /** The bracket is narrow enough when its ends are within this ratio of each other. */
  resolutionRatio: z.number().gt(0).lt(1).default(0.1),
});

export const loadPlanSchema = z.discriminatedUnion('kind', [
  stepsPlanSchema,
  closedPlanSchema,
  searchPlanSchema,
]);

export type LoadPlan = z.infer<typeof loadPlanSchema>;
export type OpenStep = z.infer<typeof openStepSchema>;
export type ClosedStep = z.infer<typeof closedStepSchema>;
export type SearchPlan = z.infer<typeof searchPlanSchema>;
