/** Steps of the grid per ms: 2¹⁴, so a step is 61 ns, finer than a timer is exact. */
export const GRID_PER_MS = 16_384;

/**
 * A span in ms on a grid of 2⁻¹⁴ ms. Doubles add and subtract values on it without rounding while a sum stays under
 * 2³⁹ ms (17 years), so a sum of such spans is the same in whatever order, and in whatever parts, it was taken.
 */
export const onGridMs = (ms: number): number => Math.round(ms * GRID_PER_MS) / GRID_PER_MS;
