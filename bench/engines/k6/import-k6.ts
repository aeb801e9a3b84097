import { z } from 'zod';
import { resolveScenario, type Scenario } from '../../../scenarios/scenario.ts';
import { failed, ok, type Result } from '../../../vocabulary/errors.ts';
import { parseWith, parseYaml } from '../../../vocabulary/parse.ts';
import type { GeneratorUse, ResultFile, ResultStep, ResultTarget } from '../../../vocabulary/result-file.ts';
import { createEngineResult } from '../engine-result.ts';
import { collectK6Run, type K6Run } from './collect.ts';
import { type StepWindow, stepFromRun, stepWindowSchema, windowsFromRun } from './steps.ts';
import { type K6Summary, readK6Summary } from './summary.ts';

export interface K6ImportOptions {
  /** `--summary-export`, or what handleSummary was given as JSON. */
  readonly summaryPath?: string;
  /** `--out json=…`, gzipped or not. Without it no histogram can be made. */
  readonly pointsPath?: string;
  /** What k6 ran against, where that is known better than from the points. */
  readonly target?: ResultTarget;
  readonly k6Version?: string;
  /** Use of the k6 process, where it was watched. */
  readonly generator?: GeneratorUse;
  readonly state?: ResultFile['state'];
  readonly command?: readonly string[];
}

const recordSchema = z.object({
  scenario: z.unknown(),
  seed: z.int().nonnegative(),
  arrivals: z.string(),
  notes: z.array(z.string()),
  steps: z.array(stepWindowSchema).min(1),
});

/** What the run was meant to be. */
interface Meant {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly windows: readonly StepWindow[];
  readonly notes: readonly string[];
}

const DEFINITIONS = [
  'wireLatencyMs is http_req_blocked + http_req_duration of each request: k6 leaves the opening of a connection out of duration',
  'percentiles are computed from the single points by nearest rank; those that k6 prints interpolate between two values',
  'a request counts in the step and second in which it was sent, k6 counts it where it ended; completed means a whole 2xx answer, k6 expects 200 to 399',
];

const UNTIMED_NOTE =
  'no token is timed: k6 reads a streamed answer whole, so there is no TTFT, ITL or TPOT here';
const TIMED_NOTE =
  "latency and tokens are timed by the script's clock, when k6's event loop hands it what came: from the send to the last message";

const NO_SCHEDULE =
  'k6 does not tell when an interaction was due: there is no latencyMs, no timeToFirstTokenMs and no slip, and goodput counts from the send';
const UNWATCHED_NOTE = "nobody watched the k6 process: the generator's CPU and memory are not reported";
const WATCHED_NOTE =
  "the generator's CPU and memory are those of the k6 process over the whole run; it has no event loop";

const constant = (source: string) => ({ distribution: { kind: 'constant' as const, value: 1 }, source });

/** A stand-in for the scenario of a script that is not ours: nothing is known of its work. */
function unknownScenario(): Result<Scenario> {
  const unknown = constant('unknown: the script of a k6 run is not part of its points');
  return resolveScenario({
    name: 'k6-import',
    description: 'What a k6 script sent; its work is not known.',
    protocol: 'http',
    workload: { kind: 'requests', inputTokens: unknown, outputTokens: unknown },
    load: { kind: 'closed', steps: [{ concurrency: 1 }] },
  });
}

function meantOf(run: K6Run): Result<Meant> {
  if (run.plan === undefined) {
    const scenario = unknownScenario();
    if (scenario.kind === 'failed') return scenario;
    return ok({ scenario: scenario.value, seed: 0, windows: windowsFromRun(run), notes: [] });
  }
  const value = parseYaml(run.plan, 'INVALID_IMPORT', 'the plan in the points');
  if (value.kind === 'failed') return value;
  const record = parseWith(recordSchema, value.value, 'INVALID_IMPORT', 'the plan in the points');
  if (record.kind === 'failed') return record;
  const scenario = resolveScenario(record.value.scenario, 'the scenario in the points');
  if (scenario.kind === 'failed') return scenario;
  const { seed, steps, notes } = record.value;
  return ok({ scenario: scenario.value, seed, windows: steps, notes });
}

function targetFrom(run: K6Run, protocol: Scenario['protocol']): ResultTarget {
  const url = run.url !== undefined && URL.canParse(run.url) ? new URL(run.url) : undefined;
  return {
    name: url?.host ?? 'k6 target',
    protocol,
    ...(url === undefined ? {} : { url: url.origin }),
    engine: 'unknown',
    simulated: false,
    replicas: 1,
    versions: {},
  };
}

const shownFigures = (figures: Readonly<Record<string, number>>): string =>
  Object.entries(figures)
    .map(([name, value]) => `${name}=${Number(value.toPrecision(6))}`)
    .join(' ');

const SHOWN = [
  'http_reqs',
  'http_req_duration',
  'http_req_failed',
  'iterations',
  'dropped_iterations',
] as const;

/** k6's own figures under its own names, so that both can be held against each other. */
function summaryNotes(summary: K6Summary | undefined): string[] {
  if (summary === undefined) return [];
  const figures = SHOWN.flatMap((name) => {
    const metric = summary.metrics[name];
    return metric === undefined
      ? []
      : [`k6's own summary (its definitions): ${name} ${shownFigures(metric)}`];
  });
  return [...figures, ...summary.crossed.map((threshold) => `k6 threshold crossed: ${threshold}`)];
}

function importedFrom(
  options: K6ImportOptions,
  notes: readonly string[],
): ResultFile['importedFrom'] & object {
  return {
    tool: 'k6',
    ...(options.k6Version === undefined ? {} : { version: options.k6Version }),
    notes: [...notes],
  };
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

const spanOf = ({ requests }: K6Run): Span =>
  requests.reduce(
    ({ fromMs, toMs }, { sentAtUnixMs, endedAtUnixMs }) => ({
      fromMs: Math.min(fromMs, sentAtUnixMs),
      toMs: Math.max(toMs, endedAtUnixMs),
    }),
    { fromMs: Number.POSITIVE_INFINITY, toMs: 0 },
  );

function resultFromRun(
  run: K6Run,
  meant: Meant,
  options: K6ImportOptions,
  summary: K6Summary | undefined,
): ResultFile {
  const { fromMs, toMs } = spanOf(run);
  const startedAtUnixMs = Math.min(fromMs, ...run.stepStartedAtUnixMs.values());
  const inputs = {
    run,
    slos: meant.scenario.slos,
    ...(options.generator === undefined ? {} : { generator: options.generator }),
    runStartedAtUnixMs: startedAtUnixMs,
  };
  const steps = meant.windows.flatMap((window): ResultStep[] => {
    const step = stepFromRun(window, inputs);
    return step === undefined ? [] : [step];
  });
  const notes = [
    ...DEFINITIONS,
    run.requests.some(({ chunksAtUnixMs }) => chunksAtUnixMs !== undefined) ? TIMED_NOTE : UNTIMED_NOTE,
    ...(meant.windows.every(({ knowsSchedule }) => knowsSchedule) ? [] : [NO_SCHEDULE]),
    options.generator === undefined ? UNWATCHED_NOTE : WATCHED_NOTE,
    ...meant.notes,
    ...summaryNotes(summary),
  ];
  return createEngineResult({
    engine: 'k6',
    importedFrom: importedFrom(options, notes),
    scenario: meant.scenario,
    target: options.target ?? targetFrom(run, meant.scenario.protocol),
    steps,
    seed: meant.seed,
    startedAtUnixMs: Math.round(startedAtUnixMs),
    finishedAtUnixMs: Math.round(toMs),
    state: options.state ?? 'complete',
    command: options.command ?? [],
  });
}

/** A summary holds percentiles and no samples: counts can be taken over, latencies only quoted. */
function resultFromSummary(summary: K6Summary, options: K6ImportOptions): Result<ResultFile> {
  const scenario = unknownScenario();
  if (scenario.kind === 'failed') return scenario;
  const nowMs = Date.now();
  const notes = [
    'only a summary was given: it has no samples, so there are no steps and no histograms; import the points for those',
    ...summaryNotes(summary),
  ];
  return ok(
    createEngineResult({
      engine: 'k6',
      importedFrom: importedFrom(options, notes),
      scenario: scenario.value,
      target: options.target ?? {
        name: 'k6 target',
        protocol: 'http',
        engine: 'unknown',
        simulated: false,
        replicas: 1,
        versions: {},
      },
      steps: [],
      seed: 0,
      startedAtUnixMs: Math.max(1, nowMs - Math.round(summary.durationMs ?? 0)),
      finishedAtUnixMs: nowMs,
      state: 'complete',
      command: options.command ?? [],
    }),
  );
}

export interface K6Import {
  readonly result: ResultFile;
  /** Thresholds that k6 says were crossed; empty without a summary. */
  readonly crossed: readonly string[];
}

/**
 * A k6 run as a result file: from its points by our definitions, with k6's own figures quoted from the summary. A script of
 * `busyhour k6 export` says in its points what it was; of any other script each k6 scenario becomes a step.
 */
export async function importK6(options: K6ImportOptions): Promise<Result<K6Import>> {
  const summary = options.summaryPath === undefined ? undefined : readK6Summary(options.summaryPath);
  if (summary?.kind === 'failed') return summary;
  const crossed = summary?.value.crossed ?? [];
  if (options.pointsPath === undefined) {
    if (summary === undefined) return failed('USAGE', 'neither a summary nor points were given');
    const result = resultFromSummary(summary.value, options);
    return result.kind === 'failed' ? result : ok({ result: result.value, crossed });
  }
  const run = await collectK6Run(options.pointsPath);
  if (run.kind === 'failed') return run;
  if (run.value.requests.length === 0) {
    return failed('INVALID_IMPORT', `${options.pointsPath} tells of no request`, {
      hint: 'Give the points of a run that sent HTTP requests, or of an exported script: k6 run --out json=points.json.',
    });
  }
  const meant = meantOf(run.value);
  if (meant.kind === 'failed') return meant;
  return ok({ result: resultFromRun(run.value, meant.value, options, summary?.value), crossed });
}
