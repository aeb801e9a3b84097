/** `points` values from `from` to `to`, both included, each the same ratio above the one before. */
export function geometricPoints(from: number, to: number, points: number): number[] {
  const ratio = (to / from) ** (1 / (points - 1));
  return Array.from({ length: points }, (_, i) => (i === points - 1 ? to : from * ratio ** i));
}
