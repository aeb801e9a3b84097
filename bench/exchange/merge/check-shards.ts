import { isDeepStrictEqual } from 'node:util';
import { failed, type Issue, ok, type Result } from '../../../vocabulary/errors.ts';
import type { ResultFile } from '../../../vocabulary/result-file.ts';

/** A result to merge and the file it came from. */
export interface ShardFile {
  readonly path: string;
  readonly result: ResultFile;
}

/** A result that says which shards of how many it is made of. */
export interface Shard extends ShardFile {
  readonly parts: NonNullable<ResultFile['mergedShards']>['parts'];
  readonly count: number;
  readonly startAtUnixMs: number;
}

/** How strict a merge is. */
export interface CheckOptions {
  /** Merge what is there: shards that were stopped early, or not all of them. */
  readonly allowPartial: boolean;
}

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};

function markOf({ path, result }: ShardFile): Shard | Issue {
  const { shard, mergedShards, runId, state } = result;
  if (shard !== undefined) {
    return { path, result, ...shard, parts: [{ index: shard.index, runId, state }] };
  }
  if (mergedShards !== undefined) return { path, result, ...mergedShards };
  return {
    path: `${path}: shard`,
    expected: 'the result of one shard',
    got: 'a result of a whole schedule',
    fix: 'run it with --shard i/n --start-at T, or leave the file out',
  };
}

/** What has to be the same in all shards; `of` picks it, and the path says where it lies. */
const SAME: readonly {
  readonly path: string;
  readonly of: (shard: Shard) => unknown;
  readonly fix: string;
}[] = [
  { path: 'shard.count', of: ({ count }) => count, fix: 'merge shards of one run' },
  {
    path: 'shard.startAtUnixMs',
    of: ({ startAtUnixMs }) => startAtUnixMs,
    fix: 'run all shards with the same --start-at',
  },
  { path: 'seed', of: ({ result }) => result.seed, fix: 'run all shards with the same --seed' },
  { path: 'scenario', of: ({ result }) => result.scenario, fix: 'run all shards with the same scenario' },
  { path: 'target', of: ({ result }) => result.target, fix: 'run all shards against the same target' },
  { path: 'slos', of: ({ result }) => result.slos, fix: 'judge all shards by the same objectives' },
  { path: 'shape', of: ({ result }) => result.shape, fix: 'run all shards with the same scenario' },
  { path: 'trace', of: ({ result }) => result.trace, fix: 'replay the same trace in all shards' },
  { path: 'engine', of: ({ result }) => result.engine, fix: 'measure all shards with the same engine' },
];

/** The first place at which two records differ, as `.load.steps[0]`; empty when they are no records. */
function firstDifference(a: unknown, b: unknown): string {
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return '';
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const key = [...Object.keys(left), ...Object.keys(right)].find(
    (each) => !isDeepStrictEqual(left[each], right[each]),
  );
  if (key === undefined) return '';
  const step = Array.isArray(a) ? `[${key}]` : `.${key}`;
  return `${step}${firstDifference(left[key], right[key])}`;
}

function valueAt(value: unknown, difference: string): unknown {
  const keys = [...difference.matchAll(/[.[]([^.[\]]+)/g)].map((match) => match[1] ?? '');
  return keys.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value);
}

function differences(shards: readonly Shard[]): Issue[] {
  const [first, ...others] = shards;
  if (first === undefined) return [];
  return others.flatMap((other) =>
    SAME.filter(({ of }) => !isDeepStrictEqual(of(first), of(other))).map(({ path, of, fix }) => {
      const where = firstDifference(of(first), of(other));
      return {
        path: `${other.path}: ${path}${where}`,
        expected: `${shown(valueAt(of(first), where))} as in ${first.path}`,
        got: shown(valueAt(of(other), where)),
        fix,
      };
    }),
  );
}

function duplicates(shards: readonly Shard[]): Issue[] {
  const seen = new Map<number, string>();
  return shards.flatMap(({ path, parts, count }) =>
    parts.flatMap(({ index }) => {
      const before = seen.get(index);
      seen.set(index, before ?? path);
      if (before === undefined) return [];
      const fix = 'give each shard once';
      return [
        {
          path: `${path}: shard.index`,
          expected: 'each shard once',
          got: `${index + 1}/${count}, also in ${before}`,
          fix,
        },
      ];
    }),
  );
}

/** Positions from 1, as `--shard` counts them, of shards that no file has. */
export function missingShards(shards: readonly Shard[]): number[] {
  const present = new Set(shards.flatMap(({ parts }) => parts.map(({ index }) => index)));
  return Array.from({ length: shards[0]?.count ?? 0 }, (_, index) => index)
    .filter((index) => !present.has(index))
    .map((index) => index + 1);
}

/** Whether one of the shards in it was stopped before its end. */
export const isStopped = ({ parts }: Shard): boolean => parts.some(({ state }) => state === 'partial');

function incomplete(shards: readonly Shard[]): Issue[] {
  const missing = missingShards(shards);
  const count = shards[0]?.count ?? 0;
  const stopped = shards.filter(isStopped);
  return [
    ...missing.map((position) => ({
      path: '(files)',
      expected: `shard ${position}/${count}`,
      got: 'no file with it',
      fix: 'give its file, or merge what is there with --allow-partial',
    })),
    ...stopped.map(({ path }) => ({
      path: `${path}: state`,
      expected: 'complete',
      got: 'partial',
      fix: 'run the shard again, or merge what is there with --allow-partial',
    })),
  ];
}

const withoutChanges = (shards: readonly Shard[]): Issue[] =>
  shards.flatMap(({ path, result }) =>
    result.steps.flatMap(({ inFlightChanges }, i) =>
      inFlightChanges === undefined
        ? [
            {
              path: `${path}: steps[${i}].inFlightChanges`,
              expected: "every request's instants, as bench --shard writes them",
              got: 'nothing',
              fix: 'run the shard again with this release',
            },
          ]
        : [],
    ),
  );

const isIssue = (mark: Shard | Issue): mark is Issue => 'expected' in mark;

const PROBLEMS = 'these results are not shards of one run';

/** Checks that files are shards of one run, each there once; all problems are listed. Ascending by index. */
export function checkShards(files: readonly ShardFile[], options: CheckOptions): Result<Shard[]> {
  const marks = files.map(markOf);
  const unmarked = marks.filter(isIssue);
  if (unmarked.length > 0) return failed('SHARDS_DO_NOT_MERGE', PROBLEMS, { issues: unmarked });
  const shards = marks.filter((mark): mark is Shard => !isIssue(mark));
  const issues = [
    ...differences(shards),
    ...duplicates(shards),
    ...withoutChanges(shards),
    ...(options.allowPartial ? [] : incomplete(shards)),
  ];
  if (issues.length > 0) return failed('SHARDS_DO_NOT_MERGE', PROBLEMS, { issues });
  return ok(shards.sort((a, b) => (a.parts[0]?.index ?? 0) - (b.parts[0]?.index ?? 0)));
}
