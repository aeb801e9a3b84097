import { z } from 'zod';
import { diagnosticSchema } from './diagnostics.ts';
import { checkHead, type DocumentHead } from './document-head.ts';
import { type Result, unwrap } from './errors.ts';
import { writeFileAtomic } from './files.ts';
import { parseWith, parseYaml, readText } from './parse.ts';
import { autoscalingSectionSchema } from './plan-sections/autoscaling.ts';
import { availabilitySectionSchema } from './plan-sections/availability.ts';
import { breakEvenSchema } from './plan-sections/break-even.ts';
import { budgetSectionSchema } from './plan-sections/budget.ts';
import { BASES, intervalSchema, sourcedSchema } from './plan-sections/figures.ts';
import { planInputsSchema } from './plan-sections/inputs.ts';
import { peopleSectionSchema } from './plan-sections/people.ts';
import { uncertaintySectionSchema } from './plan-sections/uncertainty.ts';
import { waitingSectionSchema } from './plan-sections/waiting.ts';
import { sloSchema } from './slo.ts';

export { BASES, type Basis, type Interval, type Sourced, sourcedSchema } from './plan-sections/figures.ts';

export const PLAN_SCHEMA_VERSION = 1;

/** One lower bound on a tier's replicas. The largest binds. */
const limitSchema = z.strictObject({
  name: z.enum([
    'load',
    'concurrency',
    'connections',
    'memory',
    'storage',
    'kv',
    'minimum',
    'redundancy',
    'quota',
  ]),
  requiredReplicas: z.int().nonnegative(),
  explanation: z.string(),
  /** Load that this limit alone leaves to the planned replicas, losses included, as a share of the plan's load. */
  slackRatio: z.number().nonnegative().optional(),
});

const tierPlanSchema = z.strictObject({
  tier: z.string(),
  service: z.string(),
  /** What one replica is: an instance SKU, a GPU node, a vendor quota. */
  unit: z.string(),
  replicas: z.int().nonnegative(),
  /** Replicas that carry the busy hour with nothing lost. */
  replicasForLoad: z.int().nonnegative(),
  limits: z.array(limitSchema),
  bindingConstraint: z.string(),
  /** Load that could be added before the binding constraint asks for another replica, as a share of the plan's load. */
  slackRatio: z.number(),
  utilisation: z.number().nonnegative(),
  capacity: z.array(sourcedSchema),
  /** After the losses that the tier is planned to survive: replicas left and their busy share. */
  whenLost: z
    .strictObject({ replicas: z.int().nonnegative(), utilisation: z.number().nonnegative() })
    .optional(),
  /** Accounts of a vendor tier by provider, in the order in which they fill, with the share of calls that each takes. */
  providers: z
    .array(
      z.strictObject({
        service: z.string(),
        priceId: z.string(),
        accounts: z.int().nonnegative(),
        callsRatio: z.number().min(0).max(1),
      }),
    )
    .optional(),
});

export const COST_CATEGORIES = [
  'compute',
  'llm',
  'gpu',
  'storage',
  'network',
  'people',
  'operations',
  'voice',
] as const;

const costLineSchema = z.strictObject({
  line: z.string(),
  category: z.enum(COST_CATEGORIES),
  quantity: z.number(),
  unit: z.string(),
  unitPriceUsd: z.number(),
  usdPerMonth: z.number().nonnegative(),
  basis: z.enum(BASES),
  source: z.string(),
  date: z.string().optional(),
  /** Catalogue entry of the price, and tier that causes the line; both absent for people. */
  skuId: z.string().optional(),
  tier: z.string().optional(),
  /** Share of the line that pays for capacity which stands unused over the month; absent where nothing can be idle. */
  idleRatio: z.number().min(0).max(1).optional(),
  /** Does not grow with volume: it is shared by all interactions. */
  shared: z.boolean().optional(),
});

const plannedModeSchema = z.strictObject({
  kind: z.literal('planned'),
  mode: z.string(),
  title: z.string(),
  tiers: z.array(tierPlanSchema),
  /** The tier and constraint that set the size of the whole mode. */
  bindingConstraint: z.string(),
  latency: z.strictObject({
    turnP50Ms: z.number().optional(),
    turnP95Ms: z.number().optional(),
    basis: z.enum(BASES),
    explanation: z.string(),
    /** The same after the losses that the mode is planned to survive. */
    whenLost: z
      .strictObject({
        turnP50Ms: z.number().optional(),
        turnP95Ms: z.number().optional(),
        explanation: z.string(),
      })
      .optional(),
  }),
  availabilityRatio: z.number().min(0).max(1),
  costLines: z.array(costLineSchema),
  usdPerMonth: z.number().nonnegative(),
  /** USD per interaction: machine only; with escalations to people; per contact resolved. */
  usdPerInteraction: z.strictObject({
    ai: intervalSchema,
    blended: intervalSchema,
    resolved: intervalSchema,
  }),
  byCategoryUsdPerInteraction: z.partialRecord(z.enum(COST_CATEGORIES), z.number()),
  simulated: z.boolean(),
  diagnostics: z.array(diagnosticSchema),
  /** Sections that plans of earlier releases lack. */
  people: peopleSectionSchema.optional(),
  availability: availabilitySectionSchema.optional(),
  uncertainty: uncertaintySectionSchema.optional(),
  waiting: waitingSectionSchema.optional(),
  autoscaling: autoscalingSectionSchema.optional(),
});

const refusedModeSchema = z.strictObject({
  kind: z.literal('refused'),
  mode: z.string(),
  title: z.string(),
  reason: z.string(),
  /** The measurement or setting that would lift the refusal. */
  liftedBy: z.string(),
  diagnostics: z.array(diagnosticSchema),
});

/** One measured (or simulated) target that the plan rests on. */
const measurementSchema = z.strictObject({
  runId: z.string(),
  target: z.string(),
  engine: z.string(),
  simulated: z.boolean(),
  capacityTurnsPerS: z.number().optional(),
  /** Why there is no capacity, when there is none. */
  refusal: z.string().optional(),
  /** Two rates that would narrow the capacity, or find it; absent where it is known to 5 %. */
  nextTurnsPerS: z.array(z.number().positive()).optional(),
  points: z.array(
    z.strictObject({
      turnsPerS: z.number(),
      goodputPerS: z.number(),
      p50Ms: z.number().optional(),
      p95Ms: z.number().optional(),
      p99Ms: z.number().optional(),
      errorRatio: z.number(),
      requests: z.int().nonnegative(),
      verdict: z.enum(['met', 'missed', 'not-enough-evidence']),
    }),
  ),
});

export const planFileSchema = z.strictObject({
  kind: z.literal('busyhour-plan'),
  schemaVersion: z.literal(PLAN_SCHEMA_VERSION),
  tool: z.strictObject({ name: z.string(), version: z.string() }),
  createdAtUnixMs: z.number().positive(),
  seed: z.int().nonnegative(),
  demand: z.strictObject({
    interactionsPerDay: z.number().positive(),
    busyHourInteractionsPerS: z.number().positive(),
    busyHourTurnsPerS: z.number().positive(),
    /** Turns being answered at once and conversations open at once in the busy hour. */
    busyHourTurnsInFlight: z.number().nonnegative(),
    busyHourOpenInteractions: z.number().nonnegative(),
    figures: z.array(sourcedSchema),
  }),
  slos: z.array(sloSchema),
  measurements: z.array(measurementSchema),
  modes: z.array(z.discriminatedUnion('kind', [plannedModeSchema, refusedModeSchema])),
  breakEven: breakEvenSchema.optional(),
  inputs: planInputsSchema.optional(),
  budget: budgetSectionSchema.optional(),
  diagnostics: z.array(diagnosticSchema),
});

export type PlanFile = z.infer<typeof planFileSchema>;
export type PlannedMode = z.infer<typeof plannedModeSchema>;
export type RefusedMode = z.infer<typeof refusedModeSchema>;
export type TierPlan = z.infer<typeof tierPlanSchema>;
export type TierLimit = z.infer<typeof limitSchema>;
export type CostLine = z.infer<typeof costLineSchema>;
export type CostCategory = (typeof COST_CATEGORIES)[number];
export type PlanMeasurement = z.infer<typeof measurementSchema>;

const HEAD: DocumentHead = {
  kind: 'busyhour-plan',
  schemaVersion: PLAN_SCHEMA_VERSION,
  code: 'INVALID_PLAN_FILE',
};

/** Parses plan text; a version that this release does not read is refused by name. */
export function parsePlanFile(text: string, what: string): Result<PlanFile> {
  const value = parseYaml(text, 'INVALID_PLAN_FILE', what);
  if (value.kind === 'failed') return value;
  const head = checkHead(value.value, HEAD, what);
  if (head.kind === 'failed') return head;
  return parseWith(planFileSchema, value.value, 'INVALID_PLAN_FILE', what);
}

export function readPlanFile(path: string): Result<PlanFile> {
  const text = readText(path);
  return text.kind === 'failed' ? text : parsePlanFile(text.value, path);
}

/** Writes a plan that satisfies its schema, whole or not at all. A plan that does not is a bug and throws. */
export function writePlanFile(path: string, plan: PlanFile): Result<string> {
  unwrap(parseWith(planFileSchema, plan, 'INTERNAL', 'the plan to write'));
  return writeFileAtomic(path, `${JSON.stringify(plan, null, 1)}\n`);
}
