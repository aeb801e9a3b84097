/** Intervals [sent, ended) of requests, for their number over time. */
export class InFlightLog {
  readonly #sentAtMs: number[] = [];
  readonly #endedAtMs: number[] = [];

  add(sentAtMs: number, endedAtMs: number): void {
    this.#sentAtMs.push(sentAtMs);
    this.#endedAtMs.push(endedAtMs);
  }

  /** Time average of requests in flight over [fromMs, toMs): the overlap of all intervals with it ÷ its length. */
  meanOver(fromMs: number, toMs: number): number {
    const overlapMs = this.#sentAtMs.reduce((sum, sentAtMs, i) => {
      const endedAtMs = this.#endedAtMs[i] ?? sentAtMs;
      return sum + Math.max(0, Math.min(endedAtMs, toMs) - Math.max(sentAtMs, fromMs));
    }, 0);
    return overlapMs / (toMs - fromMs);
  }

  /** Largest number in flight within each of the consecutive spans that `edgesMs` bound. */
  maxima(edgesMs: readonly number[]): number[] {
    const sent = Float64Array.from(this.#sentAtMs).sort();
    const ended = Float64Array.from(this.#endedAtMs).sort();
    const cursor = { sent: 0, ended: 0, now: 0 };
    advance(cursor, sent, ended, edgesMs[0] ?? 0);
    return edgesMs.slice(1).map((edgeMs) => advance(cursor, sent, ended, edgeMs));
  }
}

interface Cursor {
  sent: number;
  ended: number;
  now: number;
}

/** Moves to `toMs` through starts and ends in time order, ends first at ties; returns the largest number on the way. */
function advance(cursor: Cursor, sent: Float64Array, ended: Float64Array, toMs: number): number {
  let largest = cursor.now;
  for (;;) {
    const start = sent[cursor.sent] ?? Number.POSITIVE_INFINITY;
    const end = ended[cursor.ended] ?? Number.POSITIVE_INFINITY;
    if (Math.min(start, end) >= toMs) return largest;
    if (end <= start && cursor.now > 0) {
      cursor.ended++;
      cursor.now--;
    } else {
      cursor.sent++;
      cursor.now++;
      largest = Math.max(largest, cursor.now);
    }
  }
}
