import { OpenList, type OpenPlace } from '../../vocabulary/open-list.ts';
import type { Exchange, TurnRequest } from '../drive/driver.ts';
import { type Due, Pacer } from '../drive/pacing.ts';
import type { StepRecorder } from '../observe/recorder.ts';
import type { RunContext } from './step-context.ts';

/** One turn to send. */
export interface Turn {
  /** Asked for when it is sent. */
  compose(): TurnRequest;
  /** Told when it is over, with what came of it; undefined when it was never sent. */
  onEnd(exchange: Exchange | undefined, endedAtMs: number): void;
}

/**
 * A turn from its schedule to its end. One object goes through pacer and session: at 20,000 turns/s each object that
 * lives for a while costs the garbage collector more than the send.
 */
class PacedTurn implements Due {
  readonly atMs: number;
  readonly turn: Turn;
  readonly #send: (paced: PacedTurn) => void;
  order = 0;
  /** When it was handed to the driver. */
  handedAtMs = 0;
  isOver: Promise<void> | undefined;
  place: OpenPlace<PacedTurn> | undefined;

  constructor(atMs: number, turn: Turn, send: (paced: PacedTurn) => void) {
    this.atMs = atMs;
    this.turn = turn;
    this.#send = send;
  }

  run(): void {
    this.#send(this);
  }
}

/** One step in progress: paces sends, counts what is in flight, and hands every outcome to the recorder. */
export class LoadSession {
  readonly pacer = new Pacer();
  readonly recorder: StepRecorder;
  readonly #context: RunContext;
  readonly #abort = new AbortController();
  /** Requests in flight, the first that was handed to the driver first. */
  readonly #open = new OpenList<PacedTurn>();
  #inWindowOpen = 0;
  /** How many are scheduled within the window and not sent yet. */
  #inWindowUnsent = 0;
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
    return this.#open.oldest?.handedAtMs ?? performance.now();
  }

  get failed(): number {
    return this.#failed;
  }

  /** Requests scheduled within the window that have not ended yet, sent or not: one that is sent late still counts. */
  get inWindowOpen(): number {
    return this.#inWindowOpen + this.#inWindowUnsent;
  }

  /** Sends the turn at `scheduledAtMs`, or drops it when too much is in flight by then. */
  schedule(scheduledAtMs: number, turn: Turn): void {
    if (this.#abort.signal.aborted) return;
    if (this.recorder.isInWindow(scheduledAtMs)) this.#inWindowUnsent++;
    this.pacer.add(new PacedTurn(scheduledAtMs, turn, this.#send));
  }

  readonly #send = (paced: PacedTurn): void => {
    const { atMs, turn } = paced;
    const inWindow = this.recorder.isInWindow(atMs) ? 1 : 0;
    this.#inWindowUnsent -= inWindow;
    if (this.#open.size >= this.#context.scenario.maxInFlight) {
      this.#failed++;
      this.recorder.recordDrop(atMs, 'max-in-flight');
      turn.onEnd(undefined, atMs);
      return;
    }
    this.#sent++;
    this.#inWindowOpen += inWindow;
    paced.handedAtMs = performance.now();
    paced.place = this.#open.add(paced);
    paced.isOver = this.#context.driver
      .send(turn.compose(), this.#abort.signal)
      .then((exchange) => this.#onEnd(paced, exchange));
  };

  #onEnd(paced: PacedTurn, exchange: Exchange): void {
    const { atMs, turn } = paced;
    this.#open.remove(paced.place);
    if (this.recorder.isInWindow(atMs)) this.#inWindowOpen--;
    if (exchange.outcome.state !== 'completed') this.#failed++;
    this.recorder.recordExchange(atMs, exchange);
    if (this.recorder.isFoldDue) this.recorder.foldUntil(this.settledUntilMs);
    if (!this.#abort.signal.aborted) turn.onEnd(exchange, exchange.endedAtMs);
  }

  /** What fell due before the end and was not sent is an arrival all the same; what lies ahead is not. */
  #dropOverdue(unsent: readonly Due[]): void {
    const nowMs = performance.now();
    for (const due of unsent) {
      if (due instanceof PacedTurn && due.atMs <= nowMs) this.recorder.recordDrop(due.atMs, 'too-late');
    }
    this.#inWindowUnsent = 0;
  }

  /** Stops sending, aborts what is in flight and waits until all of it is recorded. */
  async end(): Promise<void> {
    this.#dropOverdue(this.pacer.stop());
    this.#abort.abort(new Error('the step is over'));
    await Promise.all(this.#open.values().map(({ isOver }) => isOver));
  }
}
