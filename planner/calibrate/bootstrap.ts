import type { Random } from '../../vocabulary/random.ts';

/** Measurements of one load that repeat each other. */
export type Replicates<T> = readonly T[];

/** Each load with as many of its replicates as it has, drawn with replacement. A load measured once stays as it is. */
function resampleEach<T>(loads: readonly Replicates<T>[], random: Random): T[][] {
  return loads.map((replicates) =>
    replicates.map((own) => replicates[Math.floor(random.next() * replicates.length)] ?? own),
  );
}

/**
 * An estimate over bootstrap draws of replicate runs (Efron 1979), ascending: what it would have been had the runs been
 * repeated. Draws that give no estimate are left out, so fewer values than draws is a share of draws that were refused.
 * A load without replicates adds no spread, which makes the result narrower than the truth.
 */
export function bootstrapReplicates<T>(
  loads: readonly Replicates<T>[],
  estimate: (loads: readonly Replicates<T>[]) => number | undefined,
  options: { readonly random: Random; readonly draws: number },
): number[] {
  const values: number[] = [];
  for (let i = 0; i < options.draws; i++) {
    const value = estimate(resampleEach(loads, options.random));
    if (value !== undefined && Number.isFinite(value)) values.push(value);
  }
  return values.sort((a, b) => a - b);
}
