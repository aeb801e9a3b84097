/**
 * Probabilities adjusted for having asked several questions: S. Holm, "A simple sequentially rejective multiple test
 * procedure", Scand. J. Statist. 6, 1979. Keeps the order given; an adjusted one below α keeps the chance of any false
 * alarm below α.
 */
export function adjustByHolm(probabilities: readonly number[]): number[] {
  const order = probabilities
    .map((_, i) => i)
    .sort((a, b) => (probabilities[a] ?? 1) - (probabilities[b] ?? 1));
  const adjusted = new Array<number>(probabilities.length).fill(1);
  let largest = 0;
  for (const [rank, index] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (probabilities.length - rank) * (probabilities[index] ?? 1)));
    adjusted[index] = largest;
  }
  return adjusted;
}
