import { z } from 'zod';

/** A number as the file states it: bare, or with the range that it may lie in and where it comes from. */
export interface StatedFigure {
  readonly value: number;
  /** Ends of the range; both equal to `value` where none was stated. */
  readonly low: number;
  readonly high: number;
  /** Absent where the file names none for this figure: that of the whole file stands. */
  readonly source: string | undefined;
}

const isOrdered = ({ value, low, high }: { value: number; low?: unknown; high?: unknown }): boolean =>
  (low === undefined || (low as number) <= value) && (high === undefined || value <= (high as number));

/** Schema of a figure: `0.2`, or `{ value: 0.2, low: 0.15, high: 0.25, source: ... }`. Ends obey the bounds too. */
export const figureOf = (bounds: z.ZodNumber) =>
  z.union([
    bounds,
    z
      .strictObject({
        value: bounds,
        low: bounds.optional(),
        high: bounds.optional(),
        source: z.string().min(1).optional(),
      })
      .refine(isOrdered, { message: 'low ≤ value ≤ high' }),
  ]);

export type WrittenFigure = z.infer<ReturnType<typeof figureOf>>;

/** The figure with its range filled in. */
export function statedFigure(written: WrittenFigure): StatedFigure {
  if (typeof written === 'number')
    return { value: written, low: written, high: written, source: undefined };
  const { value, low = value, high = value, source } = written;
  return { value, low, high, source };
}
