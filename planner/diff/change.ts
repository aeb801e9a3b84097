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

/** The same where items may share a key: the first of a key is paired with the first, the second with the second. */
export function pairInOrder<T>(
  before: readonly T[],
  after: readonly T[],
  keyOf: (item: T) => string,
): Pair<T>[] {
  const numbered = (items: readonly T[]): { readonly key: string; readonly item: T }[] => {
    const seen = new Map<string, number>();
    return items.map((item) => {
      const key = keyOf(item);
      const place = seen.get(key) ?? 0;
      seen.set(key, place + 1);
      return { key: `${key}\n${place}`, item };
    });
  };
  return pairUp(numbered(before), numbered(after), ({ key }) => key).map((pair) => ({
    key: pair.key,
    before: pair.before?.item,
    after: pair.after?.item,
  }));
}
