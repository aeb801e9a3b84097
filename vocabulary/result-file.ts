import { z } from 'zod';
import { diagnosticSchema } from './diagnostics.ts';
import { checkHead, type DocumentHead } from './document-head.ts';
import { failed, ok, type Result, unwrap } from './errors.ts';
import { writeFileAtomic } from './files.ts';
import { parseWith, parseYaml, readText } from './parse.ts';
import { damagedPayloads } from './result-payloads.ts';
import { stepSchema } from './result-step.ts';
import { sloSchema } from './slo.ts';

export {
  type GeneratorUse,
  loadSchema,
  type ResourceUse,
  type ResultStep,
  resourceUseSchema,
  type StepLoad,
  stepSchema,
  type WatchedStep,
} from './result-step.ts';

/** Version of the format that this release writes; it reads all up to it. */
export const RESULT_SCHEMA_VERSION = 1;

const count = z.int().nonnegative();
const spanMs = z.number().nonnegative();
/** The last instant that a Date holds (ECMA-262, time values): later ones cannot be shown. */
const MAX_UNIX_MS = 8.64e15;
const atUnixMs = z.number().positive().max(MAX_UNIX_MS);

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
  /**
   * The same of work, in units of that of a mean request: what engines feel of the swings. The work of a request is its
   * output tokens and a hundredth of its input tokens.
   */
  indexOfDispersionOfWork: z.record(z.string(), z.number().nonnegative()).optional(),
  /** Squared coefficient of variation of the work of a request. */
  workScv: z.number().nonnegative().optional(),
  busiest60SRequestsPerS: z.number().positive(),
  meanInputTokens: z.number().nonnegative(),
  meanOutputTokens: z.number().nonnegative(),
});

const shardSchema = z
  .strictObject({ index: count, count: z.int().positive(), startAtUnixMs: atUnixMs })
  .refine((shard) => shard.index < shard.count, { message: 'index below count', path: ['index'] });

/** Which shards a merged result is made of, ascending by index. All of them: the result of the whole schedule. */
const mergedShardsSchema = z.strictObject({
  count: z.int().positive(),
  startAtUnixMs: atUnixMs,
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

/** One run, as docs/result-file.md describes it. Fields are only added within a version, and are optional then. */
export const resultFileSchema = z.strictObject({
  kind: z.literal('busyhour-result'),
  schemaVersion: z.literal(RESULT_SCHEMA_VERSION),
  tool: z.strictObject({ name: z.string(), version: z.string() }),
  runId: z.string().min(1),
  startedAtUnixMs: atUnixMs,
  finishedAtUnixMs: atUnixMs,
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
export type ActionRecord = z.infer<typeof actionRecordSchema>;
export type ResultTarget = z.infer<typeof targetSchema>;
export type TraceSummary = z.infer<typeof traceSummarySchema>;

/** JSON as such, for the timeline of a soak is long; what is none by the parser that says where, and that reads YAML. */
function parseText(text: string, what: string): Result<unknown> {
  try {
    return ok(JSON.parse(text) as unknown);
  } catch {
    return parseYaml(text, 'INVALID_RESULT_FILE', what);
  }
}

const HEAD: DocumentHead = {
  kind: 'busyhour-result',
  schemaVersion: RESULT_SCHEMA_VERSION,
  code: 'INVALID_RESULT_FILE',
};

/**
 * Parses result text. A version that this release does not read is refused by name, and so is every packed part that is
 * damaged.
 */
export function parseResultFile(text: string, what: string): Result<ResultFile> {
  const value = parseText(text, what);
  if (value.kind === 'failed') return value;
  const head = checkHead(value.value, HEAD, what);
  if (head.kind === 'failed') return head;
  const parsed = parseWith(resultFileSchema, value.value, 'INVALID_RESULT_FILE', what);
  if (parsed.kind === 'failed') return parsed;
  const issues = damagedPayloads(parsed.value.steps);
  return issues.length === 0
    ? parsed
    : failed('INVALID_RESULT_FILE', `${what} is damaged in ${issues.length} places`, { issues });
}

/** Reads and parses a result file. A missing one is INPUT_NOT_FOUND, anything else that is wrong INVALID_RESULT_FILE. */
export function readResultFile(path: string): Result<ResultFile> {
  const text = readText(path);
  return text.kind === 'failed' ? text : parseResultFile(text.value, path);
}

/** Writes a result that satisfies its schema, whole or not at all. A result that does not is a bug and throws. */
export function writeResultFile(path: string, result: ResultFile): Result<string> {
  unwrap(parseWith(resultFileSchema, result, 'INTERNAL', 'the result to write'));
  return writeFileAtomic(path, `${JSON.stringify(result, null, 1)}\n`);
}
