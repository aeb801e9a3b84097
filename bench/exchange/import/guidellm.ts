import { z } from 'zod';
import { ok, type Result } from '../../../vocabulary/errors.ts';
import { parseWith } from '../../../vocabulary/parse.ts';
import type { StepLoad } from '../../../vocabulary/result-file.ts';
import { msFromS } from '../../../vocabulary/units.ts';
import { endingFromError } from './failure-reason.ts';
import type { ImportedRequest, ImportedRun, ImportedStep, WeighedSpan } from './imported-run.ts';

const instant = z.number().nullish();
/** More than any model's context: a count that large is a mistake, and would be recorded as often. */
const MAX_TOKENS = 1e9;
const tokenCount = z.number().nonnegative().max(MAX_TOKENS);
const timingsSchema = z.object({
  targeted_start: instant,
  request_start: instant,
  first_token_iteration: instant,
  last_token_iteration: instant,
  request_end: instant,
  resolve_end: instant,
  token_iterations: z.number().nullish(),
});
const usageSchema = z.object({ cached_tokens: z.number().nullish() }).nullish();
const requestSchema = z.object({
  info: z.object({ timings: timingsSchema, error: z.string().nullish() }),
  prompt_tokens: tokenCount.nullish(),
  output_tokens: tokenCount.nullish(),
  input_metrics: usageSchema,
});
type GuideRequest = z.infer<typeof requestSchema>;

const strategySchema = z.object({
  type_: z.string(),
  rate: z.number().positive().nullish(),
  streams: z.int().positive().nullish(),
  max_concurrency: z.int().positive().nullish(),
});
const requestsSchema = z.object({
  successful: z.array(requestSchema),
  errored: z.array(requestSchema).nullish(),
  incomplete: z.array(requestSchema).nullish(),
});
const benchmarkSchema = z.object({
  config: z.object({ strategy: strategySchema }),
  requests: requestsSchema,
  start_time: z.number().positive(),
  end_time: z.number().positive(),
  duration: z.number().positive(),
});
type GuideBenchmark = z.infer<typeof benchmarkSchema>;

const fileSchema = z.object({
  metadata: z.object({ guidellm_version: z.string().nullish() }),
  benchmarks: z.array(benchmarkSchema).min(1),
});

const given = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;

/** A request's spans; latency counts from `targeted_start` where the strategy has a rate, for that is a schedule. */
function spansOf({ info, output_tokens }: GuideRequest, hasSchedule: boolean) {
  const {
    targeted_start,
    request_start,
    first_token_iteration: first,
    last_token_iteration: last,
  } = info.timings;
  const end = info.timings.request_end;
  const between = (from: number | null | undefined, to: number | null | undefined): number[] | undefined =>
    given(from) && given(to) ? [Math.max(0, msFromS(to - from))] : undefined;
  const scheduled = hasSchedule ? targeted_start : undefined;
  const streamed = between(first, last);
  const gaps = (output_tokens ?? 0) - 1;
  const spans = {
    wireLatencyMs: between(request_start, end),
    wireTimeToFirstTokenMs: between(request_start, first),
    wireTimeToLastTokenMs: between(request_start, last),
    latencyMs: between(scheduled, end),
    timeToFirstTokenMs: between(scheduled, first),
    scheduleSlipMs: between(scheduled, request_start),
    timePerOutputTokenMs: gaps < 1 ? undefined : streamed?.map((ms) => ms / gaps),
  };
  return Object.fromEntries(Object.entries(spans).filter(([, values]) => values !== undefined));
}

/** GuideLLM's own token figures, under the names that our table has for them. */
function weighedOf({ info, output_tokens }: GuideRequest): WeighedSpan[] {
  const { request_start: start, first_token_iteration: first, last_token_iteration: last } = info.timings;
  const tokens = Math.round(output_tokens ?? 0);
  if (!given(start) || !given(last) || tokens < 1) return [];
  const byToken: WeighedSpan = {
    metric: 'wireTimePerTokenByTokenMs',
    spanMs: msFromS(last - start) / tokens,
    times: tokens,
  };
  if (!given(first) || tokens < 2) return [byToken];
  const gaps = tokens - 1;
  return [
    byToken,
    { metric: 'timePerOutputTokenByGapMs', spanMs: msFromS(last - first) / gaps, times: gaps },
  ];
}

function importRequest(
  request: GuideRequest,
  hasSchedule: boolean,
  ending: Pick<ImportedRequest, 'outcome' | 'reason'>,
) {
  const { request_start: start, request_end, resolve_end } = request.info.timings;
  const end = request_end ?? resolve_end;
  return {
    ...ending,
    ...(given(start) && given(end)
      ? { sentAtMs: msFromS(start), endedAtMs: msFromS(Math.max(start, end)) }
      : {}),
    spans: spansOf(request, hasSchedule),
    weighed: weighedOf(request),
    inputTokens: request.prompt_tokens ?? 0,
    cachedInputTokens: request.input_metrics?.cached_tokens ?? 0,
    outputTokens: request.output_tokens ?? 0,
  };
}

/** Strategies whose requests have an instant of their own to be sent at. */
const SCHEDULED = new Set(['constant', 'poisson', 'async', 'replay']);

function loadOf({ config, requests, duration }: GuideBenchmark): StepLoad {
  const { type_, rate, streams, max_concurrency } = config.strategy;
  if (type_ === 'synchronous') return { kind: 'closed', concurrency: 1 };
  if (!SCHEDULED.has(type_)) return { kind: 'closed', concurrency: streams ?? max_concurrency ?? 1 };
  const seen = requests.successful.length + (requests.errored?.length ?? 0);
  const perS = rate ?? Math.max(1, seen) / duration;
  return { kind: 'open', interactionsPerS: perS, turnsPerS: perS };
}

function importBenchmark(benchmark: GuideBenchmark, index: number): ImportedStep {
  const { requests, config, start_time, duration } = benchmark;
  const hasSchedule = SCHEDULED.has(config.strategy.type_);
  const ended: Pick<ImportedRequest, 'outcome'> = { outcome: { state: 'timed-out', phase: 'run-ended' } };
  const all = [
    ...requests.successful.map((each) =>
      importRequest(each, hasSchedule, { outcome: { state: 'completed' } }),
    ),
    ...(requests.errored ?? []).map((each) =>
      importRequest(each, hasSchedule, endingFromError(each.info.error ?? '')),
    ),
    ...(requests.incomplete ?? []).map((each) => importRequest(each, hasSchedule, ended)),
  ];
  return {
    name: `step ${index + 1} ${config.strategy.type_}`,
    load: loadOf(benchmark),
    startedAtUnixMs: msFromS(start_time),
    windowMs: msFromS(duration),
    content: { kind: 'requests', requests: all },
  };
}

const NOTES = [
  "GuideLLM's TPOT includes the first token: it is wireTimePerTokenByTokenMs here, and its ITL (a mean over each request, weighed by tokens) timePerOutputTokenByGapMs. timePerOutputTokenMs is computed from its first and last token by our definition.",
  'GuideLLM keeps no gaps between chunks: interTokenLatencyMs and interChunkGapMs are withheld.',
  'Strategies with a rate keep the instant a request was due (targeted_start): latencyMs, timeToFirstTokenMs and scheduleSlipMs count from it; other strategies have no schedule, and these are withheld.',
  'Requests it calls incomplete (cut off when its run ended) count as timed-out:run-ended. Its percentiles are not taken over: ours are of its requests.',
];

/** Reads a benchmarks file of GuideLLM (JSON, report version 2). Strategies become steps. */
export function importGuidellm(value: unknown, what: string): Result<ImportedRun> {
  const parsed = parseWith(fileSchema, value, 'INVALID_IMPORT', `${what} (guidellm)`);
  if (parsed.kind === 'failed') return parsed;
  const { metadata, benchmarks } = parsed.value;
  return ok({
    tool: 'guidellm',
    ...(given(metadata.guidellm_version) ? { version: metadata.guidellm_version } : {}),
    startedAtUnixMs: Math.min(...benchmarks.map(({ start_time }) => msFromS(start_time))),
    finishedAtUnixMs: Math.max(...benchmarks.map(({ end_time }) => msFromS(end_time))),
    target: { name: 'guidellm target' },
    notes: NOTES,
    steps: benchmarks.map(importBenchmark),
  });
}
