import { z } from 'zod';
import { failed, type Issue, ok, type Result } from '../../../vocabulary/errors.ts';
import { parseWith } from '../../../vocabulary/parse.ts';
import type { ResultStep, StepLoad } from '../../../vocabulary/result-file.ts';
import { msFromS } from '../../../vocabulary/units.ts';
import { endingFromError } from './failure-reason.ts';
import {
  type ImportedRequest,
  type ImportedRun,
  type ImportedStep,
  NOTE_NO_SCHEDULE,
  UNDATED_FROM_MS,
} from './imported-run.ts';

const seconds = z.number().nonnegative();
const tokens = z.int().nonnegative();

const fileSchema = z.looseObject({
  date: z.string().optional(),
  backend: z.string().optional(),
  endpoint_type: z.string().optional(),
  model_id: z.string(),
  request_rate: z.union([z.number().positive(), z.literal('inf')]),
  max_concurrency: z.int().positive().nullish(),
  duration: z.number().positive(),
  completed: z.int().nonnegative(),
  failed: z.int().nonnegative().nullish(),
  num_prompts: z.int().positive(),
  total_input_tokens: tokens,
  total_output_tokens: tokens,
  max_concurrent_requests: z.int().nonnegative().nullish(),
  input_lens: z.array(tokens).optional(),
  output_lens: z.array(tokens).optional(),
  ttfts: z.array(seconds).optional(),
  itls: z.array(z.array(seconds)).optional(),
  start_times: z.array(z.number()).optional(),
  errors: z.array(z.string().nullable()).optional(),
});
type VllmFile = z.infer<typeof fileSchema>;

const LISTS = ['input_lens', 'output_lens', 'ttfts', 'itls', 'errors', 'start_times'] as const;

/** Per-request lists must be of one length; the detail is there when the times are. */
function unequalLists(file: VllmFile): Issue[] {
  const requests = file.ttfts?.length ?? 0;
  return LISTS.flatMap((list) => {
    const length = file[list]?.length;
    if (length === undefined || length === requests) return [];
    return [
      {
        path: list,
        expected: `${requests} entries, as ttfts has`,
        got: String(length),
        fix: 'import the file as vLLM wrote it',
      },
    ];
  });
}

/** A request's instants: gaps are between chunks, whatever tokens they carry. */
function importRequest(file: VllmFile, i: number): ImportedRequest {
  const ttftMs = msFromS(file.ttfts?.[i] ?? 0);
  const gapsMs = (file.itls?.[i] ?? []).map(msFromS);
  const outputTokens = file.output_lens?.[i] ?? 0;
  const streamedMs = gapsMs.reduce((sum, ms) => sum + ms, 0);
  const error = file.errors?.[i] ?? '';
  const isCompleted = error === '' && ttftMs > 0;
  const sentAtS = file.start_times?.[i];
  const times =
    sentAtS === undefined
      ? {}
      : { sentAtMs: msFromS(sentAtS), endedAtMs: msFromS(sentAtS) + ttftMs + streamedMs };
  return {
    ...(isCompleted ? { outcome: { state: 'completed' } } : endingFromError(error)),
    ...times,
    spans: {
      wireTimeToFirstTokenMs: [ttftMs],
      wireTimeToLastTokenMs: [ttftMs + streamedMs],
      interChunkGapMs: gapsMs,
      ...(outputTokens > 1 ? { timePerOutputTokenMs: [streamedMs / (outputTokens - 1)] } : {}),
      ...(outputTokens === gapsMs.length + 1 ? { interTokenLatencyMs: gapsMs } : {}),
    },
    inputTokens: file.input_lens?.[i] ?? 0,
    outputTokens,
  };
}

/** The names of vLLM's figures, and ours for what they are. */
const SUMMARIES = [
  ['ttft', 'wireTimeToFirstTokenMs'],
  ['tpot', 'timePerOutputTokenMs'],
  ['itl', 'interChunkGapMs'],
  ['e2el', 'wireTimeToLastTokenMs'],
] as const;

const finite = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

function summariesOf(file: VllmFile): NonNullable<ResultStep['summaries']> {
  return Object.fromEntries(
    SUMMARIES.flatMap(([theirs, ours]) => {
      const meanMs = file[`mean_${theirs}_ms`];
      const deviationMs = file[`std_${theirs}_ms`];
      if (!finite(meanMs) || (meanMs === 0 && theirs === 'e2el')) return [];
      return [[ours, { meanMs, ...(finite(deviationMs) ? { standardDeviationMs: deviationMs } : {}) }]];
    }),
  );
}

/** Percentiles that it interpolated, as text: without samples they cannot be merged or judged. */
function percentileNotes(file: VllmFile): string[] {
  const shown = Object.entries(file)
    .filter(([key, value]) => /^(median|p[\d.]+)_(ttft|tpot|itl|e2el)_ms$/.test(key) && finite(value))
    .map(([key, value]) => `${key} ${Number(value).toFixed(2)}`);
  return shown.length === 0 ? [] : [`vLLM's own percentiles, which interpolate: ${shown.join(', ')}.`];
}

/** Mean latency where it says none: its mean of the first token and of the rest. */
function meanLatencyMs(file: VllmFile, summaries: NonNullable<ResultStep['summaries']>): number {
  const whole = summaries.wireTimeToLastTokenMs?.meanMs;
  if (whole !== undefined) return whole;
  const gaps = Math.max(0, file.total_output_tokens / Math.max(1, file.completed) - 1);
  return (
    (summaries.wireTimeToFirstTokenMs?.meanMs ?? 0) + gaps * (summaries.timePerOutputTokenMs?.meanMs ?? 0)
  );
}

function totalsOf(file: VllmFile): Extract<ImportedStep['content'], { kind: 'totals' }> {
  const summaries = summariesOf(file);
  const mean = (file.completed * meanLatencyMs(file, summaries)) / msFromS(file.duration);
  return {
    kind: 'totals',
    totals: {
      completed: file.completed,
      failed: file.failed ?? Math.max(0, file.num_prompts - file.completed),
      inputTokens: file.total_input_tokens,
      outputTokens: file.total_output_tokens,
      summaries,
      meanInFlight: mean,
      maxInFlight: Math.max(Math.ceil(mean), file.max_concurrent_requests ?? 0),
    },
  };
}

function loadOf({ request_rate, max_concurrency, num_prompts }: VllmFile): StepLoad {
  if (request_rate === 'inf') return { kind: 'closed', concurrency: max_concurrency ?? num_prompts };
  return { kind: 'open', interactionsPerS: request_rate, turnsPerS: request_rate };
}

function notesOf(file: VllmFile, isDetailed: boolean): string[] {
  const isChat = `${file.endpoint_type ?? ''} ${file.backend ?? ''}`.includes('chat');
  const isThrottled = file.request_rate !== 'inf' && file.max_concurrency != null;
  return [
    NOTE_NO_SCHEDULE,
    "vLLM's ITL is the gap between chunks: it is interChunkGapMs here, and interTokenLatencyMs only for requests with one token a chunk. Its E2EL ends at the last content chunk: wireTimeToLastTokenMs; wireLatencyMs is withheld.",
    ...(isChat
      ? [
          'On chat endpoints its first chunk may be the one that only says the role: then TTFT is early by one gap.',
        ]
      : []),
    ...(isThrottled
      ? [
          'A limit of concurrency held requests back before their clocks started: the rate asked for was not always offered.',
        ]
      : []),
    ...(isDetailed
      ? []
      : [
          'Without --save-detailed it keeps no samples: there are no histograms, no percentiles and no verdicts, only means (summaries) and totals; requests in flight are throughput × mean latency.',
        ]),
    ...(isDetailed ? [] : percentileNotes(file)),
    ...(file.date === undefined
      ? []
      : ['Its date is in the local time of the machine that measured, taken as UTC.']),
    ...(isDetailed && file.start_times === undefined
      ? [
          'This version keeps no start times: there is no timeline, and requests in flight are throughput × mean latency.',
        ]
      : []),
  ];
}

/** `20260102-030405`, in the local time of the machine that measured: taken as UTC. */
function finishOf({ date }: VllmFile): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)$/.exec(date ?? '');
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match.map(Number);
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
}

/** Reads one result of `vllm bench serve --save-result`, with or without `--save-detailed`. */
export function importVllm(value: unknown, what: string): Result<ImportedRun> {
  const parsed = parseWith(fileSchema, value, 'INVALID_IMPORT', `${what} (vllm)`);
  if (parsed.kind === 'failed') return parsed;
  const file = parsed.value;
  const issues = unequalLists(file);
  if (issues.length > 0)
    return failed('INVALID_IMPORT', `${what} (vllm) has lists of different lengths`, { issues });
  const isDetailed = file.ttfts !== undefined && file.itls !== undefined;
  const requests = (file.ttfts ?? []).map((_ttft, i) => importRequest(file, i));
  const dated = finishOf(file);
  const finishedAtUnixMs = dated ?? UNDATED_FROM_MS + msFromS(file.duration);
  return ok({
    tool: 'vllm',
    startedAtUnixMs: Math.max(UNDATED_FROM_MS, finishedAtUnixMs - msFromS(file.duration)),
    finishedAtUnixMs,
    ...(dated === undefined ? { isUndated: true } : {}),
    target: { name: file.model_id, model: file.model_id },
    notes: notesOf(file, isDetailed),
    steps: [
      {
        name: 'step 1',
        load: loadOf(file),
        windowMs: msFromS(file.duration),
        content: isDetailed ? { kind: 'requests', requests } : totalsOf(file),
      },
    ],
  });
}
