import { createRandom } from '../../vocabulary/random.ts';
import { type AdaptiveCase, adaptiveCapacityCases } from './adaptive-capacity.ts';
import { type ErrorSummary, relativeError, summariseErrors } from './error-summary.ts';
import type { ServingConfiguration } from './measured-file.ts';
import { measureRunNoise } from './replayed-engine.ts';
import { type CapacityPrediction, judgeDecisions } from './replica-decision.ts';
import { type SloCapacityCase, sloCapacityCases } from './slo-capacity.ts';
import type { ValidationFigures } from './targets.ts';

type Case = AdaptiveCase | SloCapacityCase;

/** Cases with a prediction of one kind; where the points do not straddle the limit there is none. */
function predictions(cases: readonly Case[], kind: 'fixedPerS' | 'adaptivePerS'): CapacityPrediction[] {
  return cases.flatMap(({ configuration, measuredPerS, [kind]: predictedPerS }) =>
    predictedPerS === undefined ? [] : [{ configuration, predictedPerS, measuredPerS }],
  );
}

const errorsOf = (given: readonly CapacityPrediction[]): ErrorSummary | undefined =>
  summariseErrors(
    given.map(({ configuration, predictedPerS, measuredPerS }) => ({
      configuration,
      ratio: relativeError(predictedPerS, measuredPerS),
    })),
  );

function errorFigures(name: string, given: readonly CapacityPrediction[]): ValidationFigures {
  const errors = errorsOf(given);
  if (errors === undefined) return {};
  return {
    [`${name}ErrorPct`]: errors.mapePct,
    [`${name}P90Pct`]: errors.p90Pct,
    [`${name}BiasPct`]: errors.biasPct,
  };
}

function decisionFigures(
  name: string,
  given: readonly CapacityPrediction[],
  seed: number,
): ValidationFigures {
  const random = createRandom(seed).fork(name);
  const derated = judgeDecisions(given, { random, derated: true });
  if (derated === undefined) return {};
  return {
    [`${name}SufficientRatio`]: derated.sufficientRatio,
    [`${name}OverspendRatio`]: derated.overspendRatio,
    ...(derated.medianDerateRatio === undefined
      ? {}
      : { [`${name}MedianDerate`]: derated.medianDerateRatio }),
  };
}

/** What the bare prediction would have bought. */
function bareDecisionFigures(given: readonly CapacityPrediction[], seed: number): ValidationFigures {
  const random = createRandom(seed).fork('without derate');
  const bare = judgeDecisions(given, { random, derated: false });
  if (bare === undefined) return {};
  return {
    decisionWithoutDerateSufficientRatio: bare.sufficientRatio,
    decisionWithoutDerateOverspendRatio: bare.overspendRatio,
  };
}

/**
 * Capacity at an objective, and replicas bought by it, in two ways. On replayed engines adaptive points can be placed
 * where the limit is predicted to be crossed, as in a real calibration. At held-out limits nothing is replayed: the
 * limit and the true rate are those of a measured point that nobody knows: where loads double, nothing nearer than a factor of two.
 */
export function capacityFigures(
  configurations: readonly ServingConfiguration[],
  seed: number,
): ValidationFigures {
  const noise = measureRunNoise(configurations);
  const replayed = adaptiveCapacityCases(configurations, noise, createRandom(seed).fork('replayed engines'));
  const held = sloCapacityCases(configurations, 'latencyMs');
  const [adaptive, heldAdaptive] = [predictions(replayed, 'adaptivePerS'), predictions(held, 'adaptivePerS')];
  return {
    ...errorFigures('capacityAtSlo', adaptive),
    ...errorFigures('capacityAtSloFixedPoints', predictions(replayed, 'fixedPerS')),
    ...errorFigures('capacityAtHeldOutLimit', heldAdaptive),
    ...decisionFigures('decision', adaptive, seed),
    ...bareDecisionFigures(adaptive, seed),
    ...decisionFigures('decisionAtHeldOutLimit', heldAdaptive, seed),
    capacityCases: replayed.length,
    capacityCasesUnanswered: replayed.length - adaptive.length,
    heldOutLimitCases: held.length,
    heldOutLimitCasesUnanswered: held.length - heldAdaptive.length,
    runNoiseFirstTokenPct: 100 * noise.firstToken,
    runNoisePerTokenPct: 100 * noise.perToken,
  };
}
