import { classifyStatus, classifyTransportError, type SentOutcome } from '../../drive/failure-codes.ts';
import type { StepRecorder } from '../../observe/recorder.ts';

const FIRST_CAPACITY = 65_536;
/** In place of a status, for what never got one. */
const NO_STATUS = 0;

const OK_FROM = 200;
const OK_TO = 299;

/**
 * Requests as they end, kept as plain numbers: recording them while load runs would lower the ceiling that is measured.
 * All instants are of performance.now().
 */
export class ExchangeLog {
  #sentAtMs = new Float64Array(FIRST_CAPACITY);
  #endedAtMs = new Float64Array(FIRST_CAPACITY);
  #status = new Uint16Array(FIRST_CAPACITY);
  readonly #outcomes = new Map<number, SentOutcome>();
  #length = 0;
  #failed = 0;

  get length(): number {
    return this.#length;
  }

  /** Of all so far, those that did not complete. */
  get failed(): number {
    return this.#failed;
  }

  answered(sentAtMs: number, endedAtMs: number, status: number): void {
    if (status < OK_FROM || status > OK_TO) this.#failed++;
    this.#push(sentAtMs, endedAtMs, status);
  }

  lost(sentAtMs: number, endedAtMs: number, outcome: SentOutcome): void {
    this.#failed++;
    this.#outcomes.set(this.#length, outcome);
    this.#push(sentAtMs, endedAtMs, NO_STATUS);
  }

  #push(sentAtMs: number, endedAtMs: number, status: number): void {
    if (this.#length === this.#status.length) this.#grow();
    this.#sentAtMs[this.#length] = sentAtMs;
    this.#endedAtMs[this.#length] = endedAtMs;
    this.#status[this.#length] = status;
    this.#length++;
  }

  #grow(): void {
    const capacity = 2 * this.#status.length;
    const grown = <T extends Float64Array | Uint16Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#sentAtMs = grown(this.#sentAtMs, new Float64Array(capacity));
    this.#endedAtMs = grown(this.#endedAtMs, new Float64Array(capacity));
    this.#status = grown(this.#status, new Uint16Array(capacity));
  }

  #outcomeAt(i: number): SentOutcome {
    const status = this.#status[i] ?? NO_STATUS;
    if (status >= OK_FROM && status <= OK_TO) return { state: 'completed' };
    return this.#outcomes.get(i) ?? classifyStatus(status, '');
  }

  /** Hands everything to a recorder, with the send as the scheduled instant: a closed loop has no other. */
  replayInto(recorder: StepRecorder): void {
    for (let i = 0; i < this.#length; i++) {
      const sentAtMs = this.#sentAtMs[i] ?? 0;
      recorder.recordExchange(sentAtMs, {
        outcome: this.#outcomeAt(i),
        sentAtMs,
        endedAtMs: this.#endedAtMs[i] ?? sentAtMs,
        chunksAtMs: [],
        text: '',
      });
    }
  }
}

const RUN_ENDED: SentOutcome = { state: 'timed-out', phase: 'run-ended' };
const TOTAL: SentOutcome = { state: 'timed-out', phase: 'total' };

/**
 * Follows one connection that has at most one request at a time. A request is lost when the next is sent before its
 * answer; why is known from the error before it, or from the time-out that the client tells right after.
 */
export class ConnectionTracker {
  readonly #log: ExchangeLog;
  #sentAtMs: number | undefined;
  #error: unknown;
  #lostAtMs: readonly [sentAtMs: number, endedAtMs: number] | undefined;

  constructor(log: ExchangeLog) {
    this.#log = log;
  }

  /** When the request under way was sent; undefined between requests. */
  get openSinceMs(): number | undefined {
    return this.#sentAtMs;
  }

  onRequest(): void {
    const nowMs = performance.now();
    if (this.#sentAtMs !== undefined) this.#lose(this.#sentAtMs, nowMs);
    this.#sentAtMs = nowMs;
  }

  onResponse(status: number): void {
    if (this.#sentAtMs === undefined) return; // An answer to nothing: the request was already given up.
    this.#log.answered(this.#sentAtMs, performance.now(), status);
    this.#sentAtMs = undefined;
  }

  onError(error: unknown): void {
    this.#error = error;
  }

  onTimeout(): void {
    if (this.#lostAtMs === undefined) return;
    this.#log.lost(...this.#lostAtMs, TOTAL);
    this.#lostAtMs = undefined;
  }

  #lose(sentAtMs: number, endedAtMs: number): void {
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) {
      this.#log.lost(sentAtMs, endedAtMs, classifyTransportError(error, false));
      return;
    }
    this.#lostAtMs = [sentAtMs, endedAtMs];
    queueMicrotask(() => {
      if (this.#lostAtMs === undefined) return;
      this.#lostAtMs = undefined;
      this.#log.lost(sentAtMs, endedAtMs, { state: 'failed', code: 'connection-reset' });
    });
  }

  /** What is still open when the load ends. */
  end(): void {
    if (this.#sentAtMs !== undefined) this.#log.lost(this.#sentAtMs, performance.now(), RUN_ENDED);
    this.#sentAtMs = undefined;
  }
}
