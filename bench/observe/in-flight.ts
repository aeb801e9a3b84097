import { GRID_PER_MS, onGridMs } from '../../vocabulary/exact-sum.ts';
import { encodeInFlight, type InFlightChanges } from '../../vocabulary/in-flight-changes.ts';

/** Starts and ends of requests in time order, walked once. */
class Walk {
  readonly #sent: Float64Array;
  readonly #ended: Float64Array;
  #sentIndex = 0;
  #endedIndex = 0;
  now: number;

  constructor(sentAtMs: readonly number[], endedAtMs: readonly number[], now: number) {
    this.#sent = Float64Array.from(sentAtMs).sort();
    this.#ended = Float64Array.from(endedAtMs).sort();
    this.now = now;
  }

  /**
   * Moves from `fromMs` to `toMs`, ends first at ties; returns the largest number on the way and its integral over
   * time, in requests × ms.
   */
  advance(fromMs: number, toMs: number): { readonly max: number; readonly requestMs: number } {
    let max = this.now;
    let requestMs = 0;
    let atMs = fromMs;
    for (;;) {
      const start = this.#sent[this.#sentIndex] ?? Number.POSITIVE_INFINITY;
      const end = this.#ended[this.#endedIndex] ?? Number.POSITIVE_INFINITY;
      const nextMs = Math.min(start, end, toMs);
      if (nextMs > atMs) {
        requestMs += this.now * (nextMs - atMs);
        atMs = nextMs;
      }
      if (Math.min(start, end) >= toMs) return { max, requestMs };
      if (end <= start && this.now > 0) {
        this.#endedIndex++;
        this.now--;
      } else {
        this.#sentIndex++;
        this.now++;
        max = Math.max(max, this.now);
      }
    }
  }

  /** Starts and ends that have not been passed. */
  rest(): { readonly sent: number[]; readonly ended: number[] } {
    return {
      sent: [...this.#sent.subarray(this.#sentIndex)],
      ended: [...this.#ended.subarray(this.#endedIndex)],
    };
  }
}

/** Fewer than this many intervals are not worth a fold. */
const MIN_FOLD = 512;

/** Over consecutive spans of time: the largest number in flight in each, and the time average over all. */
export interface InFlightReading {
  readonly maxima: readonly number[];
  readonly mean: number;
}

/**
 * Intervals [sent, ended) of requests, for their number over time. `foldUntil` takes everything before an instant into
 * account for good, so that a long run holds only what is near its end. Instants are kept from `fromMs` on, on the grid
 * of exact-sum.ts: so the time average is the same whether requests were logged together or in parts.
 */
export class InFlightLog {
  readonly #fromMs: number;
  readonly #spanMs: number;
  #sentAtMs: number[] = [];
  #endedAtMs: number[] = [];
  #now = 0;
  #foldedToMs = 0;
  /** A fold sorts all that is held: it is due when what is held has doubled, whatever of it can be let go. */
  #foldDueAt = MIN_FOLD;
  #requestMs = 0;
  readonly #maxima: number[] = [];
  readonly #all: { readonly sent: number[]; readonly ended: number[] } | undefined;

  /** Spans of `spanMs` follow one another from `fromMs`. `keepsAll` holds 16 bytes a request for `changes`. */
  constructor(fromMs: number, spanMs: number, keepsAll = false) {
    this.#fromMs = fromMs;
    this.#spanMs = spanMs;
    this.#all = keepsAll ? { sent: [], ended: [] } : undefined;
  }

  /** Whether enough was added since the last fold. At many thousand requests a second that is a part of a millisecond each. */
  get isFoldDue(): boolean {
    return this.#sentAtMs.length >= this.#foldDueAt;
  }

  /** Intervals that are held because they may still change what is known. */
  get held(): number {
    return this.#sentAtMs.length;
  }

  add(sentAtMs: number, endedAtMs: number): void {
    const sent = onGridMs(sentAtMs - this.#fromMs);
    const ended = onGridMs(endedAtMs - this.#fromMs);
    this.#sentAtMs.push(sent);
    this.#endedAtMs.push(ended);
    this.#all?.sent.push(sent);
    this.#all?.ended.push(ended);
  }

  /** Every request's instants, for a merge with other logs of the same span; undefined unless all were to be kept. */
  changes(): InFlightChanges | undefined {
    return this.#all === undefined ? undefined : encodeInFlight(this.#all.sent, this.#all.ended);
  }

  /** Walks whole spans up to `toMs` after the start, the last one perhaps in part; calls back for each with what was seen in it. */
  #walk(walk: Walk, toMs: number, onSpan: (span: number, max: number, requestMs: number) => void): void {
    let atMs = this.#foldedToMs;
    // What came before is passed without being measured.
    walk.advance(atMs, atMs);
    for (let span = Math.floor(atMs / this.#spanMs); atMs < toMs; span++) {
      const edgeMs = Math.min(toMs, (span + 1) * this.#spanMs);
      const { max, requestMs } = walk.advance(atMs, edgeMs);
      onSpan(span, max, requestMs);
      atMs = edgeMs;
    }
  }

  /**
   * Everything before `atMs` is known: no request that was sent before it is still to be added. It is taken into account
   * and forgotten. Sums of instants on the grid are exact, so it does not matter where a fold cuts.
   */
  foldUntil(atMs: number): void {
    const toMs = Math.floor((atMs - this.#fromMs) * GRID_PER_MS) / GRID_PER_MS;
    if (toMs > this.#foldedToMs || this.#foldedToMs === 0) this.#fold(toMs);
    this.#foldDueAt = Math.max(MIN_FOLD, 2 * this.held);
  }

  #fold(toMs: number): void {
    const walk = new Walk(this.#sentAtMs, this.#endedAtMs, this.#now);
    // Before the first span nothing is measured: what ended there is only let go.
    if (toMs <= 0) walk.advance(toMs, toMs);
    else {
      this.#walk(walk, toMs, (span, max, requestMs) => {
        this.#maxima[span] = Math.max(this.#maxima[span] ?? 0, max);
        this.#requestMs += requestMs;
      });
    }
    const rest = walk.rest();
    this.#sentAtMs = rest.sent;
    this.#endedAtMs = rest.ended;
    this.#now = walk.now;
    this.#foldedToMs = Math.max(0, toMs);
  }

  /** What is known of [from, `toMs`); changes nothing, so it may be asked in the middle of a run. */
  read(toMs: number): InFlightReading {
    const maxima = [...this.#maxima];
    let requestMs = this.#requestMs;
    const walk = new Walk(this.#sentAtMs, this.#endedAtMs, this.#now);
    const spanMs = onGridMs(toMs - this.#fromMs);
    this.#walk(walk, spanMs, (span, max, ofSpan) => {
      maxima[span] = Math.max(maxima[span] ?? 0, max);
      requestMs += ofSpan;
    });
    return { maxima, mean: requestMs / spanMs };
  }
}
