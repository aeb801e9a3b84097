/** Solves a small dense system by Gaussian elimination with partial pivoting; undefined where it is singular. */
export function solveLinear(
  matrix: readonly (readonly number[])[],
  right: readonly number[],
): number[] | undefined {
  const size = right.length;
  const rows = matrix.map((row, index) => [...row, right[index] ?? Number.NaN]);
  for (let column = 0; column < size; column++) {
    const pivot = largestRow(rows, column);
    const top = rows[pivot];
    if (top === undefined || !(Math.abs(top[column] ?? 0) > 0)) return undefined;
    [rows[column], rows[pivot]] = [top, rows[column] ?? top];
    for (const row of rows.slice(column + 1)) eliminate(row, top, column);
  }
  return substitute(rows, size);
}

function largestRow(rows: readonly (readonly number[])[], column: number): number {
  let best = column;
  for (let i = column + 1; i < rows.length; i++) {
    if (Math.abs(rows[i]?.[column] ?? 0) > Math.abs(rows[best]?.[column] ?? 0)) best = i;
  }
  return best;
}

function eliminate(row: number[], top: readonly number[], column: number): void {
  const factor = (row[column] ?? 0) / (top[column] ?? 1);
  for (let i = column; i < top.length; i++) row[i] = (row[i] ?? 0) - factor * (top[i] ?? 0);
}

function substitute(rows: readonly (readonly number[])[], size: number): number[] {
  const solution = new Array<number>(size).fill(0);
  for (let i = size - 1; i >= 0; i--) {
    const row = rows[i] ?? [];
    const known = solution.reduce((sum, value, j) => (j > i ? sum + (row[j] ?? 0) * value : sum), 0);
    solution[i] = ((row[size] ?? 0) - known) / (row[i] ?? Number.NaN);
  }
  return solution;
}

/** A model with few parameters held against observations. */
export interface LeastSquaresProblem {
  readonly start: readonly number[];
  readonly observed: readonly number[];
  /** Fitted values at parameters. */
  modelAt(parameters: readonly number[]): number[];
  /** Derivatives of each fitted value by each parameter. */
  jacobianAt(parameters: readonly number[]): number[][];
}

export interface LeastSquaresFit {
  readonly parameters: readonly number[];
  readonly fitted: readonly number[];
  readonly sumOfSquares: number;
  /** Standard errors of the parameters; undefined without a degree of freedom. */
  readonly standardErrors: readonly number[] | undefined;
  readonly residualStandardError: number | undefined;
}

const squares = (observed: readonly number[], fitted: readonly number[]): number =>
  observed.reduce((sum, value, i) => sum + (value - (fitted[i] ?? Number.NaN)) ** 2, 0);

/** JᵀJ of the derivatives, or of the rows of a linear model, with so many columns. */
export function computeNormalMatrix(jacobian: readonly (readonly number[])[], size: number): number[][] {
  return Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (__, j) =>
      jacobian.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0),
    ),
  );
}

const MAX_STEPS = 200;
const MAX_DAMPING = 1e12;
const CONVERGED_RATIO = 1e-14;

function stepFrom(
  problem: LeastSquaresProblem,
  parameters: readonly number[],
  damping: number,
): number[] | undefined {
  const jacobian = problem.jacobianAt(parameters);
  const fitted = problem.modelAt(parameters);
  const normal = computeNormalMatrix(jacobian, parameters.length).map((row, i) =>
    row.map((value, j) => (i === j ? value * (1 + damping) : value)),
  );
  const gradient = parameters.map((_, i) =>
    jacobian.reduce(
      (sum, row, k) => sum + (row[i] ?? 0) * ((problem.observed[k] ?? 0) - (fitted[k] ?? 0)),
      0,
    ),
  );
  const step = solveLinear(normal, gradient);
  return step?.map((delta, i) => delta + (parameters[i] ?? 0));
}

function describe(problem: LeastSquaresProblem, parameters: readonly number[]): LeastSquaresFit {
  const fitted = problem.modelAt(parameters);
  const sumOfSquares = squares(problem.observed, fitted);
  const freedom = problem.observed.length - parameters.length;
  if (freedom < 1) {
    return {
      parameters,
      fitted,
      sumOfSquares,
      standardErrors: undefined,
      residualStandardError: undefined,
    };
  }
  const variance = sumOfSquares / freedom;
  const normal = computeNormalMatrix(problem.jacobianAt(parameters), parameters.length);
  const errors = parameters.map((_, i) => {
    const unit = parameters.map((__, j) => (i === j ? 1 : 0));
    const column = solveLinear(normal, unit);
    return Math.sqrt(variance * (column?.[i] ?? Number.NaN));
  });
  return {
    parameters,
    fitted,
    sumOfSquares,
    standardErrors: errors.every(Number.isFinite) ? errors : undefined,
    residualStandardError: Math.sqrt(variance),
  };
}

/**
 * Least squares of a non-linear model by Levenberg's method with Marquardt's scaling (Marquardt 1963): each step is
 * taken only when it lowers the sum of squares.
 */
export function fitLeastSquares(problem: LeastSquaresProblem): LeastSquaresFit {
  let parameters = problem.start;
  let current = squares(problem.observed, problem.modelAt(parameters));
  let damping = 1e-3;
  for (let i = 0; i < MAX_STEPS && damping < MAX_DAMPING; i++) {
    const next = stepFrom(problem, parameters, damping);
    const reached = next === undefined ? Number.NaN : squares(problem.observed, problem.modelAt(next));
    if (next !== undefined && reached < current) {
      const isConverged = current - reached <= CONVERGED_RATIO * current;
      parameters = next;
      current = reached;
      damping /= 10;
      if (isConverged) break;
    } else damping *= 10;
  }
  return describe(problem, parameters);
}

/** Share of the variance of the observations that a fit explains: 1 − SSE/SST; 1 where nothing varies and nothing is missed. */
export function computeR2(observed: readonly number[], fitted: readonly number[]): number {
  const mean = observed.reduce((sum, value) => sum + value, 0) / observed.length;
  const total = observed.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const missed = squares(observed, fitted);
  if (total === 0) return missed === 0 ? 1 : 0;
  return 1 - missed / total;
}
