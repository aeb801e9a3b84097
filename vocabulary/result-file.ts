import { z } from 'zod';
import { diagnosticSchema } from './diagnostics.ts';
import { failed, type Result, unwrap } from './errors.ts';
import { writeFileAtomic } from './files.ts';
import { encodedHistogramSchema } from './histogram.ts';
import { inFlightChangesSchema } from './in-flight-changes.ts';
import { HISTOGRAM_METRIC_IDS, type HistogramMetricId } from './metrics.ts';
import { outcomeCountsSchema } from './outcomes.ts';
import { parseWith, parseYaml, readText } from './parse.ts';
import { sloSchema } from './slo.ts';

export const RESULT_SCHEMA_VERSION = 1;

const count = z.int().nonnegative();
const spanMs = z.number().nonnegative();

/** What was measured. `simulated` is true when any engine behind the target is. */
export const targetSchema = z.strictObject({
  name: z.string().min(1),
  /** `in-process`: code called without a network between (engine tinybench). */
  protocol: z.enum(['openai-chat', 'dialog', 'http', 'grpc', 'websocket', 'in-process']),
  url: z.string().optional(),
  mode: z.string().optional(),
  engine: z.enum(['llama', 'simulated', 'remote', 'unknown']),
  simulated: z.boolean(),
  model: z.string().optional(),
  /** What the engine runs on, in words: `CPU, 1 thread` or `H100 80 GB (simulated)`. */
  hardware: z.string().optional(),
  replicas: z.int().positive(),
  versions: z.record(z.string(), z.string()),
});

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

const generatorSchema = z.strictObject({
  cpuCores: z.number().nonnegative(),
  eventLoopUtilisation: z.number().min(0).max(1),
  eventLoopDelayP99Ms: spanMs,
  gcPauseTotalMs: spanMs,
  maxRssBytes: count,
});

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
  generator: generatorSchema,
  timeline: z.array(timelineSchema),
  /** Of a shard: every request's instants, from which requests in flight of all shards together are counted. */
  inFlightChanges: inFlightChangesSchema.optional(),
  /** Of an import that came without samples: what the other tool says of a metric. No percentile is made of it. */
  summaries: summariesSchema.optional(),
});

/** One hot path of `busyhour micro`: the median of each block, in the order run. */
const microCaseSchema = z.strictObject({ case: z.string().min(1), nsPerOp: z.array(z.number().positive()) });

/** Arrivals that came from a trace, described so that a plan can use them. */
export const traceSummarySchema = z.strictObject({
  source: z.string(),
  format: z.string(),
  sha256: z.string(),
  requests: count,
  spanMs: z.number().positive(),
  /** At the trace's own speed. */
  meanRequestsPerS: z.number().positive(),
  gapCv: z.number().nonnegative(),
  /** Variance ÷ mean of counts per window, keyed by window length in seconds. */
  indexOfDispersion: z.record(z.string(), z.number().nonnegative()),
  busiest60SRequestsPerS: z.number().positive(),
  meanInputTokens: z.number().nonnegative(),
  meanOutputTokens: z.number().nonnegative(),
});

const shardSchema = z
  .strictObject({ index: count, count: z.int().positive(), startAtUnixMs: z.number().positive() })
  .refine((shard) => shard.index < shard.count, { message: 'index below count', path: ['index'] });

/** Which shards a merged result is made of, ascending by index. All of them: the result of the whole schedule. */
const mergedShardsSchema = z.strictObject({
  count: z.int().positive(),
  startAtUnixMs: z.number().positive(),
  parts: z
    .array(z.strictObject({ index: count, runId: z.string().min(1), state: z.enum(['complete', 'partial']) }))
    .min(1),
});

/** Requests over some seconds of a run: those within every objective, per second and as a share of all offered. */
const goodputSchema = z.strictObject({
  seconds: count,
  goodputPerS: z.number().nonnegative(),
  goodRatio: z.number().min(0).max(1),
});

/** A scheduled action that was carried out during the run. Instants count from the run's start. */
const actionRecordSchema = z.strictObject({
  kind: z.enum(['outage', 'kill', 'cold-start']),
  target: z.string().min(1),
  /** As scheduled, from the first send. */
  plannedAtMs: spanMs,
  startedAtMs: spanMs,
  endedAtMs: spanMs,
  state: z.enum(['done', 'failed']),
  detail: z.string().optional(),
  /** Of a cold start: from the start of the process until it was ready, and until it had answered a request. */
  readyMs: spanMs.optional(),
  firstAnswerMs: spanMs.optional(),
  effect: z
    .strictObject({
      before: goodputSchema.optional(),
      during: goodputSchema.optional(),
      after: goodputSchema.optional(),
      /** From the end of the action until requests were as good as before, for three seconds in a row. */
      recoveryMs: spanMs.optional(),
    })
    .optional(),
});

/** What sent the load; absent means native. */
export const ENGINES = ['native', 'autocannon', 'k6', 'tinybench'] as const;

/** Another tool took the measurement; the notes say how its definitions differ from ours. */
const importedFromSchema = z.strictObject({
  tool: z.string().min(1),
  version: z.string().optional(),
  notes: z.array(z.string()),
});

export const resultFileSchema = z.strictObject({
  kind: z.literal('busyhour-result'),
  schemaVersion: z.literal(RESULT_SCHEMA_VERSION),
  tool: z.strictObject({ name: z.string(), version: z.string() }),
  runId: z.string().min(1),
  startedAtUnixMs: z.number().positive(),
  finishedAtUnixMs: z.number().positive(),
  state: z.enum(['complete', 'partial']),
  command: z.array(z.string()),
  seed: z.int().nonnegative(),
  /** The scenario as resolved, every default filled in. */
  scenario: z.record(z.string(), z.unknown()),
  /** What an interaction is in this run. */
  shape: z.strictObject({
    meanTurnsPerInteraction: z.number().positive(),
    meanThinkTimeMs: spanMs,
    /** How the shape is known: drawn from a cited distribution, or read from a trace. */
    basis: z.string(),
  }),
  target: targetSchema,
  machine: z.strictObject({
    cpuModel: z.string(),
    cores: z.int().positive(),
    memoryBytes: count,
    platform: z.string(),
    node: z.string(),
  }),
  slos: z.array(sloSchema),
  steps: z.array(stepSchema),
  trace: traceSummarySchema.optional(),
  /** One of several generators that shared a schedule; each sent its part, and merged they are the whole. */
  shard: shardSchema.optional(),
  actions: z.array(actionRecordSchema).optional(),
  mergedShards: mergedShardsSchema.optional(),
  engine: z.enum(ENGINES).optional(),
  importedFrom: importedFromSchema.optional(),
  micro: z.array(microCaseSchema).optional(),
  diagnostics: z.array(diagnosticSchema),
});

export type ResultFile = z.infer<typeof resultFileSchema>;
export type ResultStep = z.infer<typeof stepSchema>;
export type ActionRecord = z.infer<typeof actionRecordSchema>;
export type ResultTarget = z.infer<typeof targetSchema>;
export type ResourceUse = z.infer<typeof resourceUseSchema>;
export type StepLoad = z.infer<typeof loadSchema>;
export type TraceSummary = z.infer<typeof traceSummarySchema>;

function versionOf(value: unknown): unknown {
  return value !== null && typeof value === 'object'
    ? (value as { schemaVersion?: unknown }).schemaVersion
    : undefined;
}

/** Parses result text; a version that this release does not read is refused by name. */
export function parseResultFile(text: string, what: string): Result<ResultFile> {
  const value = parseYaml(text, 'INVALID_RESULT_FILE', what);
  if (value.kind === 'failed') return value;
  const version = versionOf(value.value);
  if (typeof version === 'number' && version > RESULT_SCHEMA_VERSION) {
    return failed(
      'INVALID_RESULT_FILE',
      `${what} has schema version ${version}; this release reads up to ${RESULT_SCHEMA_VERSION}`,
      {
        hint: 'Update busyhour.',
      },
    );
  }
  return parseWith(resultFileSchema, value.value, 'INVALID_RESULT_FILE', what);
}

export function readResultFile(path: string): Result<ResultFile> {
  const text = readText(path);
  return text.kind === 'failed' ? text : parseResultFile(text.value, path);
}

/** Writes a result that satisfies its schema, whole or not at all. A result that does not is a bug and throws. */
export function writeResultFile(path: string, result: ResultFile): Result<string> {
  unwrap(parseWith(resultFileSchema, result, 'INTERNAL', 'the result to write'));
  return writeFileAtomic(path, `${JSON.stringify(result, null, 1)}\n`);
}
