import { z } from 'zod';
import { computePercentile, sortSamples } from '../../vocabulary/percentiles.ts';

/** A number as the file states it: bare, or with the range that it may lie in and where it comes from. */
export interface StatedFigure {
  readonly value: number;
  /** Ends of the range; both equal to `value` where none was stated. */
  readonly low: number;
  readonly high: number;
  /** Values that were seen, ascending; `value` is their median. */
  readonly samples?: readonly number[];
  /** Absent where the file names none for this figure: that of the whole file stands. */
  readonly source: string | undefined;
}

const isOrdered = ({ value, low, high }: { value: number; low?: unknown; high?: unknown }): boolean =>
  (low === undefined || (low as number) <= value) && (high === undefined || value <= (high as number));

const MEDIAN_PERCENT = 50;
/** More are no surer, and every plan would sort them. */
const MAX_SAMPLES = 100_000;

/**
 * Schema of a figure: `0.2`, `{ value: 0.2, low: 0.15, high: 0.25, source: ... }`, or values that were seen,
 * `{ samples: [0.18, 0.2, 0.23], source: ... }`. Ends and samples obey the bounds too.
 */
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
    z.strictObject({
      samples: z.array(bounds).min(2).max(MAX_SAMPLES),
      source: z.string().min(1).optional(),
    }),
  ]);

export type WrittenFigure = z.infer<ReturnType<typeof figureOf>>;

function seenFigure(seen: readonly number[], source: string | undefined): StatedFigure {
  const samples = sortSamples(seen);
  const value = computePercentile(samples, MEDIAN_PERCENT) ?? 0;
  return { value, low: samples[0] ?? value, high: samples[samples.length - 1] ?? value, samples, source };
}

/** The figure with its range filled in. */
export function statedFigure(written: WrittenFigure): StatedFigure {
  if (typeof written === 'number') return { value: written, low: written, high: written, source: undefined };
  if ('samples' in written) return seenFigure(written.samples, written.source);
  const { value, low = value, high = value, source } = written;
  return { value, low, high, source };
}
