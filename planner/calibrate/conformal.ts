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

/**
 * The same quantile for each configuration from all the others, in their order: what is judged never widens or narrows
 * its own interval. Sorts once, for thousands of configurations.
 */
export function computeLeaveOneOutQuantiles(
  scoresByConfiguration: readonly ConfigurationScores[],
  coverage: number,
): (number | undefined)[] {
  const sorted = scoresByConfiguration
    .flatMap((scores, owner) => scores.map((score) => ({ score, owner, weight: 1 / scores.length })))
    .sort((a, b) => a.score - b.score);
  const used = scoresByConfiguration.filter((scores) => scores.length > 0).length;
  return scoresByConfiguration.map((own, index) => {
    const others = own.length > 0 ? used - 1 : used;
    const needed = coverage * (others + 1) * (1 - 1e-12);
    let reached = 0;
    for (const { score, owner, weight } of sorted) {
      if (owner === index) continue;
      reached += weight;
      if (reached >= needed) return score;
    }
    return undefined;
  });
}

/** What a rate was measured to be and what it was predicted to be. */
export interface PredictedRate {
  readonly predicted: number;
  readonly measured: number;
}

const overprediction = ({ predicted, measured }: PredictedRate): number => Math.log(predicted / measured);

const derateOf = (quantile: number | undefined): number | undefined =>
  quantile === undefined ? undefined : Math.exp(-Math.max(0, quantile));

/**
 * Factor of at most 1 on a predicted capacity so that the measured one is at least that much with the given
 * probability: one-sided split-conformal on ln(predicted ÷ measured), grouped by configuration. Undefined where there
 * are too few configurations.
 */
export const computeDerate = (
  ratesByConfiguration: readonly (readonly PredictedRate[])[],
  coverage: number,
): number | undefined =>
  derateOf(
    computeConformalQuantile(
      ratesByConfiguration.map((rates) => rates.map(overprediction)),
      coverage,
    ),
  );

/** The derate of each configuration that the others give, in their order. */
export const computeLeaveOneOutDerates = (
  ratesByConfiguration: readonly (readonly PredictedRate[])[],
  coverage: number,
): (number | undefined)[] =>
  computeLeaveOneOutQuantiles(
    ratesByConfiguration.map((rates) => rates.map(overprediction)),
    coverage,
  ).map(derateOf);
