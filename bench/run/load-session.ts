import type { Exchange, TurnRequest } from '../drive/driver.ts';
import { Pacer } from '../drive/pacing.ts';
import type { StepRecorder } from '../observe/recorder.ts';
import type { RunContext } from './step-context.ts';

/** Told when a turn is over, with what came of it; undefined when it was never sent. */
export type TurnEnd = (exchange: Exchange | undefined, endedAtMs: number) => void;

/** One step in progress: paces sends, counts what is in flight, and hands every outcome to the recorder. */
export class LoadSession {
  readonly pacer = new Pacer();
  readonly recorder: StepRecorder;
  readonly #context: RunContext;
  readonly #abort = new AbortController();
  /** Requests in flight and when each was handed to the driver, oldest first. */
  readonly #open = new Map<Promise<void>, number>();
  #inWindowOpen = 0;
  /** Scheduled within the window and not sent yet. */
  readonly #unsent = new Set<{ readonly scheduledAtMs: number }>();
  #sent = 0;
  #failed = 0;

  constructor(context: RunContext, recorder: StepRecorder) {
    this.#context = context;
    this.recorder = recorder;
  }

  get sent(): number {
    return this.#sent;
  }

  get inFlight(): number {
    return this.#open.size;
  }

  /** No request that was sent before this instant is still to be recorded. */
  get settledUntilMs(): number {
    const [oldestAtMs] = this.#open.values();
    return oldestAtMs ?? performance.now();
  }

  get failed(): number {
    return this.#failed;
  }

  /** Requests scheduled within the window that have not ended yet, sent or not: one that is sent late still counts. */
  get inWindowOpen(): number {
    return this.#inWindowOpen + this.#unsent.size;
  }

  /** Sends `compose()` at `scheduledAtMs`, or drops it when too much is in flight by then. */
  schedule(scheduledAtMs: number, compose: () => TurnRequest, onEnd: TurnEnd): void {
    const due = { scheduledAtMs };
    if (this.recorder.isInWindow(scheduledAtMs)) this.#unsent.add(due);
    this.pacer.at(scheduledAtMs, () => {
      this.#unsent.delete(due);
      this.#send(scheduledAtMs, compose, onEnd);
    });
  }

  #send(scheduledAtMs: number, compose: () => TurnRequest, onEnd: TurnEnd): void {
    if (this.#open.size >= this.#context.scenario.maxInFlight) {
      this.#failed++;
      this.recorder.recordDrop(scheduledAtMs, 'max-in-flight');
      onEnd(undefined, scheduledAtMs);
      return;
    }
    const inWindow = this.recorder.isInWindow(scheduledAtMs) ? 1 : 0;
    this.#sent++;
    this.#inWindowOpen += inWindow;
    const handedAtMs = performance.now();
    const open = this.#context.driver.send(compose(), this.#abort.signal).then((exchange) => {
      this.#open.delete(open);
      this.#inWindowOpen -= inWindow;
      if (exchange.outcome.state !== 'completed') this.#failed++;
      this.recorder.recordExchange(scheduledAtMs, exchange);
      if (!this.#abort.signal.aborted) onEnd(exchange, exchange.endedAtMs);
    });
    this.#open.set(open, handedAtMs);
  }

  /** What fell due before the end and was not sent is an arrival all the same; what lies ahead is not. */
  #dropOverdue(): void {
    const nowMs = performance.now();
    for (const { scheduledAtMs } of this.#unsent) {
      if (scheduledAtMs <= nowMs) this.recorder.recordDrop(scheduledAtMs, 'too-late');
    }
    this.#unsent.clear();
  }

  /** Stops sending, aborts what is in flight and waits until all of it is recorded. */
  async end(): Promise<void> {
    this.pacer.stop();
    this.#dropOverdue();
    this.#abort.abort(new Error('the step is over'));
    await Promise.all(this.#open.keys());
  }
}
