import type { Random } from '../../vocabulary/random.ts';
import { calibrateAtOnce } from '../calibrate/adaptive.ts';
import { findServingCapacity } from '../calibrate/serving-capacity.ts';
import { calibratedCapacityPerS } from './calibrated-capacity.ts';
import { chooseCalibration } from './held-out.ts';
import type { ServingConfiguration } from './measured-file.ts';
import { type RunNoise, replayEngine } from './replayed-engine.ts';

/** One capacity at an objective, found on a replayed engine. */
export interface AdaptiveCase {
  readonly configuration: string;
  readonly limitMs: number;
  /** Requests/s where the engine itself crosses the limit. */
  readonly measuredPerS: number;
  /** From three fixed points; undefined where the gates refuse them or they do not straddle the limit. */
  readonly fixedPerS: number | undefined;
  /** From those and up to two adaptive ones. */
  readonly adaptivePerS: number | undefined;
}

/** Limits for each configuration, more where a file has few of them, so that no figure rests on a handful. */
const MIN_LIMITS = 4;
const MAX_LIMITS = 40;
const CASES = 800;
/** They lie at loads spread evenly by chance over the logarithm of this part of the range. */
const LOAD_RANGE = { from: 0.1, to: 0.95 } as const;

function caseOf(configuration: ServingConfiguration, noise: RunNoise, random: Random): AdaptiveCase[] {
  const { key, outputTokens, points } = configuration;
  const engine = replayEngine(configuration, noise);
  const { minConcurrency, maxConcurrency } = engine.truth;
  const place = LOAD_RANGE.from + (LOAD_RANGE.to - LOAD_RANGE.from) * random.next();
  const limitMs = engine.truth.latencyMsAt(minConcurrency * (maxConcurrency / minConcurrency) ** place);
  const limits = { latencyMs: limitMs };
  const truth = findServingCapacity(engine.truth, limits);
  if (truth.kind !== 'crossed') return [];
  const run = (concurrency: number) => engine.run(concurrency, random);
  const fixed = chooseCalibration(points).map(({ concurrency }) => run(concurrency));
  return [
    {
      configuration: key,
      limitMs,
      measuredPerS: truth.requestsPerS,
      fixedPerS: calibratedCapacityPerS(fixed, outputTokens, limits),
      adaptivePerS: calibratedCapacityPerS(
        calibrateAtOnce(fixed, { outputTokens, limits }, run),
        outputTokens,
        limits,
      ),
    },
  ];
}

/**
 * Adaptive calibration on replayed engines: every point, the three fixed ones too, is a run of its own with the noise
 * that the file shows between runs, and can be asked for at any load, as on a real engine. The truth is the engine's
 * own crossing along straight lines between all measured points.
 */
export function adaptiveCapacityCases(
  configurations: readonly ServingConfiguration[],
  noise: RunNoise,
  random: Random,
): AdaptiveCase[] {
  const limits = Math.min(MAX_LIMITS, Math.max(MIN_LIMITS, Math.ceil(CASES / configurations.length)));
  return configurations.flatMap((configuration) => {
    const own = random.fork(configuration.key);
    return Array.from({ length: limits }, () => caseOf(configuration, noise, own)).flat();
  });
}
