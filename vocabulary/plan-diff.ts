import { z } from 'zod';
import { diagnosticSchema } from './diagnostics.ts';
import { COST_CATEGORIES } from './plan-file.ts';
import { budgetSectionSchema } from './plan-sections/budget.ts';
import { settingSchema } from './plan-sections/inputs.ts';

export const PLAN_DIFF_SCHEMA_VERSION = 1;

/** A figure in both plans; an end is absent where its plan does not have the figure. */
const numberChangeSchema = z.strictObject({ before: z.number().optional(), after: z.number().optional() });
const wordsChangeSchema = z.strictObject({ before: z.string().optional(), after: z.string().optional() });

/** Kinds of input, in the order in which a reader asks about them. */
export const INPUT_KINDS = [
  'demand',
  'objective',
  'measurement',
  'capacity',
  'price',
  'range',
  'setting',
  'version',
] as const;

/** An input that is not the same in both plans. */
export const inputChangeSchema = z.strictObject({
  kind: z.enum(INPUT_KINDS),
  /** Figure, objective, target, priced entry or path of a setting. */
  name: z.string(),
  /** The mode that it belongs to; absent where it belongs to all. */
  mode: z.string().optional(),
  tier: z.string().optional(),
  unit: z.string().optional(),
  /** Absent where its plan does not have it. */
  before: settingSchema.optional(),
  after: settingSchema.optional(),
  /** What each rests on, where that changed: source, date, run. */
  rests: wordsChangeSchema.optional(),
});

const limitChangeSchema = z.strictObject({
  name: z.string(),
  requiredReplicas: numberChangeSchema,
  explanation: wordsChangeSchema,
});

const tierChangeSchema = z.strictObject({
  tier: z.string(),
  unit: wordsChangeSchema,
  replicas: numberChangeSchema,
  bindingConstraint: wordsChangeSchema,
  /** Limits that ask for another number of replicas. */
  limits: z.array(limitChangeSchema),
  /** Changed inputs that this tier is sized from. */
  because: z.array(inputChangeSchema),
});

const lineChangeSchema = z.strictObject({
  line: z.string(),
  category: z.enum(COST_CATEGORIES),
  /** Tier that causes it, where one does. */
  tier: z.string().optional(),
  unit: z.string(),
  usdPerMonth: numberChangeSchema,
  quantity: numberChangeSchema,
  unitPriceUsd: numberChangeSchema,
  /** Where the price comes from, where that changed. */
  source: wordsChangeSchema,
});

/**
 * Change of the month by what moved it. Lines in both plans are split into quantity and price, each at the mean of the
 * other (T. L. Bennet, J. R. Stat. Soc. 83, 1920): nothing is left over. The parts add up to the whole.
 */
const effectsSchema = z.strictObject({
  quantityUsd: z.number(),
  priceUsd: z.number(),
  addedUsd: z.number(),
  removedUsd: z.number(),
});

const moneyChangeSchema = z.strictObject({
  usdPerMonth: numberChangeSchema,
  /** Without people. */
  machineUsdPerMonth: numberChangeSchema,
  effects: effectsSchema,
  machineEffects: effectsSchema,
  /** Medians, and P90 of the machine. */
  aiUsdPerInteraction: numberChangeSchema,
  aiP90UsdPerInteraction: numberChangeSchema,
  blendedUsdPerInteraction: numberChangeSchema,
  resolvedUsdPerInteraction: numberChangeSchema,
  /** Lines that changed, the largest change of the month first. */
  lines: z.array(lineChangeSchema),
});

/** What an input can be taken over by itself. */
export const LONE_INPUTS = ['release', 'demand', 'objectives', 'measurements', 'prices', 'settings'] as const;

/** The earlier plan made again with one kind of input of the later one, against the earlier plan. */
const loneEffectSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('moved'),
    input: z.enum(LONE_INPUTS),
    /** Without people. */
    machineUsdPerMonth: z.number(),
    usdPerMonth: z.number(),
    replicas: z.int(),
  }),
  /** With that input alone the mode cannot be planned. */
  z.strictObject({ kind: z.literal('refused'), input: z.enum(LONE_INPUTS), reason: z.string() }),
]);

const named = { mode: z.string(), title: z.string() };
const refusal = { reason: z.string(), liftedBy: z.string() };

const modeDiffSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('compared'),
    ...named,
    changed: z.boolean(),
    /** Either plan of it rests on a simulated engine. */
    simulated: z.boolean(),
    bindingConstraint: wordsChangeSchema,
    replicas: numberChangeSchema,
    tiers: z.array(tierChangeSchema),
    money: moneyChangeSchema,
    /** By each input alone; absent where what a plan was made from is not known. */
    alone: z.array(loneEffectSchema).optional(),
    turnP95Ms: numberChangeSchema,
    availabilityRatio: numberChangeSchema,
    missProbability: numberChangeSchema,
    scheduledAgents: numberChangeSchema,
  }),
  /** Planned in one plan only; the other does not know it, or refuses it. */
  z.strictObject({
    kind: z.enum(['added', 'planned-now']),
    ...named,
    simulated: z.boolean(),
    machineUsdPerMonth: z.number(),
    replicas: z.int().nonnegative(),
  }),
  z.strictObject({ kind: z.literal('removed'), ...named }),
  z.strictObject({ kind: z.literal('refused-now'), ...named, ...refusal }),
  z.strictObject({ kind: z.literal('still-refused'), ...named, changed: z.boolean(), ...refusal }),
]);

/** A volume at which the cheapest option changes for good, in both plans. */
const crossingChangeSchema = z.strictObject({
  /** Whole deployment modes, or ways to get the language model alone. */
  among: z.enum(['modes', 'inference']),
  cheaperBelow: z.string(),
  cheaperAbove: z.string(),
  interactionsPerDay: numberChangeSchema,
});

const identitySchema = z.strictObject({
  /** The file, as it was given. */
  name: z.string(),
  createdAtUnixMs: z.number(),
  toolVersion: z.string(),
});

/** Two plans: what changed in replicas and money, and which inputs changed before that. */
export const planDiffSchema = z.strictObject({
  kind: z.literal('busyhour-plan-diff'),
  schemaVersion: z.literal(PLAN_DIFF_SCHEMA_VERSION),
  before: identitySchema,
  after: identitySchema,
  /** False where neither inputs nor answers differ. */
  changed: z.boolean(),
  inputs: z.array(inputChangeSchema),
  modes: z.array(modeDiffSchema),
  /** Break-even volumes that moved, came or went. */
  crossings: z.array(crossingChangeSchema),
  doubts: z.strictObject({ appeared: z.array(diagnosticSchema), gone: z.array(diagnosticSchema) }),
  /** The later plan held against ceilings, where some were given. */
  budget: budgetSectionSchema.optional(),
});

export type PlanDiff = z.infer<typeof planDiffSchema>;
export type ModeDiff = PlanDiff['modes'][number];
export type ComparedMode = Extract<ModeDiff, { kind: 'compared' }>;
export type LoneEffect = z.infer<typeof loneEffectSchema>;
export type LoneInput = LoneEffect['input'];
export type CrossingChange = z.infer<typeof crossingChangeSchema>;
export type TierChange = z.infer<typeof tierChangeSchema>;
export type LimitChange = z.infer<typeof limitChangeSchema>;
export type LineChange = z.infer<typeof lineChangeSchema>;
export type MoneyChange = z.infer<typeof moneyChangeSchema>;
export type MoneyEffects = z.infer<typeof effectsSchema>;
export type InputChange = z.infer<typeof inputChangeSchema>;
export type InputKind = InputChange['kind'];
export type NumberChange = z.infer<typeof numberChangeSchema>;
export type WordsChange = z.infer<typeof wordsChangeSchema>;
