/** Arithmetic mean; NaN of nothing, so whoever may have nothing asks first. */
export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
