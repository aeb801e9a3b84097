import { z } from 'zod';
import { failed, type Issue, ok, type Result } from '../../../vocabulary/errors.ts';
import { issuesFromZod, parseWith } from '../../../vocabulary/parse.ts';
import type { ResultStep, StepLoad } from '../../../vocabulary/result-file.ts';
import { MS_PER_S, msFromS } from '../../../vocabulary/units.ts';
import { endingFromError } from './failure-reason.ts';
import { type ImportedRequest, type ImportedRun, NOTE_NO_SCHEDULE, UNDATED_FROM_MS } from './imported-run.ts';

const NS_PER_MS = 1_000_000;
const msFromNs = (ns: number): number => ns / NS_PER_MS;

const SCALE_MS: Readonly<Record<string, number>> = {
  ns: 1 / NS_PER_MS,
  us: 1 / MS_PER_S,
  ms: 1,
  s: MS_PER_S,
  sec: MS_PER_S,
};

const valueSchema = z.object({ value: z.union([z.number(), z.array(z.number())]), unit: z.string() });
const recordSchema = z.object({
  metadata: z.object({
    request_start_ns: z.number().positive(),
    request_end_ns: z.number().positive().nullish(),
    benchmark_phase: z.string().nullish(),
    was_cancelled: z.boolean().nullish(),
  }),
  metrics: z.record(z.string(), z.unknown()).nullish(),
  error: z
    .object({ code: z.number().nullish(), type: z.string().nullish(), message: z.string().nullish() })
    .nullish(),
});
type AiperfRecord = z.infer<typeof recordSchema>;

/** A metric's numbers, spans in ms; empty where the record has none. */
function numbersOf({ metrics }: AiperfRecord, name: string): number[] {
  const parsed = valueSchema.safeParse(metrics?.[name]);
  if (!parsed.success) return [];
  const { value, unit } = parsed.data;
  const scale = SCALE_MS[unit] ?? 1;
  return (Array.isArray(value) ? value : [value]).map((each) => each * scale);
}

function importRecord(record: AiperfRecord): ImportedRequest {
  const { metadata, error } = record;
  const startMs = msFromNs(metadata.request_start_ns);
  const endMs = msFromNs(metadata.request_end_ns ?? metadata.request_start_ns);
  const [outputTokens = 0] = numbersOf(record, 'output_sequence_length');
  const gapsMs = numbersOf(record, 'inter_chunk_latency');
  const latency = numbersOf(record, 'request_latency');
  const isCut = metadata.was_cancelled === true;
  const ending: Pick<ImportedRequest, 'outcome' | 'reason'> = isCut
    ? { outcome: { state: 'timed-out', phase: 'run-ended' } }
    : error == null
      ? { outcome: { state: 'completed' } }
      : endingFromError(`${error.type ?? ''} ${error.message ?? ''}`, error.code ?? undefined);
  return {
    ...ending,
    sentAtMs: startMs,
    endedAtMs: Math.max(startMs, endMs),
    spans: {
      wireTimeToLastTokenMs: latency,
      wireTimeToFirstTokenMs: numbersOf(record, 'time_to_first_token'),
      timePerOutputTokenMs: numbersOf(record, 'inter_token_latency'),
      interChunkGapMs: gapsMs,
      ...(gapsMs.length > 0 && outputTokens === gapsMs.length + 1 ? { interTokenLatencyMs: gapsMs } : {}),
    },
    inputTokens: numbersOf(record, 'input_sequence_length')[0] ?? 0,
    outputTokens,
  };
}

const NOTES = [
  NOTE_NO_SCHEDULE,
  "AIPerf's ITL is the mean of one request, (latency − first token) ÷ (tokens − 1): it is timePerOutputTokenMs here. Its inter_chunk_latency is interChunkGapMs, and interTokenLatencyMs only for requests with one token a chunk.",
  'Its request latency ends at the last response it parsed: wireTimeToLastTokenMs; wireLatencyMs is withheld. Cancelled requests count as timed-out:run-ended.',
  'When late it moves its schedule to now, so a rate asked for may not have been offered.',
];

/** Reads the lines of profile_export.jsonl; all bad lines are listed. The load is what was in flight: it says none. */
export function importAiperfRecords(text: string, what: string): Result<ImportedRun> {
  const issues: Issue[] = [];
  const records: AiperfRecord[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const at = `line ${i + 1}`;
    try {
      const value: unknown = JSON.parse(line);
      const parsed = recordSchema.safeParse(value);
      if (parsed.success) records.push(parsed.data);
      else
        issues.push(
          ...issuesFromZod(parsed.error, value).map((issue) => ({ ...issue, path: `${at}: ${issue.path}` })),
        );
    } catch {
      issues.push({
        path: at,
        expected: 'one JSON object',
        got: line.slice(0, 40),
        fix: 'remove or correct the line',
      });
    }
  }
  const measured = records.filter(
    ({ metadata }) => (metadata.benchmark_phase ?? 'profiling') === 'profiling',
  );
  if (measured.length === 0 && issues.length === 0) {
    issues.push({
      path: '(root)',
      expected: 'at least one record',
      got: 'none',
      fix: 'give profile_export.jsonl',
    });
  }
  if (issues.length > 0)
    return failed('INVALID_IMPORT', `${what} (aiperf) has ${issues.length} problems`, { issues });
  return ok(runFromRecords(measured));
}

function runFromRecords(records: readonly AiperfRecord[]): ImportedRun {
  const requests = records.map(importRecord);
  const startedAtUnixMs = requests.reduce((least, { sentAtMs = 0 }) => Math.min(least, sentAtMs), Infinity);
  const finishedAtUnixMs = requests.reduce((most, { endedAtMs = 0 }) => Math.max(most, endedAtMs), 0);
  const windowMs = Math.max(1, finishedAtUnixMs - startedAtUnixMs);
  const perS = (requests.length * MS_PER_S) / windowMs;
  const load: StepLoad = { kind: 'open', interactionsPerS: perS, turnsPerS: perS };
  return {
    tool: 'aiperf',
    startedAtUnixMs,
    finishedAtUnixMs,
    target: { name: 'aiperf target' },
    notes: [
      ...NOTES,
      'The records do not say what load was asked for: it is given as the rate that was sent.',
    ],
    steps: [{ name: 'step 1', load, windowMs, content: { kind: 'requests', requests } }],
  };
}

const statsSchema = z.object({
  unit: z.string(),
  avg: z.number().nullish(),
  min: z.number().nullish(),
  max: z.number().nullish(),
  std: z.number().nullish(),
});
type Stats = z.infer<typeof statsSchema>;

const summarySchema = z.looseObject({
  aiperf_version: z.string().nullish(),
  start_time: z.string().nullish(),
  end_time: z.string().nullish(),
  request_count: statsSchema,
  request_throughput: statsSchema,
  request_latency: statsSchema,
});
type Summary = z.infer<typeof summarySchema>;

const statsOf = (file: Summary, name: string): Stats | undefined => {
  const parsed = statsSchema.safeParse(file[name]);
  return parsed.success ? parsed.data : undefined;
};

const SUMMARIES = [
  ['request_latency', 'wireTimeToLastTokenMs'],
  ['time_to_first_token', 'wireTimeToFirstTokenMs'],
  ['inter_token_latency', 'timePerOutputTokenMs'],
] as const;

function summariesOf(file: Summary): NonNullable<ResultStep['summaries']> {
  return Object.fromEntries(
    SUMMARIES.flatMap(([theirs, ours]) => {
      const stats = statsOf(file, theirs);
      if (stats?.avg == null) return [];
      const scale = SCALE_MS[stats.unit] ?? 1;
      const scaled = (key: string, value: number | null | undefined) =>
        value == null ? {} : { [key]: value * scale };
      return [
        [
          ours,
          {
            meanMs: stats.avg * scale,
            ...scaled('minMs', stats.min),
            ...scaled('maxMs', stats.max),
            ...scaled('standardDeviationMs', stats.std),
          },
        ],
      ];
    }),
  );
}

const NOTE_SUMMARY =
  'A summary keeps no samples: there are no histograms, no percentiles and no verdicts, only means (summaries) and totals; import profile_export.jsonl for all of them. The window is requests ÷ throughput.';

/** Reads profile_export_aiperf.json. */
export function importAiperfSummary(value: unknown, what: string): Result<ImportedRun> {
  const parsed = parseWith(summarySchema, value, 'INVALID_IMPORT', `${what} (aiperf)`);
  if (parsed.kind === 'failed') return parsed;
  const file = parsed.value;
  const completed = Math.round(file.request_count.avg ?? 0);
  const windowMs = Math.max(1, msFromS(completed / Math.max(1e-9, file.request_throughput.avg ?? 1)));
  const summaries = summariesOf(file);
  const failures = Math.round(statsOf(file, 'error_request_count')?.avg ?? 0);
  const total = (name: string): number => Math.round(statsOf(file, name)?.avg ?? 0);
  const perS = (completed + failures) / (windowMs / MS_PER_S);
  const meanInFlight = (completed * (summaries.wireTimeToLastTokenMs?.meanMs ?? 0)) / windowMs;
  const started = Date.parse(file.start_time ?? '');
  const isUndated = Number.isNaN(started);
  const startedAtUnixMs = isUndated ? UNDATED_FROM_MS : started;
  return ok({
    tool: 'aiperf',
    ...(file.aiperf_version == null ? {} : { version: file.aiperf_version }),
    startedAtUnixMs,
    finishedAtUnixMs: startedAtUnixMs + windowMs,
    ...(isUndated ? { isUndated } : {}),
    target: { name: 'aiperf target' },
    notes: [...NOTES, NOTE_SUMMARY],
    steps: [
      {
        name: 'step 1',
        load: { kind: 'open', interactionsPerS: Math.max(perS, 1e-9), turnsPerS: Math.max(perS, 1e-9) },
        windowMs,
        content: {
          kind: 'totals',
          totals: {
            completed,
            failed: failures,
            inputTokens: total('total_isl'),
            outputTokens: total('total_osl') || total('total_output_tokens'),
            summaries,
            meanInFlight,
            maxInFlight: Math.ceil(meanInFlight),
          },
        },
      },
    ],
  });
}
