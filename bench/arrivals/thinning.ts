import type { Random } from '../../vocabulary/random.ts';

/**
 * Keeps each item with the given probability, independently and in order. Thinning a Poisson process leaves one of
 * keepRatio times the rate; of any process, the index of dispersion I becomes 1 + keepRatio × (I − 1).
 */
export function thin<T>(items: readonly T[], keepRatio: number, random: Random): T[] {
  // One draw for each item, kept or not: a smaller ratio keeps a part of what a larger one does.
  return items.filter(() => random.next() < keepRatio);
}
