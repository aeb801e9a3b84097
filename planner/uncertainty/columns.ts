import { computePercentile, sortSamples } from '../../vocabulary/percentiles.ts';
import type { Interval } from '../../vocabulary/plan-file.ts';
import type { DrawnFigure, Term } from './inputs.ts';

/** One value per draw. */
export type Column = Float64Array<ArrayBufferLike>;

export const constantColumn = (rows: number, value: number): Column => new Float64Array(rows).fill(value);

/** What is drawn of a figure, or its one value in every row. */
export const columnOf = ({ index, central }: DrawnFigure, inputs: readonly Column[], rows: number): Column =>
  (index === undefined ? undefined : inputs[index]) ?? constantColumn(rows, central);

/** Row by row the product of inputs, each to its power. */
export function productOf(terms: readonly Term[], inputs: readonly Column[], rows: number): Column {
  const product = constantColumn(rows, 1);
  for (const { index, power } of terms) {
    const input = inputs[index];
    if (input === undefined) continue;
    for (let row = 0; row < rows; row++) {
      const value = input[row] ?? 1;
      product[row] = (product[row] ?? 1) * (power === 1 ? value : 1 / value);
    }
  }
  return product;
}

/** P10, P50 and P90, nearest rank. */
export function intervalOf(column: Iterable<number>): Interval {
  const sorted = sortSamples(column);
  const at = (percent: number): number => computePercentile(sorted, percent) ?? 0;
  return { p10: at(10), p50: at(50), p90: at(90) };
}

/** Share of rows that `holds` is true of. */
export function shareOf(column: Column, holds: (value: number) => boolean): number {
  let rows = 0;
  for (const value of column) if (holds(value)) rows++;
  return column.length === 0 ? 0 : rows / column.length;
}
