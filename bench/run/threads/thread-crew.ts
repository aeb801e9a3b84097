import { BusyhourError, ok, type Result } from '../../../vocabulary/errors.ts';
import type { ResultStep } from '../../../vocabulary/result-file.ts';
import type { RunBenchOptions } from '../run-context.ts';
import { reportFinished } from '../step.ts';
import type { CrewedRun, StepCrew, StepOrder } from '../step-crew.ts';
import { type Answer, GeneratorThread } from './generator-thread.ts';
import { mergeThreadSteps } from './merge-parts.ts';
import type { ThreadSetup, Tick } from './messages.ts';
import { SharedView } from './packed-view.ts';
import { StepSoFar } from './step-so-far.ts';

/** From an order to the instant at which all threads begin it: they have to have read it by then. */
const LEAD_MS = 100;
/** A long trace takes a while to copy to each of them. */
const TRACE_LEAD_MS = 1_000;

/** A second of all threads as one: what was sent and is in flight is everybody's, time is that of the first. */
const tickOfAll = (tick: Tick, view: SharedView): Tick => {
  const { sent, inFlight, failed } = view.read();
  return { ...tick, sent, inFlight, failed };
};

/** The thread that runs the plan waits here, and merges what the others measured. */
class ThreadCrew implements StepCrew {
  readonly #threads: readonly GeneratorThread[];
  readonly #signal: AbortSignal;
  readonly #isShard: boolean;
  readonly #onAbort = (): void => {
    for (const thread of this.#threads) thread.tell({ kind: 'abort' });
  };

  constructor(threads: readonly GeneratorThread[], signal: AbortSignal, isShard: boolean) {
    this.#threads = threads;
    this.#signal = signal;
    this.#isShard = isShard;
    if (signal.aborted) this.#onAbort();
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #merge = (told: readonly (ResultStep | undefined)[]): ResultStep | undefined =>
    mergeThreadSteps(told, this.#threads.length, this.#isShard);

  async run(order: StepOrder, run: CrewedRun): Promise<ResultStep | undefined> {
    const { name } = order.label;
    const steps = Promise.all(this.#threads.map((thread) => thread.answer()));
    this.#tellAll(order, run);
    const soFar = new StepSoFar(name, this.#threads, this.#merge);
    run.journal?.begin(() => soFar.read());
    let merged: ResultStep | undefined;
    try {
      merged = this.#merge((await steps).map(stepOf));
      if (merged !== undefined) reportFinished(run, merged);
      return merged;
    } finally {
      run.journal?.end(merged);
    }
  }

  #tellAll(order: StepOrder, { onProgress, startedAtMs, metricsUrls }: CrewedRun): void {
    this.#listen(order, onProgress);
    const told = {
      kind: 'step' as const,
      order,
      startAtUnixMs: Date.now() + (order.kind === 'trace' ? TRACE_LEAD_MS : LEAD_MS),
      runStartedAtUnixMs: performance.timeOrigin + startedAtMs,
    };
    for (const [index, thread] of this.#threads.entries()) {
      // All of them would read the same pages.
      thread.tell({ ...told, metricsUrls: index === 0 ? metricsUrls : [] });
    }
  }

  /** The step begins with the first thread that does, and goes on as the first of them says. */
  #listen(order: StepOrder, onProgress: CrewedRun['onProgress']): void {
    let view: SharedView | undefined;
    for (const [index, thread] of this.#threads.entries()) {
      thread.onBegun = (start) => {
        if (view !== undefined) return;
        view = new SharedView(order, start, this.#threads.length);
        const spanMs = view.windowToMs - view.startedAtMs;
        onProgress({ kind: 'step-started', name: order.label.name, spanMs, view });
      };
      thread.onTick = (tick, soFar) => {
        view?.hear(index, soFar);
        if (view !== undefined && index === 0) onProgress(tickOfAll(tick, view));
      };
    }
  }

  async close(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#onAbort);
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

function stepOf(answer: Result<Answer>): ResultStep | undefined {
  if (answer.kind === 'failed') throw new BusyhourError(answer.failure);
  return answer.value.kind === 'step' ? answer.value.step : undefined;
}

/** Part `thread` of `threads` of a run that may be a part itself: every n·k-th of every n-th interaction. */
function setupOf(options: RunBenchOptions, thread: number, threads: number): ThreadSetup {
  const { scenario, target, seed, shard, schedule, variantB } = options;
  const { index = 0, count = 1, startAtUnixMs = 0 } = shard ?? {};
  return {
    // The limit is that of all threads together.
    scenario: { ...scenario, maxInFlight: Math.ceil(scenario.maxInFlight / threads) },
    target,
    seed: seed ?? scenario.seed,
    shard: { index: index + count * thread, count: count * threads, startAtUnixMs },
    ...(schedule === undefined ? {} : { schedule }),
    ...(variantB === undefined ? {} : { variantB }),
  };
}

/**
 * Starts `threads` generator threads in this process, for rates beyond what one core carries. Of every step, whatever
 * plan chooses it, thread i sends every `threads`-th interaction (closed loop: user); all begin at one instant, and their
 * figures merge exactly. Fails as any of them does that cannot reach the target.
 */
export async function gatherThreads(options: RunBenchOptions, threads: number): Promise<Result<StepCrew>> {
  const all = Array.from(
    { length: threads },
    (_, thread) => new GeneratorThread(setupOf(options, thread, threads)),
  );
  const signal = options.signal ?? new AbortController().signal;
  const crew = new ThreadCrew(all, signal, options.shard !== undefined);
  const answers = await Promise.all(all.map((thread) => thread.answer()));
  for (const answer of answers) {
    if (answer.kind !== 'failed') continue;
    await crew.close();
    return answer;
  }
  return ok(crew);
}
