import type { NumberChange, WordsChange } from '../../vocabulary/plan-diff.ts';

/** Differences in the last digits come from the order of additions, not from an input. */
const ROUNDING_RATIO = 1e-9;

/** Whether two figures differ by more than rounding; present and absent differ. */
export function differs(before: number | undefined, after: number | undefined): boolean {
  if (before === undefined || after === undefined) return before !== after;
  return Math.abs(after - before) > ROUNDING_RATIO * Math.max(Math.abs(before), Math.abs(after));
}

const ends = <T>(before: T | undefined, after: T | undefined): { before?: T; after?: T } => ({
  ...(before === undefined ? {} : { before }),
  ...(after === undefined ? {} : { after }),
});

export const numberChange = (before: number | undefined, after: number | undefined): NumberChange =>
  ends(before, after);

export const wordsChange = (before: string | undefined, after: string | undefined): WordsChange =>
  ends(before, after);

export const isChanged = ({ before, after }: NumberChange): boolean => differs(before, after);

/** One key with what each side has under it. */
export interface Pair<T> {
  readonly key: string;
  readonly before: T | undefined;
  readonly after: T | undefined;
}

/** Items of both sides by key, those of the later side first. Of items with the same key the first stands for all. */
export function pairUp<T>(before: readonly T[], after: readonly T[], keyOf: (item: T) => string): Pair<T>[] {
  const first = (items: readonly T[]): Map<string, T> =>
    new Map([...items].reverse().map((item) => [keyOf(item), item]));
  const [old, now] = [first(before), first(after)];
  const keys = new Set([...after.map(keyOf), ...before.map(keyOf)]);
  return [...keys].map((key) => ({ key, before: old.get(key), after: now.get(key) }));
}
