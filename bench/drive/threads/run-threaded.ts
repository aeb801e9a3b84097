import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { failed, ok, type Result } from '../../../vocabulary/errors.ts';
import type { ResultFile } from '../../../vocabulary/result-file.ts';
import { mergeShards } from '../../exchange/merge/merge-results.ts';
import type { ProgressEvent } from '../../run/progress.ts';
import type { RunBenchOptions } from '../../run/run-context.ts';
import type { FromThread, ThreadRun, ToThread } from './messages.ts';

/** The entry point beside this file, whether run from sources or built. */
const THREAD = fileURLToPath(import.meta.url).replace(/run-threaded\.(ts|js)$/, 'thread.$1');

/** Threads load their code and ask the target what it is before the common start. */
const LEAD_MS = 3_000;

/** Ticks of all threads as one: what was sent and is in flight is everybody's, time is that of the first. */
class SharedProgress {
  readonly #ticks = new Map<number, Extract<ProgressEvent, { kind: 'tick' }>>();
  readonly #onProgress: (event: ProgressEvent) => void;

  constructor(onProgress: (event: ProgressEvent) => void) {
    this.#onProgress = onProgress;
  }

  tell(index: number, event: ProgressEvent): void {
    if (event.kind === 'tick') this.#ticks.set(index, event);
    if (index !== 0) return;
    this.#onProgress(event.kind === 'tick' ? this.#sum(event) : event);
  }

  #sum(first: Extract<ProgressEvent, { kind: 'tick' }>): ProgressEvent {
    const ticks = [...this.#ticks.values()].filter(({ name }) => name === first.name);
    const sumOf = (read: (tick: typeof first) => number): number =>
      ticks.reduce((sum, tick) => sum + read(tick), 0);
    return {
      ...first,
      sent: sumOf(({ sent }) => sent),
      inFlight: sumOf(({ inFlight }) => inFlight),
      failed: sumOf(({ failed: count }) => count),
    };
  }
}

interface Running {
  readonly result: Promise<Result<ResultFile>>;
  readonly abort: () => void;
}

function startThread(run: ThreadRun, onProgress: (event: ProgressEvent) => void): Running {
  const worker = new Worker(THREAD, { workerData: run });
  const told = new Promise<Result<ResultFile>>((resolve) => {
    worker.on('message', (message: FromThread) => {
      if (message.kind === 'progress') onProgress(message.event);
      else if (message.kind === 'result') resolve(ok(message.result));
      else resolve({ kind: 'failed', failure: message.failure });
    });
    worker.once('error', (error) =>
      resolve(failed('INTERNAL', `a generator thread failed: ${error}`, { cause: error })),
    );
    worker.once('exit', () => resolve(failed('INTERNAL', 'a generator thread ended without a result')));
  });
  const message: ToThread = 'abort';
  return {
    // Idle connections of a client library may keep a thread's loop going for seconds after all is told.
    result: told.then(async (result) => {
      await worker.terminate();
      return result;
    }),
    abort: () => worker.postMessage(message),
  };
}

/** Threads share one process: its memory is not the sum of what each of them saw of it. */
function withProcessMemory(merged: ResultFile, parts: readonly ResultFile[]): ResultFile {
  const steps = merged.steps.map((step) => {
    const seen = parts.flatMap(({ steps: own }) => own.filter(({ name }) => name === step.name));
    if (step.generator === undefined) return step;
    const maxRssBytes = Math.max(0, ...seen.map(({ generator }) => generator?.maxRssBytes ?? 0));
    return { ...step, generator: { ...step.generator, maxRssBytes } };
  });
  return { ...merged, steps };
}

/**
 * Runs a scenario with several generator threads in this process, for rates beyond what one core carries. They share one
 * schedule, interaction i going to thread i mod n, and their results are merged exactly, as those of shards on several
 * machines are. Only for plans whose steps are known beforehand (`steps`, `closed`) and without scheduled actions or
 * sides; others fail as USAGE. The server's metrics are read by the first thread alone.
 */
export async function runThreaded(options: RunBenchOptions, threads: number): Promise<Result<ResultFile>> {
  const { scenario, target, seed, command, metricsUrls = [], signal, onProgress = () => {} } = options;
  const { kind } = scenario.load;
  if (
    (kind !== 'steps' && kind !== 'closed') ||
    options.variantB !== undefined ||
    options.shard !== undefined
  ) {
    return failed(
      'USAGE',
      `generator threads need a plan of kind steps or closed without sides or shards, not ${kind}`,
      {
        hint: 'Run it with one thread, or give --rate.',
      },
    );
  }
  const progress = new SharedProgress(onProgress);
  const startAtUnixMs = Date.now() + LEAD_MS;
  const running = Array.from({ length: threads }, (_, index) =>
    startThread(
      {
        scenario,
        target,
        metricsUrls: index === 0 ? metricsUrls : [],
        shard: { index, count: threads, startAtUnixMs },
        ...(seed === undefined ? {} : { seed }),
        ...(command === undefined ? {} : { command }),
      },
      (event) => progress.tell(index, event),
    ),
  );
  const onAbort = (): void => {
    for (const thread of running) thread.abort();
  };
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const results = await Promise.all(running.map(({ result }) => result));
    return mergeThreads(results, signal?.aborted ?? false);
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

function mergeThreads(results: readonly Result<ResultFile>[], isStopped: boolean): Result<ResultFile> {
  const parts: ResultFile[] = [];
  for (const result of results) {
    if (result.kind === 'failed') return result;
    parts.push(result.value);
  }
  const files = parts.map((result, i) => ({ path: `thread ${i + 1}`, result }));
  const merged = mergeShards(files, { allowPartial: isStopped });
  return merged.kind === 'failed' ? merged : ok(withProcessMemory(merged.value, parts));
}
