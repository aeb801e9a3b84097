import { z } from 'zod';

export { type Arrivals, arrivalsSchema } from './arrivals.ts';

const spans = {
  warmUpMs: z.number().nonnegative().default(2_000),
  windowMs: z.number().positive().default(10_000),
};

/** Repetitions of every step with other seeds; the result numbers them as blocks. */
const replications = z.int().min(1).max(100).default(1);

/** `drawn`: each user thinks as the workload says; `none`: users ask again at once. */
const thinkTime = z.enum(['drawn', 'none']).default('drawn');

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
  replications,
});

const closedPlanSchema = z.strictObject({
  kind: z.literal('closed'),
  steps: z.array(closedStepSchema).min(1),
  thinkTime,
  replications,
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
  /** Confirm the rate that was found at this confidence; without it the observed share decides. */
  confidence: z.number().min(0.5).max(0.999).optional(),
});

/** What a point of a curve is: an open-loop rate, or a number of users. */
export const LOAD_AXES = ['turnsPerS', 'interactionsPerS', 'concurrency'] as const;
const axis = z.enum(LOAD_AXES).default('turnsPerS');

const geometricRangeSchema = z
  .strictObject({ from: z.number().positive(), to: z.number().positive(), points: z.int().min(2).max(100) })
  .refine(({ from, to }) => from < to, { message: 'from below to', path: ['from'] });

const sweepPlanSchema = z
  .strictObject({
    kind: z.literal('sweep'),
    over: axis,
    /** Points in the order run. Exactly one of this and `range`. */
    values: z.array(z.number().positive()).min(1).optional(),
    /** Points from `from` to `to`, each the same ratio above the one before. */
    range: geometricRangeSchema.optional(),
    /** Ends after so many points in a row that miss an objective; 0 runs them all. */
    stopAfterMisses: z.int().nonnegative().default(2),
    thinkTime,
    replications,
    ...spans,
  })
  .superRefine(({ over, values, range }, context) => {
    if ((values === undefined) === (range === undefined)) {
      context.addIssue({ code: 'custom', path: ['values'], message: 'exactly one of values and range' });
    }
    values?.forEach((value, i) => {
      if (over !== 'concurrency' || Number.isInteger(value)) return;
      context.addIssue({ code: 'custom', path: ['values', i], message: 'a whole number of users' });
    });
  });

const calibratePlanSchema = z
  .strictObject({
    kind: z.literal('calibrate'),
    over: axis,
    /** The first three points lie between these; where absent, a closed-loop probe says where. */
    from: z.number().positive().optional(),
    to: z.number().positive().optional(),
    /** Points in all: three spread over the range, the rest where the objective is predicted to be crossed. */
    points: z.int().min(4).max(50).default(6),
    /** Ends early when the crossing is known within this ratio. */
    resolutionRatio: z.number().gt(0).lt(1).default(0.05),
    /** Time for the probe, when it is needed. */
    probeMs: z.number().min(500).default(6_000),
    maxPoint: z.number().positive().default(10_000),
    thinkTime,
    ...spans,
  })
  .refine(({ from, to }) => (from === undefined) === (to === undefined), {
    message: 'from and to together, or neither',
    path: ['from'],
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from < to, {
    message: 'from below to',
    path: ['from'],
  });

/** With its defaults the gate needs 11 pairs to say "worse"; a quarter of these may be lost to a generator that was late. */
const DEFAULT_BLOCKS = 16;

const abPlanSchema = z
  .strictObject({
    kind: z.literal('ab'),
    /** Pairs of one step each; in every second one b goes first, so that drift falls on both alike. */
    blocks: z.int().min(2).max(1_000).default(DEFAULT_BLOCKS),
    interactionsPerS: z.number().positive().optional(),
    turnsPerS: z.number().positive().optional(),
    concurrency: z.int().positive().optional(),
    thinkTime,
    ...spans,
    warmUpMs: z.number().nonnegative().default(1_000),
    windowMs: z.number().positive().default(4_000),
  })
  .refine(
    (plan) =>
      [plan.interactionsPerS, plan.turnsPerS, plan.concurrency].filter((load) => load !== undefined)
        .length === 1,
    { message: 'exactly one of interactionsPerS, turnsPerS and concurrency', path: ['turnsPerS'] },
  );

/** What load is put on the target. A new kind is a file in bench/run, one line in its table and one line here. */
export const loadPlanSchema = z.discriminatedUnion('kind', [
  stepsPlanSchema,
  closedPlanSchema,
  searchPlanSchema,
  sweepPlanSchema,
  calibratePlanSchema,
  abPlanSchema,
]);

/** Largest number of users that a plan names by itself; 0 for one that names none. */
export function largestConcurrency(load: LoadPlan): number {
  switch (load.kind) {
    case 'closed':
      return Math.max(...load.steps.map(({ concurrency }) => concurrency));
    case 'ab':
      return load.concurrency ?? 0;
    case 'sweep':
      return load.over === 'concurrency' ? Math.max(load.range?.to ?? 0, ...(load.values ?? [])) : 0;
    case 'calibrate':
      return load.over === 'concurrency' ? (load.to ?? 0) : 0;
    default:
      return 0;
  }
}

export type LoadPlan = z.infer<typeof loadPlanSchema>;
export type LoadPlanInput = z.input<typeof loadPlanSchema>;
export type OpenStep = z.infer<typeof openStepSchema>;
export type ClosedStep = z.infer<typeof closedStepSchema>;
export type StepsPlan = z.infer<typeof stepsPlanSchema>;
export type ClosedPlan = z.infer<typeof closedPlanSchema>;
export type SearchPlan = z.infer<typeof searchPlanSchema>;
export type SweepPlan = z.infer<typeof sweepPlanSchema>;
export type CalibratePlan = z.infer<typeof calibratePlanSchema>;
export type AbPlan = z.infer<typeof abPlanSchema>;
export type LoadAxis = (typeof LOAD_AXES)[number];
export type ThinkTime = z.infer<typeof thinkTime>;
