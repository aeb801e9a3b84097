/** Arithmetic mean; NaN of an empty series. */
export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Unbiased sample variance (n − 1); NaN below two values. */
export function varianceOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}

export const deviationOf = (values: readonly number[]): number => Math.sqrt(varianceOf(values));

/** Middle value, the mean of the two middle ones of an even number; NaN of an empty series. For estimates, not latencies. */
export function medianOf(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Makes the median absolute deviation of normal values their standard deviation. */
const MAD_TO_DEVIATION = 1.4826;

/** Scatter that single outliers do not move: 1.4826 × the median absolute deviation (F. R. Hampel, J. Am. Stat. Assoc. 69, 1974). */
export function robustDeviationOf(values: readonly number[]): number {
  const median = medianOf(values);
  return MAD_TO_DEVIATION * medianOf(values.map((value) => Math.abs(value - median)));
}

/** Means of consecutive batches of `size`; what does not fill the last batch is left out at the front. */
export function batchMeansOf(values: readonly number[], size: number): number[] {
  const batches = Math.floor(values.length / size);
  const from = values.length - batches * size;
  return Array.from({ length: batches }, (_, i) =>
    meanOf(values.slice(from + i * size, from + (i + 1) * size)),
  );
}

/** Autocovariance at a lag, divided by n (the form that keeps spectral estimates positive). */
export function autocovarianceOf(values: readonly number[], lag: number): number {
  const mean = meanOf(values);
  let sum = 0;
  for (let i = lag; i < values.length; i++)
    sum += ((values[i] ?? mean) - mean) * ((values[i - lag] ?? mean) - mean);
  return sum / values.length;
}

/** Autocorrelation at lag 1; 0 of a series without variation. */
export function lagOneCorrelationOf(values: readonly number[]): number {
  const variance = autocovarianceOf(values, 0);
  return variance === 0 ? 0 : autocovarianceOf(values, 1) / variance;
}

/**
 * Long-run variance (2π × the spectral density at frequency zero) with Bartlett weights: W. K. Newey & K. D. West,
 * Econometrica 55(3), 1987. Never negative.
 */
export function estimateLongRunVariance(values: readonly number[], lags: number): number {
  let sum = autocovarianceOf(values, 0);
  for (let lag = 1; lag <= lags; lag++) sum += 2 * (1 - lag / (lags + 1)) * autocovarianceOf(values, lag);
  return Math.max(0, sum);
}
