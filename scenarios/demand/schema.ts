import { z } from 'zod';
import { sloSchema } from '../../vocabulary/slo.ts';
import { DAYS_PER_WEEK, HOURS_PER_DAY, HOURS_PER_WEEK, S_PER_DAY } from '../../vocabulary/units.ts';
import { traceReadingSchema } from '../trace-reading.ts';
import { figureOf } from './figure.ts';

export const DEMAND_SCHEMA_VERSION = 1;

/** One conversation in three years, and more than one a day for everybody alive: beyond lies a mistake of unit. */
export const MIN_INTERACTIONS_PER_DAY = 0.001;
export const MAX_INTERACTIONS_PER_DAY = 10_000_000_000;

const MAX_TOKENS = 10_000_000;
const MAX_TURNS = 1_000;
const MAX_MONTHS = 120;

const ratio = figureOf(z.number().min(0).max(1));
const share = figureOf(z.number().min(0).lt(1));
const tokens = figureOf(z.number().nonnegative().max(MAX_TOKENS));
const spanS = figureOf(z.number().positive().max(S_PER_DAY));

const volumeSchema = z.discriminatedUnion('kind', [
  /** Interactions of the average day of a week. */
  z.strictObject({
    kind: z.literal('per-day'),
    interactionsPerDay: figureOf(z.number().min(MIN_INTERACTIONS_PER_DAY).max(MAX_INTERACTIONS_PER_DAY)),
  }),
  /** Attempts in the busiest 60 minutes, those of customers who try again included. */
  z.strictObject({
    kind: z.literal('busy-hour'),
    busyHourCallAttempts: figureOf(z.number().positive().max(MAX_INTERACTIONS_PER_DAY)),
  }),
  /** Instants of real arrivals. Under a day they are the busy hour; from a day on they bring their own hours. */
  z.strictObject({
    kind: z.literal('trace'),
    ...traceReadingSchema.shape,
    /** What one row of the trace is: a request to the model answers a turn. */
    rows: z.enum(['turns', 'interactions']).default('turns'),
  }),
]);

const levels = (hours: number) =>
  z
    .array(z.number().nonnegative().max(1_000_000))
    .length(hours)
    .refine((values) => values.some((value) => value > 0), 'at least one value above 0');

export const PROFILE_SHAPES = ['call-centre', 'office-hours', 'llm-api', 'flat'] as const;
export type ProfileShape = (typeof PROFILE_SHAPES)[number];

const profileSchema = z.strictObject({
  /** A shape that comes with the tool; exactly one of this, `hours` and `week`. */
  shape: z.enum(PROFILE_SHAPES).optional(),
  /** One level for each hour from midnight; only their proportions count. */
  hours: levels(HOURS_PER_DAY).optional(),
  /** One level for each hour from Monday midnight. */
  week: levels(HOURS_PER_WEEK).optional(),
  /** Levels of the days from Monday on, with `shape` or `hours`; those of the shape, or all equal. */
  weekdays: levels(DAYS_PER_WEEK).optional(),
  /**
   * Busiest hour ÷ volume of the average day. Sharpens or flattens a shape until it has it; own levels have their own
   * and take none.
   */
  busyHourShareRatio: figureOf(z.number().gt(0).max(1)).optional(),
  /** Hours that the profile's clock is ahead of UTC, for prices that change by the hour. */
  utcOffsetHours: z.number().min(-12).max(14).default(0),
  source: z.string().min(1).optional(),
});

const growthSchema = z.strictObject({
  /** Compound growth of volume in a year, 0.5 for half as much again. */
  ratioPerYear: figureOf(z.number().gt(-1).max(100)),
  /** How far ahead the plan looks. */
  months: z.number().nonnegative().max(MAX_MONTHS),
});

/** How much burstier than independent arrivals the demand is around its hourly rate. */
const burstinessSchema = z.strictObject({
  /** Variance ÷ mean of turns per minute in the busy hour; 1 for independent arrivals. */
  indexOfDispersion60S: figureOf(z.number().min(0).max(100_000)).optional(),
  /** Standard deviation ÷ mean of the gaps between turns; 1 for independent arrivals. */
  gapCv: figureOf(z.number().min(0).max(100)).optional(),
});

const interactionSchema = z.strictObject({
  turns: figureOf(z.number().min(1).max(MAX_TURNS)).optional(),
  /** From the end of an answer to the next message. */
  thinkTimeS: figureOf(z.number().nonnegative().max(S_PER_DAY)).optional(),
  /** Calls of a model per turn: 2 where a supervisor checks each answer. */
  callsPerTurn: figureOf(z.number().positive().max(MAX_TURNS)).optional(),
  /** Tokens of the system prompt, of one message of the customer, and of one answer. */
  systemTokens: tokens.optional(),
  messageTokens: tokens.optional(),
  answerTokens: tokens.optional(),
  /** What each turn sends again: every earlier message and answer, or none of them. */
  history: z.enum(['whole', 'none']).default('whole'),
  /** Share of input tokens that are read from the vendor's or the engine's prefix cache. */
  cachedInputRatio: ratio.optional(),
  /** Share of calls that are made again. */
  retryRatio: share.optional(),
});

/** A spoken interaction; left out, customers write. */
const voiceSchema = z.strictObject({
  /** Length of the call: line and recognition are paid for all of it, silence included. */
  minutesPerInteraction: figureOf(z.number().positive().max(1_440)),
  /** Share of the call in which the machine speaks. */
  spokenRatio: ratio,
  /** The call is recorded. */
  recorded: z.boolean().default(false),
});

const escalationSchema = z.strictObject({
  /** Share of interactions with the machine that end at a person. */
  escalatedRatio: ratio.optional(),
  /** Share of all contacts that go to a person without the machine. */
  directToHumanRatio: share.optional(),
  /** Share of contacts that come back about the same matter. */
  repeatRatio: share.optional(),
});

const peopleSchema = z.strictObject({
  averageHandleTimeS: spanS.optional(),
  /** Service level: so much answered within `targetWaitS`. */
  answeredRatio: figureOf(z.number().gt(0).lt(1)).optional(),
  targetWaitS: spanS.optional(),
  meanPatienceS: spanS.optional(),
  shrinkageRatio: share.optional(),
  maxOccupancyRatio: figureOf(z.number().gt(0).max(1)).optional(),
  /** Cost of one contact that a person handles. */
  contactUsd: figureOf(z.number().nonnegative().max(1_000_000)).optional(),
});

/** How two uncertain inputs move together. Inputs are named as in the section `uncertainty` of a plan. */
const correlationSchema = z.strictObject({
  a: z.string().min(1),
  b: z.string().min(1),
  /** Spearman's rank correlation; 0 makes a pair independent that is otherwise assumed to move together. */
  rankCorrelation: z.number().min(-1).max(1),
  reason: z.string().min(1).optional(),
});

/** What arrives, when, and what each interaction is like. Everything that is left out is measured or assumed. */
export const demandFileSchema = z.strictObject({
  kind: z.literal('busyhour-demand'),
  schemaVersion: z.literal(DEMAND_SCHEMA_VERSION),
  name: z.string().min(1),
  /** Where the figures come from: a report, a forecast, an assumption with its reason. */
  source: z.string().min(1),
  volume: volumeSchema,
  profile: profileSchema.optional(),
  growth: growthSchema.optional(),
  /** Busiest day of the year ÷ busiest day of an average week. */
  peakFactor: figureOf(z.number().min(1).max(100)).optional(),
  burstiness: burstinessSchema.optional(),
  interaction: interactionSchema.optional(),
  voice: voiceSchema.optional(),
  slos: z.array(sloSchema).min(1).optional(),
  escalation: escalationSchema.optional(),
  people: peopleSchema.optional(),
  /** In place of the assumed ones, pair by pair. */
  correlations: z.array(correlationSchema).max(200).optional(),
});

/** A demand file, defaults filled in. */
export type DemandSpec = z.infer<typeof demandFileSchema>;
export type DemandProfile = z.infer<typeof profileSchema>;
export type InteractionShape = z.infer<typeof interactionSchema>;
export type VoiceSpec = z.infer<typeof voiceSchema>;
