import { z } from 'zod';

/**
 * How interactions arrive over time: a shape that multiplies the base rate of a step. A new kind is a file in
 * bench/arrivals, one line in its table and one line here.
 */
export const arrivalsSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('poisson') }),
  z.strictObject({ kind: z.literal('constant') }),
]);

/** Arrivals of a scenario, defaults filled in. */
export type Arrivals = z.infer<typeof arrivalsSchema>;
