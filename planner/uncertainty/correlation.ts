import type { Issue } from '../../vocabulary/errors.ts';

/** Spearman's rank correlation between two inputs, and why it is taken to be that. */
export interface RankCorrelation {
  readonly a: string;
  readonly b: string;
  readonly rankCorrelation: number;
  readonly reason: string;
}

/** Rounding of a factorisation: a pivot closer to 0 than this is 0. */
const PIVOT_TOLERANCE = 1e-9;

/**
 * Correlation that two normals need for their ranks to have this one: 2 sin(π ρ ÷ 6) (K. Pearson 1907; Kruskal, J. Am.
 * Stat. Assoc. 53, 1958).
 */
export const normalFromRankCorrelation = (rankCorrelation: number): number =>
  2 * Math.sin((Math.PI * rankCorrelation) / 6);

/** What earlier columns explain of an entry: the product of two rows of the factor. */
function productOfRows(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (const [k, value] of a.entries()) sum += value * (b[k] ?? 0);
  return sum;
}

/** An entry below the diagonal; undefined where a row that has nothing of its own should follow something. */
function entryBelow(left: number, pivot: number): number | undefined {
  if (pivot > 0) return left / pivot;
  return Math.abs(left) > Math.sqrt(PIVOT_TOLERANCE) ? undefined : 0;
}

/** The next row of a Cholesky factor; undefined where there is none. */
function nextRow(rows: readonly (readonly number[])[], entries: readonly number[]): number[] | undefined {
  const row: number[] = [];
  for (const [j, other] of rows.entries()) {
    const entry = entryBelow((entries[j] ?? 0) - productOfRows(row, other), other[j] ?? 0);
    if (entry === undefined) return undefined;
    row.push(entry);
  }
  const own = (entries[rows.length] ?? 0) - productOfRows(row, row);
  if (own < -PIVOT_TOLERANCE) return undefined;
  row.push(own < PIVOT_TOLERANCE ? 0 : Math.sqrt(own));
  return row;
}

/**
 * Cholesky factor of a correlation matrix, row by row; undefined when it is none (a combination of the inputs would have
 * negative variance). Inputs that follow wholly from others are allowed.
 */
export function factorise(matrix: readonly (readonly number[])[]): number[][] | undefined {
  const rows: number[][] = [];
  for (const entries of matrix) {
    const row = nextRow(rows, entries);
    if (row === undefined) return undefined;
    rows.push(row);
  }
  return rows;
}

/** Every input that is correlated with another, in the order in which they are named. */
export const correlatedKeys = (correlations: readonly RankCorrelation[]): string[] => [
  ...new Set(correlations.flatMap(({ a, b }) => [a, b])),
];

/** The matrix of the normals behind the inputs, in the order of `keys`. */
export function normalMatrix(keys: readonly string[], correlations: readonly RankCorrelation[]): number[][] {
  const matrix: number[][] = keys.map((_, i) => keys.map((__, j) => (i === j ? 1 : 0)));
  for (const { a, b, rankCorrelation } of correlations) {
    const [i, j] = [keys.indexOf(a), keys.indexOf(b)];
    const value = normalFromRankCorrelation(rankCorrelation);
    for (const [row, column] of [
      [i, j],
      [j, i],
    ] as const) {
      const entries = matrix[row];
      if (entries !== undefined) entries[column] = value;
    }
  }
  return matrix;
}

const pairOf = ({ a, b }: RankCorrelation): string => JSON.stringify([a, b].sort());

function issueOf(correlation: RankCorrelation, index: number): Issue[] {
  const { a, b, rankCorrelation } = correlation;
  const path = `correlations[${index}]`;
  if (a === b) {
    return [{ path, expected: 'two different inputs', got: `${a} twice`, fix: 'name the other input' }];
  }
  if (rankCorrelation >= -1 && rankCorrelation <= 1) return [];
  return [
    {
      path: `${path}.rankCorrelation`,
      expected: 'a number from −1 to 1',
      got: String(rankCorrelation),
      fix: "state Spearman's rank correlation",
    },
  ];
}

/** The first inputs, in the order named, whose stated correlations cannot all hold. */
function contradiction(correlations: readonly RankCorrelation[]): string[] | undefined {
  const keys = correlatedKeys(correlations);
  const size = keys.findIndex((_, index) => {
    const some = keys.slice(0, index + 1);
    const among = correlations.filter(({ a, b }) => some.includes(a) && some.includes(b));
    return factorise(normalMatrix(some, among)) === undefined;
  });
  return size < 0 ? undefined : keys.slice(0, size + 1);
}

/** Everything that is wrong with stated correlations; none when they can all hold at once. */
export function findCorrelationIssues(correlations: readonly RankCorrelation[]): Issue[] {
  const issues = correlations.flatMap(issueOf);
  correlations.forEach((correlation, index) => {
    const first = correlations.findIndex((other) => pairOf(other) === pairOf(correlation));
    if (first === index) return;
    issues.push({
      path: `correlations[${index}]`,
      expected: 'each pair once',
      got: `${correlation.a} with ${correlation.b} again, as in correlations[${first}]`,
      fix: 'remove one of the two',
    });
  });
  if (issues.length > 0) return issues;
  const keys = contradiction(correlations);
  if (keys === undefined) return [];
  return [
    {
      path: 'correlations',
      expected: 'correlations that can hold at once (a positive semidefinite matrix)',
      got: `a contradiction among ${keys.join(', ')}`,
      fix: 'bring them closer to 0, or remove one: two inputs that both follow a third also follow each other',
    },
  ];
}
