import type { Socket } from 'node:net';
import type { Pacer } from '../drive/pacing.ts';
import { type Asked, STREAM_START, streamEnd, tokenChunk } from './answer-text.ts';
import type { Behaviour } from './behaviour.ts';
import type { TruthLog } from './truth.ts';

export interface StreamOptions {
  readonly socket: Socket;
  readonly pacer: Pacer;
  readonly behaviour: Behaviour;
  readonly log: TruthLog;
  readonly asked: Asked;
  readonly tokens: number;
  readonly tokensPerWrite: number;
  readonly receivedAtMs: number;
  readonly onDone: () => void;
}

/** Without a pace, a stream lets others write after so many writes. */
const WRITES_PER_TURN = 32;

/** One paced stream: every write is due at its own instant from the request on, so that lateness does not add up. */
export class StreamAnswer {
  readonly #options: StreamOptions;
  #dueAtMs: number;
  #written = 0;
  #lastAtMs = 0;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#dueAtMs = options.receivedAtMs + options.behaviour.firstTokenMs();
    options.socket.write(STREAM_START, 'latin1');
    this.#schedule();
  }

  #schedule(): void {
    const { pacer, behaviour } = this.#options;
    pacer.at(behaviour.heldUntilMs(this.#dueAtMs), this.#onDue);
  }

  readonly #onDue = (): void => {
    const { socket, tokens, behaviour } = this.#options;
    if (socket.destroyed) return;
    this.#write(performance.now());
    if (this.#written >= tokens) {
      this.#finish();
      return;
    }
    const gapMs = behaviour.tokenGapMs();
    this.#dueAtMs += gapMs;
    if (gapMs > 0) this.#schedule();
    else this.#flood();
  };

  #write(nowMs: number): void {
    const { socket, log, tokens, tokensPerWrite, receivedAtMs } = this.#options;
    const burst = Math.min(tokensPerWrite, tokens - this.#written);
    if (this.#written === 0) log.recordFirst(nowMs - receivedAtMs);
    else log.recordGap(nowMs - this.#lastAtMs);
    for (let more = 1; more < burst; more++) log.recordGap(0);
    this.#lastAtMs = nowMs;
    this.#written += burst;
    log.recordTokens(burst);
    socket.write(chunkOf(burst));
  }

  /** Without gaps the socket sets the pace; gaps are not recorded then, because the reader makes them. */
  readonly #flood = (): void => {
    const { socket, tokens, tokensPerWrite, log } = this.#options;
    for (let writes = 0; writes < WRITES_PER_TURN && this.#written < tokens; writes++) {
      if (socket.destroyed) return;
      const burst = Math.min(tokensPerWrite, tokens - this.#written);
      this.#written += burst;
      log.recordTokens(burst);
      if (!socket.write(chunkOf(burst)) && this.#written < tokens) {
        socket.once('drain', this.#flood);
        return;
      }
    }
    if (this.#written < tokens) setImmediate(this.#flood);
    else this.#finish();
  };

  #finish(): void {
    const { socket, asked, tokens, onDone } = this.#options;
    socket.write(streamEnd(asked, tokens), 'latin1');
    onDone();
  }
}

const CHUNKS: Buffer[] = [];

/** The bytes of so many tokens, made once. */
function chunkOf(tokens: number): Buffer {
  CHUNKS[tokens] ??= tokenChunk(tokens);
  return CHUNKS[tokens];
}
