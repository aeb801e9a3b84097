import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Scenario } from '../../../scenarios/scenario.ts';
import { ok, type Result } from '../../../vocabulary/errors.ts';
import { createRandom } from '../../../vocabulary/random.ts';
import type { ResultFile, ResultStep } from '../../../vocabulary/result-file.ts';
import { sFromMs } from '../../../vocabulary/units.ts';
import { histogramOf } from '../../judge/read-step.ts';
import type { ProgressListener } from '../../run/progress.ts';
import { resolveTarget, type TargetOptions } from '../../run/target.ts';
import { createEngineResult } from '../engine-result.ts';
import {
  type AutocannonRun,
  type AutocannonStep,
  MIN_TIMEOUT_S,
  runAutocannonStep,
} from './autocannon-step.ts';
import { requestsFrom } from './requests.ts';

export interface AutocannonOptions {
  /** The scenario's own seed where absent. */
  readonly seed?: number;
  /** Aborting ends the run at once with a result of state `partial`. */
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
  readonly command?: readonly string[];
}

/** What the library takes where it is told nothing. */
const USUAL_CONNECTIONS = 10;
const USUAL_WARM_UP_MS = 2_000;
const USUAL_WINDOW_MS = 10_000;

function stepsOf({ load }: Scenario): AutocannonStep[] {
  if (load.kind === 'closed') {
    return load.steps.map(({ concurrency, warmUpMs, windowMs }, i) => ({
      name: `step ${i + 1}`,
      connections: concurrency,
      warmUpMs,
      windowMs,
    }));
  }
  return [
    {
      name: 'step 1',
      connections: USUAL_CONNECTIONS,
      warmUpMs: USUAL_WARM_UP_MS,
      windowMs: USUAL_WINDOW_MS,
    },
  ];
}

function notesFor(scenario: Scenario): string[] {
  return [
    'closed loop: each connection sends its next request the moment the last is answered; a slow target lowers the rate that is asked of it, so this is a ceiling and no latency under load',
    'latencyMs and wireLatencyMs are the same here: from the write of a request to its last byte, opening the connection included; no schedule exists, so no slip is given',
    "every request is timed by our own clock and percentiles are nearest rank; autocannon's own histogram (whole ms) and its correction for coordinated omission are not used",
    'certificates are not verified; a conversation is asked for its first turn only, without think time; answers are read whole, so tokens are not timed',
    ...(sFromMs(scenario.timeouts.totalMs) < MIN_TIMEOUT_S
      ? [`requests time out after ${MIN_TIMEOUT_S} s, the least that autocannon takes`]
      : []),
    ...(scenario.load.kind === 'closed'
      ? []
      : [
          `the scenario's load plan is ${scenario.load.kind}, which a closed loop cannot follow: ${USUAL_CONNECTIONS} connections for ${USUAL_WINDOW_MS} ms instead`,
        ]),
  ];
}

function autocannonVersion(): string {
  const path = createRequire(import.meta.url).resolve('autocannon/package.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

async function runInTurn(run: AutocannonRun): Promise<ResultStep[]> {
  const finished: ResultStep[] = [];
  for (const step of stepsOf(run.scenario)) {
    if (run.signal.aborted) break;
    const result = await runAutocannonStep(run, step);
    if (result === undefined) continue;
    finished.push(result);
    const latency = histogramOf(result, 'latencyMs');
    run.onProgress({
      kind: 'step-finished',
      name: result.name,
      offered: result.counts.offered,
      completed: result.counts.completed,
      p50Ms: latency?.percentileMs(50),
      p95Ms: latency?.percentileMs(95),
    });
  }
  return finished;
}

/**
 * The plain HTTP ceiling of an endpoint: autocannon's closed loop with the concurrencies of the scenario's closed plan (10
 * connections where it has none), timed and counted by our definitions. Fails where the target does not answer, or where
 * autocannon does not speak the protocol.
 */
export async function runAutocannon(
  scenario: Scenario,
  target: TargetOptions,
  options: AutocannonOptions = {},
): Promise<Result<ResultFile>> {
  const resolved = await resolveTarget(target, scenario);
  if (resolved.kind === 'failed') return resolved;
  const seed = options.seed ?? scenario.seed;
  const asked = requestsFrom(scenario, target, resolved.value.model, createRandom(seed));
  if (asked.kind === 'failed') return asked;
  const signal = options.signal ?? new AbortController().signal;
  const startedAtUnixMs = Date.now();
  const steps = await runInTurn({
    scenario,
    asked: asked.value,
    signal,
    onProgress: options.onProgress ?? (() => {}),
    runStartedAtMs: performance.now(),
  });
  return ok(
    createEngineResult({
      engine: 'autocannon',
      importedFrom: { tool: 'autocannon', version: autocannonVersion(), notes: notesFor(scenario) },
      scenario,
      target: resolved.value.target,
      steps,
      seed,
      startedAtUnixMs,
      state: signal.aborted ? 'partial' : 'complete',
      command: options.command ?? [],
    }),
  );
}
