import { openUniform, type Random, sampleExponential, sampleGamma } from '../../vocabulary/random.ts';
import { MS_PER_S } from '../../vocabulary/units.ts';

/** One cause of swings in the rate: a multiplier of mean 1, drawn anew from a gamma distribution for each block. */
export interface RateSwing {
  /** Variance of the multiplier. */
  readonly varianceRatio: number;
  readonly blockMs: number;
}

/**
 * How customers arrive at a queue. `renewal`: independent gamma gaps. `modulated`: gamma gaps while the rate itself is
 * multiplied by every swing. `trace`: instants as they were, ascending, over and over.
 */
export type ArrivalProcess =
  | { readonly kind: 'poisson'; readonly ratePerS: number }
  | { readonly kind: 'renewal'; readonly ratePerS: number; readonly gapCv: number }
  | {
      readonly kind: 'modulated';
      readonly ratePerS: number;
      /** Of the gaps where the rate does not swing. */
      readonly gapCv: number;
      readonly swings: readonly RateSwing[];
    }
  | { readonly kind: 'trace'; readonly instantsMs: ArrayLike<number> };

/** Draws one positive span after another. */
export type NextMs = () => number;

/** Spans that vary less are taken as constant: the shape of their gamma distribution would be beyond all numbers. */
const CONSTANT_SCV = 1e-9;

/** Independent spans with this mean and squared coefficient of variation: constant, exponential, else gamma. */
export function createSpans(meanMs: number, scv: number, random: Random): NextMs {
  if (scv < CONSTANT_SCV) return () => meanMs;
  if (scv === 1) return () => sampleExponential(random, meanMs);
  return () => sampleGamma(random, 1 / scv, meanMs * scv);
}

/** The product of the swings at hand, and how long it lasts. */
class Multiplier {
  readonly #swings: readonly RateSwing[];
  readonly #random: Random;
  readonly #factors: number[];
  readonly #endsMs: number[];
  value = 1;
  endsAtMs = 0;

  constructor(swings: readonly RateSwing[], random: Random) {
    this.#swings = swings;
    this.#random = random;
    this.#factors = swings.map((swing) => this.#draw(swing));
    // Every block has begun some time before the first instant.
    this.#endsMs = swings.map(({ blockMs }) => blockMs * openUniform(random));
    this.#settle();
  }

  #draw({ varianceRatio }: RateSwing): number {
    return varianceRatio === 0 ? 1 : sampleGamma(this.#random, 1 / varianceRatio, varianceRatio);
  }

  #settle(): void {
    this.value = this.#factors.reduce((product, factor) => product * factor, 1);
    this.endsAtMs = Math.min(...this.#endsMs);
  }

  /** Goes on to the next stretch of time with one multiplier. */
  advance(): void {
    for (const [index, swing] of this.#swings.entries()) {
      if ((this.#endsMs[index] ?? 0) > this.endsAtMs) continue;
      this.#factors[index] = this.#draw(swing);
      this.#endsMs[index] = this.endsAtMs + swing.blockMs;
    }
    this.#settle();
  }
}

type Modulated = Extract<ArrivalProcess, { kind: 'modulated' }>;

/** Gaps are drawn at the mean rate and stretched by the multiplier of the time that they span. */
function createModulated(process: Modulated, random: Random): NextMs {
  const nextGapMs = createSpans(MS_PER_S / process.ratePerS, process.gapCv ** 2, random.fork('gaps'));
  const multiplier = new Multiplier(process.swings, random.fork('swings'));
  let atMs = 0;
  return () => {
    let leftMs = nextGapMs();
    let roomMs = multiplier.value * (multiplier.endsAtMs - atMs);
    while (roomMs < leftMs) {
      leftMs -= roomMs;
      atMs = multiplier.endsAtMs;
      multiplier.advance();
      roomMs = multiplier.value * (multiplier.endsAtMs - atMs);
    }
    atMs += leftMs / multiplier.value;
    return atMs;
  };
}

/** Mean span between the instants of a trace, from its first to its last. */
export const meanGapMs = (instantsMs: ArrayLike<number>): number =>
  ((instantsMs[instantsMs.length - 1] ?? 0) - (instantsMs[0] ?? 0)) / (instantsMs.length - 1);

function createTrace(instantsMs: ArrayLike<number>): NextMs {
  const periodMs = meanGapMs(instantsMs) * instantsMs.length;
  let index = 0;
  let offsetMs = 0;
  return () => {
    if (index === instantsMs.length) {
      index = 0;
      offsetMs += periodMs;
    }
    return offsetMs + (instantsMs[index++] ?? 0);
  };
}

function createRenewal(meanMs: number, scv: number, random: Random): NextMs {
  const nextGapMs = createSpans(meanMs, scv, random);
  let atMs = 0;
  return () => {
    atMs += nextGapMs();
    return atMs;
  };
}

/** Ascending instants in ms, without end. Same random stream, same instants. */
export function createArrivals(process: ArrivalProcess, random: Random): NextMs {
  switch (process.kind) {
    case 'poisson':
      return createRenewal(MS_PER_S / process.ratePerS, 1, random);
    case 'renewal':
      return createRenewal(MS_PER_S / process.ratePerS, process.gapCv ** 2, random);
    case 'modulated':
      return process.swings.length === 0
        ? createRenewal(MS_PER_S / process.ratePerS, process.gapCv ** 2, random)
        : createModulated(process, random);
    case 'trace':
      return createTrace(process.instantsMs);
  }
}

/** Mean arrivals per second; of a trace, from its first to its last instant. */
export const ratePerSOf = (process: ArrivalProcess): number =>
  process.kind === 'trace' ? MS_PER_S / meanGapMs(process.instantsMs) : process.ratePerS;

/** Of arrivals that are spread over `ways` queues by chance, those of one; `ways` below 1 multiplies them. */
export function splitArrivals<Process extends ArrivalProcess>(process: Process, ways: number): Process {
  if (process.kind === 'trace') throw new TypeError('the arrivals of a trace are not split');
  const ratePerS = process.ratePerS / ways;
  if (process.kind === 'poisson' || ways <= 1) return { ...process, ratePerS };
  // A gap of one queue is a geometric number of gaps: its variability tends to that of independent arrivals.
  const gapCv = Math.sqrt(1 + (process.gapCv ** 2 - 1) / ways);
  return { ...process, ratePerS, gapCv };
}
