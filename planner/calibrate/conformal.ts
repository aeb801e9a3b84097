/** Errors of predictions of one configuration that the fit did not see. */
export type ConfigurationScores = readonly number[];

/**
 * Split-conformal quantile with whole configurations as the unit: the level that a new configuration's score stays
 * below with probability of at least `coverage`, whatever the distribution, when configurations are exchangeable. Each
 * configuration weighs the same, however many points it has, and the one to come weighs as much as each of them
 * (Lee, Barber & Willett 2023, Distribution-free inference with hierarchical data, §3). Undefined where there are too
 * few configurations for that coverage: the honest answer would be infinite.
 */
export function computeConformalQuantile(
  scoresByConfiguration: readonly ConfigurationScores[],
  coverage: number,
): number | undefined {
  const used = scoresByConfiguration.filter((scores) => scores.length > 0);
  const weighted = used
    .flatMap((scores) => scores.map((score) => ({ score, weight: 1 / scores.length })))
    .sort((a, b) => a.score - b.score);
  // A tiny allowance: ten times a tenth is not one.
  const needed = coverage * (used.length + 1) * (1 - 1e-12);
  let reached = 0;
  for (const { score, weight } of weighted) {
    reached += weight;
    if (reached >= needed) return score;
  }
  return undefined;
}

/** What a rate was measured to be and what it was predicted to be. */
export interface PredictedRate {
  readonly predicted: number;
  readonly measured: number;
}

/**
 * Factor of at most 1 on a predicted capacity so that the measured one is at least that much with the given
 * probability: one-sided split-conformal on ln(predicted ÷ measured), grouped by configuration. Undefined where there
 * are too few configurations.
 */
export function computeDerate(
  ratesByConfiguration: readonly (readonly PredictedRate[])[],
  coverage: number,
): number | undefined {
  const quantile = computeConformalQuantile(
    ratesByConfiguration.map((rates) =>
      rates.map(({ predicted, measured }) => Math.log(predicted / measured)),
    ),
    coverage,
  );
  return quantile === undefined ? undefined : Math.exp(-Math.max(0, quantile));
}
