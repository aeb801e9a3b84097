import type { Timeouts } from '../../scenarios/scenario.ts';
import type { OpenPlace } from '../../vocabulary/open-list.ts';
import type { TimeoutPhase } from '../../vocabulary/outcomes.ts';
import type { Exchange, TokenUsage } from './driver.ts';
import type { SentOutcome } from './failure-codes.ts';
import { type Abortable, abortGroupOf } from './http/abort-group.ts';

export interface TimedExchangeOptions {
  readonly timeouts: Timeouts;
  readonly signal: AbortSignal;
  readonly keepText: boolean;
  /** Whether the connection stands, for the limit on that. */
  readonly isConnected: () => boolean;
  /** Ends the request at the far end, because it was given up here. */
  readonly cancel: () => void;
}

/** Limits, instants and the end of one answer whose messages come from a library: WebSocket frames, gRPC messages. */
export class TimedExchange implements Abortable {
  readonly #options: TimedExchangeOptions;
  readonly #settle: (exchange: Exchange) => void;
  readonly #sentAtMs: number;
  readonly #chunksAtMs: number[] = [];
  #text = '';
  #lastReadAtMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  #place: OpenPlace<Abortable> | undefined;
  usage: TokenUsage | undefined;
  queueWaitMs: number | undefined;

  constructor(options: TimedExchangeOptions, settle: (exchange: Exchange) => void, sentAtMs: number) {
    this.#options = options;
    this.#settle = settle;
    this.#sentAtMs = sentAtMs;
    if (options.signal.aborted) {
      this.onAbort();
      return;
    }
    this.#place = abortGroupOf(options.signal).add(this);
    this.#arm();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get hasBegun(): boolean {
    return this.#chunksAtMs.length > 0;
  }

  onAbort(): void {
    this.#giveUp('run-ended');
  }

  /** A piece of the answer came; empty ones are no content and only show that the other side lives. */
  onContent(text: string, atMs: number): void {
    this.#lastReadAtMs = atMs;
    if (text === '' || this.#isOver) return;
    const isFirst = !this.hasBegun;
    this.#chunksAtMs.push(atMs);
    if (this.#options.keepText) this.#text += text;
    // The idle limit may run out before the instant that the timer was set for.
    if (isFirst) this.#arm();
  }

  /** Something came that is no content. */
  onSign(atMs: number): void {
    this.#lastReadAtMs = atMs;
  }

  /** Once: what comes later is not told. The text replaces what was gathered where the protocol gives it whole. */
  end(outcome: SentOutcome, endedAtMs: number, wholeText?: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    abortGroupOf(this.#options.signal).remove(this.#place);
    this.#settle({
      outcome,
      sentAtMs: this.#sentAtMs,
      endedAtMs,
      chunksAtMs: this.#chunksAtMs,
      text: this.#options.keepText ? (wholeText ?? this.#text) : '',
      ...(this.usage === undefined ? {} : { usage: this.usage }),
      ...(this.queueWaitMs === undefined ? {} : { queueWaitMs: this.queueWaitMs }),
    });
  }

  /** The limit that runs out first from here on. */
  #deadline(): { readonly atMs: number; readonly phase: TimeoutPhase } {
    const { timeouts, isConnected } = this.#options;
    const limits: { atMs: number; phase: TimeoutPhase }[] = [
      { atMs: this.#sentAtMs + timeouts.totalMs, phase: 'total' },
      this.hasBegun
        ? { atMs: this.#lastReadAtMs + timeouts.idleMs, phase: 'idle' }
        : { atMs: this.#sentAtMs + timeouts.firstTokenMs, phase: 'first-token' },
    ];
    if (!isConnected()) limits.push({ atMs: this.#sentAtMs + timeouts.connectMs, phase: 'connect' });
    return limits.reduce((nearest, limit) => (limit.atMs < nearest.atMs ? limit : nearest));
  }

  /** One timer per request: when it fires, it looks whether the limit moved meanwhile. */
  #arm(): void {
    clearTimeout(this.#timer);
    const onTimer = (): void => {
      const { atMs, phase } = this.#deadline();
      if (performance.now() >= atMs) this.#giveUp(phase);
      else this.#arm();
    };
    this.#timer = setTimeout(onTimer, Math.max(1, Math.ceil(this.#deadline().atMs - performance.now())));
  }

  #giveUp(phase: TimeoutPhase): void {
    if (this.#isOver) return;
    this.end({ state: 'timed-out', phase }, performance.now());
    this.#options.cancel();
  }
}
