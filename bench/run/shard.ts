import { failed, ok, type Result } from '../../vocabulary/errors.ts';

/** One of several generators that share one schedule: `index` from 0 to `count` − 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
  /** When all shards begin, by their wall clocks. */
  readonly startAtUnixMs: number;
}

/**
 * The part of a schedule that a shard sends: every `count`-th interaction. All shards draw the same schedule from the
 * same seed, so together they send each interaction once.
 */
export const keepShard = <T>(items: Iterable<T>, shard: Shard | undefined): Iterable<T> =>
  shard === undefined ? items : everyNth(items, shard);

function* everyNth<T>(items: Iterable<T>, { index, count }: Shard): Generator<T, void> {
  let order = 0;
  for (const item of items) {
    if (order % count === index) yield item;
    order++;
  }
}

/** How many of `users` belong to a shard; together they are all. */
export const usersOfShard = (users: number, shard: Shard | undefined): number =>
  shard === undefined ? users : Math.floor((users + shard.count - 1 - shard.index) / shard.count);

/** `2/4`, the second of four, as its index and count. */
export function parseShard(text: string): Result<{ readonly index: number; readonly count: number }> {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const [position, count] = [Number(match?.[1]), Number(match?.[2])];
  if (match !== null && position >= 1 && position <= count) return ok({ index: position - 1, count });
  return failed('USAGE', `--shard: expected i/n with i from 1 to n, such as 2/4, got "${text}"`);
}
