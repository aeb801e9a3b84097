type IsEnough = (count: number) => boolean;

/**
 * The fewest of something that is enough, at least `from`, where more never is less so: doubling, then halving. Undefined
 * above `most`; without it something must be enough, or the search does not end.
 */
export function fewestThat(isEnough: IsEnough, from: number): number;
export function fewestThat(isEnough: IsEnough, from: number, most: number): number | undefined;
export function fewestThat(
  isEnough: IsEnough,
  from: number,
  most = Number.POSITIVE_INFINITY,
): number | undefined {
  if (isEnough(from)) return from;
  let low = from;
  let step = 1;
  while (low + step < most && !isEnough(low + step)) {
    low += step;
    step *= 2;
  }
  let high = Math.min(most, low + step);
  if (high === most && !isEnough(most)) return undefined;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  return high;
}
