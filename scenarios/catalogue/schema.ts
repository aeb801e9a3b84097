import { z } from 'zod';
import { figureProblem } from './figure-bounds.ts';
import { parsePeakHours } from './peak-hours.ts';
import { unitOfField } from './units-of-fields.ts';

export const CATALOGUE_SCHEMA_VERSION = 1;

/** A token, an hour, a month: nothing that is rented or bought by the unit costs more. */
const price = z.number().nonnegative().max(1e9);

/** A range; `mode` is the likeliest value where one is known. */
const rangeSchema = z
  .strictObject({ low: z.number(), mode: z.number().optional(), high: z.number() })
  .refine((range) => range.low <= (range.mode ?? range.low) && (range.mode ?? range.high) <= range.high, {
    message: 'low ≤ mode ≤ high',
  });

export type FigureRange = z.infer<typeof rangeSchema>;

const isoDay = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'an ISO date');

/** On every entry: where the figures come from and when they held. */
const provenance = {
  id: z.string().min(1),
  source: z.string().min(1),
  /** ISO date, month or year; the earliest that the source names. */
  date: z.string().regex(/^\d{4}(-\d{2}(-\d{2})?)?$/, 'an ISO date, month or year'),
  /** The source's own words for its date, where they say more. */
  dateText: z.string().optional(),
  confidence: z.enum(['low', 'medium', 'high']).optional(),
  confidenceText: z.string().optional(),
  /** False when sources disagree; absent when there was no second source. */
  sourcesAgree: z.boolean().optional(),
  /** `effective` when absent. Promotional: below list for a time. Scheduled: announced, not yet sold. */
  status: z.enum(['effective', 'promotional', 'scheduled', 'retired']).optional(),
  /** Last day of a promotion; first day without the offer when it is retired. */
  statusUntil: isoDay.optional(),
  notes: z.array(z.string()).optional(),
};

const tokenPrices = {
  inputUsdPerMTokens: price.optional(),
  cachedInputUsdPerMTokens: price.optional(),
  cacheWriteUsdPerMTokens: price.optional(),
  outputUsdPerMTokens: price.optional(),
};

const llmPriceSchema = z.strictObject({
  ...provenance,
  vendor: z.string(),
  model: z.string(),
  effectiveOn: isoDay.optional(),
  inputUsdPerMTokens: price,
  /** Absent when the vendor has no price for cached input: it is billed as input. */
  cachedInputUsdPerMTokens: price.optional(),
  outputUsdPerMTokens: price,
  cacheWriteUsdPerMTokens: price.optional(),
  cacheWrite1HourUsdPerMTokens: price.optional(),
  cacheWrite12HourUsdPerMTokens: price.optional(),
  batchInputUsdPerMTokens: price.optional(),
  batchOutputUsdPerMTokens: price.optional(),
  batchPriceRatio: price.optional(),
  fastPriceRatio: price.optional(),
  maxConcurrentRequests: z.int().positive().optional(),
  cachedInputSourcesAgree: z.boolean().optional(),
  /** Prices of a request whose input is longer than the bound. */
  longContextTiers: z
    .array(z.strictObject({ aboveInputTokens: z.int().positive(), ...tokenPrices }))
    .optional(),
  /** Prices of the hours named, such as `01:00-04:00 and 06:00-10:00 Mon-Fri`. */
  peak: z
    .strictObject({
      hoursUtc: z.string().refine((text) => parsePeakHours(text) !== undefined, {
        message: 'hours such as 01:00-04:00 Mon-Fri',
      }),
      ...tokenPrices,
    })
    .optional(),
  listPrice: z.strictObject(tokenPrices).optional(),
  /**
   * Announced changes. A scheduled price is a plan of the vendor, not a price: `effective` once somebody confirmed it,
   * `cancelled` when it did not come.
   */
  scheduled: z
    .array(
      z.strictObject({
        effectiveFrom: isoDay,
        ...tokenPrices,
        state: z.enum(['scheduled', 'effective', 'cancelled']),
      }),
    )
    .optional(),
  priceHistory: z.array(z.strictObject({ effectiveFrom: isoDay.optional(), ...tokenPrices })).optional(),
  crossChecks: z
    .array(z.strictObject({ source: z.string(), effectiveFrom: isoDay.optional(), ...tokenPrices }))
    .optional(),
});

const cpuInstanceSchema = z.strictObject({
  ...provenance,
  provider: z.string(),
  region: z.string(),
  instance: z.string(),
  vcpus: z.int().positive(),
  memoryGib: z.number().positive(),
  usdPerHour: price,
  spotUsdPerHour: price.optional(),
});

const gpuPriceSchema = z.strictObject({
  ...provenance,
  provider: z.string(),
  region: z.string().optional(),
  instance: z.string().optional(),
  gpu: z.string(),
  gpus: z.int().positive(),
  usdPerHour: price.optional(),
  usdPerGpuHour: price.optional(),
  spotUsdPerHour: price.optional(),
  ownHyperscalerUsdPerGpuHour: price.optional(),
  ownNeocloudUsdPerGpuHour: price.optional(),
  rent3YearUsdPerGpuHour: price.optional(),
  allInKwPerGpu: z.number().positive().optional(),
  marketUsdPerGpuHour: rangeSchema.optional(),
  marketMedianUsdPerGpuHour: price.optional(),
  marketProviders: z.int().positive().optional(),
});

const figuresSchema = z
  .record(
    z.string().refine((field) => unitOfField(field) !== undefined, {
      message: 'a field name that ends in its unit, such as usdPerMonth or Ratio',
    }),
    z.union([z.number(), rangeSchema]),
  )
  .superRefine((figures, context) => {
    for (const [field, raw] of Object.entries(figures)) {
      const values = typeof raw === 'number' ? [raw] : [raw.low, raw.mode ?? raw.low, raw.high];
      const message = values
        .map((value) => figureProblem(field, value))
        .find((problem) => problem !== undefined);
      if (message !== undefined) context.addIssue({ code: 'custom', path: [field], message });
    }
  });

const figureEntrySchema = z.strictObject({
  ...provenance,
  /** Keyed by a name that ends in its unit. */
  figures: figuresSchema,
});

export type LlmPrice = z.infer<typeof llmPriceSchema>;
export type CpuInstance = z.infer<typeof cpuInstanceSchema>;
export type GpuPrice = z.infer<typeof gpuPriceSchema>;
export type FigureEntry = z.infer<typeof figureEntrySchema>;

/** Groups of plain figures, with the days after which a figure is called stale. */
const FIGURE_GROUPS = {
  'llm-discounts': 30,
  'gpu-hardware': 365,
  'managed-services': 365,
  serverless: 365,
  'provisioned-llm': 365,
  'rate-limits': 90,
  facility: 730,
  people: 1095,
  voice: 365,
  demand: 1825,
  'planning-defaults': 1825,
} as const;

/**
 * Days after which an entry of the group is stale. Token prices change within weeks (four flagship vendors each
 * changed one in the eleven weeks before this catalogue was built), rented machines within a year.
 */
export const SHELF_LIFE_DAYS = {
  'llm-prices': 30,
  'cpu-instances': 365,
  'gpu-prices': 180,
  ...FIGURE_GROUPS,
} as const;

export type CatalogueGroup = keyof typeof SHELF_LIFE_DAYS;

const fileOf = <G extends string, S extends z.ZodType>(group: G, entry: S) =>
  z.strictObject({
    kind: z.literal('busyhour-catalogue'),
    schemaVersion: z.literal(CATALOGUE_SCHEMA_VERSION),
    group: z.literal(group),
    entries: z.array(entry),
  });

const figureGroups = Object.keys(FIGURE_GROUPS) as (keyof typeof FIGURE_GROUPS)[];

/** One catalogue file: entries of one group. */
export const catalogueFileSchema = z.discriminatedUnion('group', [
  fileOf('llm-prices', llmPriceSchema),
  fileOf('cpu-instances', cpuInstanceSchema),
  fileOf('gpu-prices', gpuPriceSchema),
  z.strictObject({
    kind: z.literal('busyhour-catalogue'),
    schemaVersion: z.literal(CATALOGUE_SCHEMA_VERSION),
    group: z.enum(figureGroups as [keyof typeof FIGURE_GROUPS, ...(keyof typeof FIGURE_GROUPS)[]]),
    entries: z.array(figureEntrySchema),
  }),
]);

export type CatalogueFile = z.infer<typeof catalogueFileSchema>;

/** One entry with the group it belongs to and the file it was read from. */
export type CatalogueEntry = { readonly file: string } & (
  | { readonly group: 'llm-prices'; readonly entry: LlmPrice }
  | { readonly group: 'cpu-instances'; readonly entry: CpuInstance }
  | { readonly group: 'gpu-prices'; readonly entry: GpuPrice }
  | {
      readonly group: Exclude<CatalogueGroup, 'llm-prices' | 'cpu-instances' | 'gpu-prices'>;
      readonly entry: FigureEntry;
    }
);

/** Every price, limit and default by id; ids are unique over all groups. */
export interface Catalogue {
  readonly entries: ReadonlyMap<string, CatalogueEntry>;
}
