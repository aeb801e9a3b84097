/** Steps to draw: all up to `max`, else so many spread evenly, the first and the last among them. */
export function pickSteps<T>(steps: readonly T[], max: number): T[] {
  if (steps.length <= max) return [...steps];
  const indices = Array.from({ length: max }, (_, i) => Math.round((i * (steps.length - 1)) / (max - 1)));
  return indices.flatMap((index) => {
    const step = steps[index];
    return step === undefined ? [] : [step];
  });
}
