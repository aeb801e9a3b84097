import { z } from 'zod';
import { encodedHistogramSchema } from './histogram.ts';
import { inFlightChangesSchema } from './in-flight-changes.ts';
import { HISTOGRAM_METRIC_IDS, type HistogramMetricId } from './metrics.ts';
import { outcomeCountsSchema } from './outcomes.ts';

const count = z.int().nonnegative();
const spanMs = z.number().nonnegative();

/** Use of one process over a step, sampled at its ends and between. */
export const resourceUseSchema = z.strictObject({
  process: z.string(),
  /** CPU seconds burnt in the window ÷ window: 1 is one core. */
  cpuCores: z.number().nonnegative(),
  maxRssBytes: count,
  /** Share of the window in which the event loop was busy; absent for processes that do not report it. */
  eventLoopUtilisation: z.number().min(0).max(1).optional(),
});

/** What a server said of one stage of its own work during the step. */
const stageSchema = z.strictObject({ count, sumMs: spanMs });

const serverSchema = z.strictObject({
  /** Keyed by stage: `gateway.overhead`, `engine.queue`, `engine.prefill`, `engine.decode`, … */
  stages: z.record(z.string(), stageSchema),
  /** Keyed by gauge: `engine.batchSequences`, `engine.kvTokens`, …: time average over samples. */
  gauges: z.record(z.string(), z.strictObject({ samples: count, mean: z.number(), max: z.number() })),
  resources: z.array(resourceUseSchema),
});

/** What the load generator used over the window. Event loop and garbage collection are those of Node: k6 has neither. */
const generatorSchema = z.strictObject({
  cpuCores: z.number().nonnegative(),
  eventLoopUtilisation: z.number().min(0).max(1).optional(),
  eventLoopDelayP99Ms: spanMs.optional(),
  gcPauseTotalMs: spanMs.optional(),
  maxRssBytes: count,
});

/** What was asked for: rates in interactions, turns or requests per second of the whole step, or users at once. */
export const loadSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('open'),
    interactionsPerS: z.number().positive(),
    turnsPerS: z.number().positive(),
  }),
  z.strictObject({ kind: z.literal('closed'), concurrency: z.int().positive() }),
  z.strictObject({
    kind: z.literal('trace'),
    meanRequestsPerS: z.number().positive(),
    speedUp: z.number().positive(),
  }),
]);

const histogramsSchema = z.partialRecord(
  z.enum(HISTOGRAM_METRIC_IDS as [HistogramMetricId, ...HistogramMetricId[]]),
  encodedHistogramSchema,
);

const summariesSchema = z.partialRecord(
  z.enum(HISTOGRAM_METRIC_IDS as [HistogramMetricId, ...HistogramMetricId[]]),
  z.strictObject({
    meanMs: spanMs,
    minMs: spanMs.optional(),
    maxMs: spanMs.optional(),
    standardDeviationMs: spanMs.optional(),
  }),
);

/** One second of the run, by scheduled instant. */
const timelineSchema = z.strictObject({
  atMs: z.number(),
  offered: count,
  completed: count,
  unsuccessful: count,
  maxInFlight: count,
  /** Sum of latencyMs over the second's completed requests: with `completed`, its mean. */
  latencySumMs: spanMs.optional(),
  /** Of the completed ones, those within every latency objective. */
  good: count.optional(),
});

/** One load level: what was asked, what came of every request of the window, and how both sides fared. */
export const stepSchema = z.strictObject({
  name: z.string(),
  /** Which of the targets or versions compared in one run it measured: `a` is the baseline, `b` the candidate. */
  variant: z.string().min(1).optional(),
  /** Position among the repetitions of one load; blocks of two variants with the same number ran side by side. */
  block: count.optional(),
  load: loadSchema,
  startedAtMs: z.number(),
  /** Discarded at the start, then measured. Every rate divides by windowMs. */
  warmUpMs: spanMs,
  windowMs: z.number().positive(),
  counts: outcomeCountsSchema,
  /** Completed requests within every latency objective. */
  goodRequests: count,
  interactions: z.strictObject({ started: count, completed: count, abandoned: count }),
  /** Time average and maximum of requests sent and not ended. */
  inFlight: z.strictObject({ mean: z.number().nonnegative(), max: count }),
  histograms: histogramsSchema,
  tokens: z.strictObject({
    input: count,
    cachedInput: count,
    output: count,
    /** Completed requests with token usage from the server; the rest were counted from the stream. */
    requestsWithUsage: count,
    requestsCounted: count,
  }),
  server: serverSchema.optional(),
  /** Absent where nobody watched the generator, as in results of other tools. */
  generator: generatorSchema.optional(),
  timeline: z.array(timelineSchema),
  /** Of a shard: every request's instants, from which requests in flight of all shards together are counted. */
  inFlightChanges: inFlightChangesSchema.optional(),
  /** Of an import that came without samples: what the other tool says of a metric. No percentile is made of it. */
  summaries: summariesSchema.optional(),
});

export type ResultStep = z.infer<typeof stepSchema>;
export type StepLoad = z.infer<typeof loadSchema>;
export type ResourceUse = z.infer<typeof resourceUseSchema>;
export type GeneratorUse = z.infer<typeof generatorSchema>;
/** A step of the native engine, which watches itself in full. */
export type WatchedStep = ResultStep & { readonly generator: Required<GeneratorUse> };
