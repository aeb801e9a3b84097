import { runBlock, steady } from './blocks.ts';
import { type Interval, intervalOfMedian } from './reading.ts';
import type { Target } from './targets.ts';

const PAIRS = 7;
const RATE_PER_S = 1000;
const WINDOW_MS = 2000;

/** Latency that a target adds to direct requests of the same arrivals, as the median over pairs with its interval, ms. */
export interface Added {
  readonly p50Ms: Interval;
  readonly p99Ms: Interval;
}

/**
 * Blocks of direct requests and of requests through each target take turns, each round with arrivals of its own seed, so that
 * what disturbs the machine for seconds disturbs them alike.
 */
export async function measureAdded<Name extends string>(
  direct: Target,
  targets: Readonly<Record<Name, Target>>,
): Promise<Record<Name, Added>> {
  const names = Object.keys(targets) as Name[];
  const p50 = new Map<Name, number[]>(names.map((name) => [name, []]));
  const p99 = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let pair = 0; pair < PAIRS; pair++) {
    const plan = steady(RATE_PER_S, WINDOW_MS, pair);
    const bare = await runBlock(direct, plan);
    for (const name of names) {
      const block = await runBlock(targets[name], plan);
      p50.get(name)?.push(block.p50Ms - bare.p50Ms);
      p99.get(name)?.push(block.p99Ms - bare.p99Ms);
    }
  }
  const rows = names.map((name) => [
    name,
    { p50Ms: intervalOfMedian(p50.get(name) ?? []), p99Ms: intervalOfMedian(p99.get(name) ?? []) },
  ]);
  return Object.fromEntries(rows) as Record<Name, Added>;
}
