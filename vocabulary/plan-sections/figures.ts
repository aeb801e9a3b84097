import { z } from 'zod';

/** What a figure rests on. `derived` follows by a named equation from the others. */
export const BASES = ['measured', 'simulated', 'assumed', 'catalogue', 'derived'] as const;
export type Basis = (typeof BASES)[number];

/** A figure with its unit and what it rests on. */
export const sourcedSchema = z.strictObject({
  name: z.string(),
  value: z.number(),
  unit: z.string(),
  basis: z.enum(BASES),
  /** Citation, catalogue id, result run id or equation. */
  source: z.string(),
  /** Date of the source, ISO, where it has one. */
  date: z.string().optional(),
});

export type Sourced = z.infer<typeof sourcedSchema>;

export const intervalSchema = z.strictObject({ p10: z.number(), p50: z.number(), p90: z.number() });

/** P10, P50 and P90 of a drawn figure. */
export type Interval = z.infer<typeof intervalSchema>;
