import { z } from 'zod';

/** What a document says about one quantity at one place: a value is low = high; an open end is infinite. */
export interface Statement {
  readonly low: number;
  readonly high: number;
  /** Decimal places as written, where trailing zeros count: 0.020 is 3. */
  readonly decimals?: number;
  /** Line of the document; absent for what the reader assumed. */
  readonly line?: number;
}

/** A quantity with every place that states it. `path` is where it lies in the claims file. */
export interface Figure {
  readonly kind: 'figure';
  readonly path: string;
  readonly statements: readonly [Statement, ...Statement[]];
}

/** A word that a document uses for a property, with its line. */
export interface Word<Name extends string = string> {
  readonly kind: 'word';
  readonly path: string;
  readonly is: Name;
  readonly line?: number;
}

/** Something that a document promises, with its line. */
export interface Promised {
  readonly kind: 'promised';
  readonly path: string;
  readonly line?: number;
}

const line = z.int().positive().optional();
const withLine = (at: number | undefined): { line?: number } => (at === undefined ? {} : { line: at });

/** Beyond lies a mistake of unit, whatever the quantity: no guide counts a thousand million million of anything. */
const MAX_FIGURE = 1e15;

interface Bounds {
  readonly min: number;
  readonly max: number;
  /** Whether `min` itself is allowed. */
  readonly open?: boolean;
}

const FORMS = 'one of value, low and high, atLeast, atMost, or unlimited: true';

function rangeOf(statement: {
  readonly value?: number | undefined;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  readonly atLeast?: number | undefined;
  readonly atMost?: number | undefined;
  readonly unlimited?: true | undefined;
}): readonly [number, number] | undefined {
  const { value, low, high, atLeast, atMost, unlimited } = statement;
  const forms = [value, low ?? high, atLeast, atMost, unlimited].filter((form) => form !== undefined);
  if (forms.length !== 1) return undefined;
  if (value !== undefined) return [value, value];
  if (atLeast !== undefined) return [atLeast, Number.POSITIVE_INFINITY];
  if (atMost !== undefined) return [0, atMost];
  if (unlimited) return [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  return low !== undefined && high !== undefined && low <= high ? [low, high] : undefined;
}

function figureWithin({ min, max, open }: Bounds) {
  const bounded = open ? z.number().gt(min).max(max) : z.number().min(min).max(max);
  const statement = z
    .strictObject({
      value: bounded.optional(),
      low: bounded.optional(),
      high: bounded.optional(),
      atLeast: bounded.optional(),
      atMost: bounded.optional(),
      unlimited: z.literal(true).optional(),
      decimals: z.int().min(0).max(12).optional(),
      line,
    })
    .transform((given, context): Statement => {
      const range = rangeOf(given);
      const decimals = given.decimals === undefined ? {} : { decimals: given.decimals };
      if (range !== undefined) return { low: range[0], high: range[1], ...decimals, ...withLine(given.line) };
      context.addIssue({ code: 'custom', message: `${FORMS}, with low ≤ high`, input: given });
      return z.NEVER;
    });
  const pair = z
    .tuple([bounded, bounded])
    .refine(([low, high]) => low <= high, { message: 'a range [low, high] with low ≤ high' })
    .transform(([low, high]): Statement => ({ low, high }));
  const single = bounded.transform((value): Statement => ({ low: value, high: value }));
  return z
    .union([single, pair, statement, z.array(statement).min(1)])
    .transform(
      (given): Figure => ({
        kind: 'figure',
        path: '',
        statements: (Array.isArray(given) ? given : [given]) as [Statement, ...Statement[]],
      }),
    )
    .optional();
}

/** Any amount ≥ 0: 5, [2, 4], { value: 5, line: 232 }, { low: 2, high: 4 }, { atLeast: 0.9 } or a list of such. */
export const amount = figureWithin({ min: 0, max: MAX_FIGURE });
/** An amount above 0: something divides by it. */
export const positive = figureWithin({ min: 0, max: MAX_FIGURE, open: true });
/** A share, 0 … 1. */
export const ratio = figureWithin({ min: 0, max: 1 });
/** Any finite number, for arithmetic of the document's own. */
export const anyNumber = figureWithin({ min: -MAX_FIGURE, max: MAX_FIGURE });

/** One of `names`, or any word; as text or as { is, line }. */
export function word<const Name extends string>(names?: readonly [Name, ...Name[]]) {
  const name = (names === undefined ? z.string().min(1) : z.enum(names)) as z.ZodType<Name, Name>;
  return z
    .union([name, z.strictObject({ is: name, line })])
    .transform(
      (given): Word<Name> =>
        typeof given === 'string'
          ? { kind: 'word', path: '', is: given }
          : { kind: 'word', path: '', is: given.is, ...withLine(given.line) },
    )
    .optional();
}

/** `true`, or { line } for where it is promised. */
export const promised = z
  .union([z.literal(true), z.strictObject({ line })])
  .transform(
    (given): Promised => ({
      kind: 'promised',
      path: '',
      ...(given === true ? {} : withLine(given.line)),
    }),
  )
  .optional();

const LOCATED = new Set<unknown>(['figure', 'word', 'promised']);
const isLocated = (value: object): boolean => 'kind' in value && 'path' in value && LOCATED.has(value.kind);

/** The same tree with the path of every figure, word and promise filled in. */
export function withPaths<Tree>(tree: Tree, path = ''): Tree {
  if (Array.isArray(tree)) return tree.map((item, i) => withPaths<unknown>(item, `${path}[${i}]`)) as Tree;
  if (typeof tree !== 'object' || tree === null) return tree;
  if (isLocated(tree)) return { ...tree, path };
  const at = (key: string): string => (path === '' ? key : `${path}.${key}`);
  return Object.fromEntries(
    Object.entries(tree).map(([key, value]) => [key, withPaths<unknown>(value, at(key))]),
  ) as Tree;
}
