import { z } from 'zod';
import { traceReadingSchema } from './trace-reading.ts';

const multiplier = z.number().nonnegative().max(1_000_000);
const spanMs = z.number().nonnegative();
const lastsMs = z.number().positive();

const poissonSchema = z.strictObject({ kind: z.literal('poisson') });
const constantSchema = z.strictObject({ kind: z.literal('constant') });
const gammaSchema = z.strictObject({
  kind: z.literal('gamma'),
  /** Coefficient of variation of the gaps: 1 is Poisson, above it bursts, towards 0 even spacing. */
  gapCv: z.number().positive().max(20),
});

/** How single arrivals scatter around a rate that changes over time. */
const processSchema = z.discriminatedUnion('kind', [poissonSchema, constantSchema, gammaSchema]);
const process = processSchema.default({ kind: 'poisson' });

export type LocalProcess = z.infer<typeof processSchema>;

const rampSchema = z.strictObject({
  kind: z.literal('ramp'),
  fromMultiplier: multiplier.default(0),
  toMultiplier: multiplier.default(1),
  startAtMs: spanMs.default(0),
  /** From one multiplier to the other; the last one holds afterwards. */
  durationMs: lastsMs,
  process,
});

const stepsSchema = z.strictObject({
  kind: z.literal('steps'),
  levels: z.array(z.strictObject({ multiplier, durationMs: lastsMs })).min(1),
  /** Begin again after the last level; otherwise it holds. */
  repeat: z.boolean().default(false),
  process,
});

const spikeSchema = z.strictObject({
  kind: z.literal('spike'),
  baseMultiplier: multiplier.default(1),
  peakMultiplier: multiplier,
  /** When the rise begins, from the start of the step. */
  startAtMs: spanMs,
  riseMs: spanMs.default(0),
  holdMs: lastsMs,
  fallMs: spanMs.default(0),
  /** From one rise to the next; one spike without it. */
  everyMs: lastsMs.optional(),
  process,
});

const soakSchema = z.strictObject({
  kind: z.literal('soak'),
  rampUpMs: spanMs.default(60_000),
  holdMs: lastsMs,
  /** Down to nothing at the end of the hold. */
  rampDownMs: spanMs.default(0),
  process,
});

const HOURS_PER_DAY = 24;
const HOURS_PER_WEEK = 168;

const profileFields = {
  /**
   * `as-given`; `mean-1`: divided by their mean, so that the base rate is that of the whole profile; `peak-1`: divided
   * by the largest, so that the base rate is that of the busiest hour.
   */
  scale: z.enum(['as-given', 'mean-1', 'peak-1']).default('as-given'),
  /** Hours of the profile that pass in one hour of the run. */
  timeCompression: lastsMs.default(1),
  /** `linear` between the middles of hours, which keeps the mean of the profile; `step`: each hour at its own level. */
  interpolation: z.enum(['linear', 'step']).default('linear'),
  process,
};

const levelsOf = (hours: number) =>
  z
    .array(multiplier)
    .length(hours)
    .refine((levels) => levels.some((level) => level > 0), 'at least one multiplier above 0');

const diurnalSchema = z.strictObject({
  kind: z.literal('diurnal'),
  /** One for each hour from midnight. */
  multipliers: levelsOf(HOURS_PER_DAY),
  startHour: z.number().min(0).lt(HOURS_PER_DAY).default(0),
  ...profileFields,
});

const weeklySchema = z.strictObject({
  kind: z.literal('weekly'),
  /** One for each hour from Monday midnight. */
  multipliers: levelsOf(HOURS_PER_WEEK),
  startHour: z.number().min(0).lt(HOURS_PER_WEEK).default(0),
  ...profileFields,
});

const modulatedSchema = z.strictObject({
  kind: z.literal('modulated'),
  /** Variance ÷ mean of the arrivals in windows of `windowMs`, at the base rate of the step; 1 is Poisson. */
  indexOfDispersion: z.number().min(1).max(100_000),
  windowMs: lastsMs,
  /**
   * What the rate does: `gamma`: another draw in each block of `correlationMs`; `mmpp2`: bursts and calm of exponential
   * length, correlated over `correlationMs`.
   */
  model: z.enum(['gamma', 'mmpp2']).default('gamma'),
  /** `windowMs` where absent. */
  correlationMs: lastsMs.optional(),
  /** Share of time in bursts (mmpp2); less where the index asks for stronger bursts than it allows. */
  burstShareRatio: z.number().gt(0).lt(1).default(0.1),
});

const traceSchema = z
  .strictObject({
    kind: z.literal('trace'),
    ...traceReadingSchema.shape,
    /** Replay speed; with it the rate of a step is met by thinning. */
    speedUp: lastsMs.optional(),
    /** Each request is kept with this probability; with it, or with neither, the rate is met by the speed. */
    keepRatio: z.number().gt(0).max(1).optional(),
    /** Begin again after the end of the trace; otherwise nothing arrives. */
    repeat: z.boolean().default(false),
  })
  .refine(({ speedUp, keepRatio }) => speedUp === undefined || keepRatio === undefined, {
    message: 'at most one of speedUp and keepRatio: the other follows from the rate of the step',
  });

/**
 * How interactions arrive over time: a shape that multiplies the base rate of a step, or the instants of a trace. Times
 * count from the start of a step, its warm-up included. A new kind is a file in bench/arrivals, one line in its table
 * and one line here.
 */
export const arrivalsSchema = z.discriminatedUnion('kind', [
  poissonSchema,
  constantSchema,
  gammaSchema,
  rampSchema,
  stepsSchema,
  spikeSchema,
  soakSchema,
  diurnalSchema,
  weeklySchema,
  modulatedSchema,
  traceSchema,
]);

/** Arrivals of a scenario, defaults filled in. */
export type Arrivals = z.infer<typeof arrivalsSchema>;
export type ArrivalsOf<Kind extends Arrivals['kind']> = Extract<Arrivals, { kind: Kind }>;
export const ARRIVAL_KINDS = arrivalsSchema.options.map(
  ({ shape }) => shape.kind.value,
) as Arrivals['kind'][];
