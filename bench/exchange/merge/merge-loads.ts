import type { StepLoad } from '../../../vocabulary/result-file.ts';

/** A rate that somebody wrote has no more digits than a double keeps whatever they are. */
const WRITTEN_DIGITS = 15;

/**
 * The rate of the whole schedule from what one of `shards` equal parts was asked for. A part is the whole times 1 ÷
 * shards, rounded twice, so several doubles lead to it: the one of at most 15 digits is what was written.
 */
export function wholeRate(partPerS: number, shards: number): number {
  const near = partPerS * shards;
  const written = Number(near.toPrecision(WRITTEN_DIGITS));
  return written * (1 / shards) === partPerS ? written : near;
}

/** What some of the shards were asked for: one of them, or several that were merged before. */
export interface LoadPart {
  readonly load: StepLoad;
  readonly shards: number;
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Scales the part of the fewest shards, which is the one rounded least, to all that are there. */
function mergeRates(parts: readonly LoadPart[], count: number, rateOf: (load: StepLoad) => number): number {
  const smallest = parts.reduce((best, part) => (part.shards < best.shards ? part : best));
  const partPerS = rateOf(smallest.load) / smallest.shards;
  const present = sumOf(parts.map(({ shards }) => shards));
  return present === count ? wholeRate(partPerS, count) : partPerS * present;
}

/** What `count` shards, or those of them that are there, were asked for. Rates are equal parts; users are counted. */
export function mergeLoads(parts: readonly [LoadPart, ...LoadPart[]], count: number): StepLoad {
  const [{ load }] = parts;
  const merged = (rateOf: (load: StepLoad) => number): number => mergeRates(parts, count, rateOf);
  switch (load.kind) {
    case 'open':
      return {
        kind: 'open',
        interactionsPerS: merged((of) => (of.kind === 'open' ? of.interactionsPerS : 0)),
        turnsPerS: merged((of) => (of.kind === 'open' ? of.turnsPerS : 0)),
      };
    case 'trace':
      return {
        ...load,
        meanRequestsPerS: merged((of) => (of.kind === 'trace' ? of.meanRequestsPerS : 0)),
      };
    case 'closed':
      return {
        kind: 'closed',
        concurrency: sumOf(parts.map((part) => (part.load.kind === 'closed' ? part.load.concurrency : 0))),
      };
  }
}
