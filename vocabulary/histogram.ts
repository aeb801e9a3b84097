import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js';
import { z } from 'zod';
import { onGridMs } from './exact-sum.ts';
import { nearestRank } from './percentiles.ts';
import { msFromUs, usFromMs } from './units.ts';

/** Largest span recorded: two hours; longer ones are recorded as two hours and counted in `clipped`. */
const MAX_US = 7_200_000_000;

/** Three significant digits: a recorded value is known to this relative width. */
const RESOLUTION_RATIO = 0.001;

/** As stored in files: HdrHistogram V2 compressed base64 over whole microseconds, plus what it loses. */
export const encodedHistogramSchema = z.strictObject({
  encoding: z.literal('hdr-v2-base64'),
  unit: z.literal('us'),
  count: z.int().nonnegative(),
  sumMs: z.number().nonnegative(),
  minMs: z.number().nonnegative().optional(),
  maxMs: z.number().nonnegative().optional(),
  clipped: z.int().nonnegative(),
  data: z.string(),
});

export type EncodedHistogram = z.infer<typeof encodedHistogramSchema>;

type Countable = Histogram & {
  countsArrayIndex(value: number): number;
  getCountAtIndex(index: number): number;
  valueFromIndex(index: number): number;
};

/** Every bucket that is not empty: its value and how many were recorded there, ascending. */
function* recordedCounts(hdr: Histogram): Generator<{ value: number; count: number }, void> {
  if (hdr.totalCount === 0) return;
  const counts = hdr as Countable;
  const last = counts.countsArrayIndex(hdr.maxValue);
  for (let index = 0; index <= last; index++) {
    const count = counts.getCountAtIndex(index);
    if (count > 0) yield { value: counts.valueFromIndex(index), count };
  }
}

/**
 * Mergeable latency histogram in milliseconds: microsecond resolution, three significant digits
 * (relative error at most 0.1 %), exact count, minimum and maximum, and the sum of the spans on a grid of 2⁻¹⁴ ms, which
 * adds exactly in any order.
 */
export class LatencyHistogram {
  readonly #hdr: Histogram;
  #sumMs = 0;
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = 0;
  #clipped = 0;

  constructor(hdr?: Histogram) {
    this.#hdr = hdr ?? build({ bitBucketSize: 32, autoResize: true, numberOfSignificantValueDigits: 3 });
  }

  /** Records one span ≥ 0 ms. Negative and non-finite spans are bugs and throw. */
  record(ms: number): void {
    if (!(ms >= 0) || !Number.isFinite(ms))
      throw new RangeError(`a latency must be finite and ≥ 0 ms, got ${ms}`);
    const us = Math.round(usFromMs(ms));
    if (us > MAX_US) this.#clipped++;
    this.#hdr.recordValue(Math.min(us, MAX_US));
    this.#sumMs += onGridMs(ms);
    if (ms < this.#minMs) this.#minMs = ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /** Records one span `times` times (a whole number ≥ 1), at the cost of one. */
  recordTimes(ms: number, times: number): void {
    this.record(ms);
    if (times <= 1) return;
    const us = Math.round(usFromMs(ms));
    this.#hdr.recordValueWithCount(Math.min(us, MAX_US), times - 1);
    this.#sumMs += onGridMs(ms) * (times - 1);
    if (us > MAX_US) this.#clipped += times - 1;
  }

  get count(): number {
    return this.#hdr.totalCount;
  }

  get clipped(): number {
    return this.#clipped;
  }

  /** Mean in ms; undefined when empty. */
  get meanMs(): number | undefined {
    return this.count === 0 ? undefined : this.#sumMs / this.count;
  }

  get minMs(): number | undefined {
    return this.count === 0 ? undefined : this.#minMs;
  }

  get maxMs(): number | undefined {
    return this.count === 0 ? undefined : this.#maxMs;
  }

  /** Nearest-rank percentile in ms (to the histogram's 0.1 %), within the exact extremes; undefined when empty. */
  percentileMs(percent: number): number | undefined {
    if (this.count === 0) return undefined;
    const rank = nearestRank(percent, this.count);
    if (rank === this.count) return this.#maxMs;
    return Math.max(this.#minMs, Math.min(this.#maxMs, this.#valueAtRankMs(rank)));
  }

  /** Recorded values strictly above `limitMs`, to the histogram's resolution. */
  countAbove(limitMs: number): number {
    if (this.count === 0 || limitMs >= this.#maxMs) return 0;
    if (limitMs < this.#minMs) return this.count;
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#valueAtRankMs(middle) <= limitMs * (1 + RESOLUTION_RATIO)) low = middle;
      else high = middle - 1;
    }
    return this.count - low;
  }

  /** The library rounds percent × count to a rank, so the percent that names `rank` exactly is given. */
  #valueAtRankMs(rank: number): number {
    return msFromUs(this.#hdr.getValueAtPercentile((100 * rank) / this.count));
  }

  /** Adds another histogram's counts to this one, exactly: what was recorded in parts encodes to the same bytes. */
  add(other: LatencyHistogram): void {
    // The library's own `add` leaves a range behind that depends on the order, and it is part of the encoding.
    for (const { value, count } of recordedCounts(other.#hdr)) this.#hdr.recordValueWithCount(value, count);
    this.#sumMs += other.#sumMs;
    this.#clipped += other.#clipped;
    if (other.count > 0) {
      this.#minMs = Math.min(this.#minMs, other.#minMs);
      this.#maxMs = Math.max(this.#maxMs, other.#maxMs);
    }
  }

  /** A histogram of its own with the same records: what `since` is asked about later. */
  copy(): LatencyHistogram {
    const copied = new LatencyHistogram();
    copied.add(this);
    return copied;
  }

  /** What was recorded after `earlier`, a copy of this very histogram; its extremes are known to the resolution. */
  since(earlier: LatencyHistogram): LatencyHistogram {
    const later = this.copy();
    later.#hdr.subtract(earlier.#hdr);
    later.#sumMs = Math.max(0, this.#sumMs - earlier.#sumMs);
    later.#clipped = this.#clipped - earlier.#clipped;
    later.#minMs = later.count === 0 ? Number.POSITIVE_INFINITY : msFromUs(later.#hdr.minNonZeroValue);
    later.#maxMs = later.count === 0 ? 0 : msFromUs(later.#hdr.maxValue);
    return later;
  }

  encode(): EncodedHistogram {
    return {
      encoding: 'hdr-v2-base64',
      unit: 'us',
      count: this.count,
      sumMs: this.#sumMs,
      ...(this.count === 0 ? {} : { minMs: this.#minMs, maxMs: this.#maxMs }),
      clipped: this.#clipped,
      data: encodeIntoCompressedBase64(this.#hdr),
    };
  }

  /** Inverse of encode. Throws when the data is not an HdrHistogram V2 payload. */
  static decode(encoded: EncodedHistogram): LatencyHistogram {
    const hdr = decodeFromCompressedBase64(encoded.data, 32);
    hdr.autoResize = true; // The library decodes to a fixed range, which would refuse larger values on a merge.
    const histogram = new LatencyHistogram(hdr);
    histogram.#sumMs = encoded.sumMs;
    histogram.#clipped = encoded.clipped;
    histogram.#minMs = encoded.minMs ?? Number.POSITIVE_INFINITY;
    histogram.#maxMs = encoded.maxMs ?? 0;
    return histogram;
  }
}
