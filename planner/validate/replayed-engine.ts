import { type Random, sampleNormal } from '../../vocabulary/random.ts';
import type { ServingCurve } from '../calibrate/closed-loop-curve.ts';
import { latencyMsOf, requestsPerSOf, type ServingPoint } from '../calibrate/saturation.ts';
import { MAX_REPLICATE_FACTOR } from '../calibrate/serving-gates.ts';
import type { ServingConfiguration } from './measured-file.ts';
import { interpolateLinearly } from './straight-lines.ts';

/** Standard deviations of the logarithm of a mean time from one run to the next. */
export interface RunNoise {
  readonly firstToken: number;
  readonly perToken: number;
  /** Points with more than one run that it was read from. */
  readonly points: number;
}

type Field = 'meanTimeToFirstTokenMs' | 'meanTimePerOutputTokenMs';

const repeated = (configurations: readonly ServingConfiguration[]): (readonly ServingPoint[])[] =>
  configurations.flatMap(({ points, outputTokens }) =>
    points.flatMap(({ replicates }) => {
      const times = replicates.map((run) => latencyMsOf(run, outputTokens));
      const isSound = Math.max(...times) <= Math.min(...times) * MAX_REPLICATE_FACTOR;
      return replicates.length > 1 && isSound ? [replicates] : [];
    }),
  );

/** Pooled standard deviation of ln(time) within loads. */
function pooledDeviation(groups: readonly (readonly ServingPoint[])[], field: Field): number {
  let [squares, freedom] = [0, 0];
  for (const runs of groups) {
    const logs = runs.map((run) => Math.log(run[field]));
    const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
    squares += logs.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    freedom += logs.length - 1;
  }
  return freedom === 0 ? 0 : Math.sqrt(squares / freedom);
}

/** Loads measured more than once from which a deviation is believed. */
const MIN_REPEATED_LOADS = 20;
/** What 45 repeated loads of published benchmarks show (aiconfigurator, silicon_sample.csv, commit 095f58a). */
const PUBLISHED_NOISE = { firstToken: 0.069, perToken: 0.0106 } as const;

/** How much runs of one load differ in a file; what published runs show where too few loads were measured twice. */
export function measureRunNoise(configurations: readonly ServingConfiguration[]): RunNoise {
  const groups = repeated(configurations);
  if (groups.length < MIN_REPEATED_LOADS) return { ...PUBLISHED_NOISE, points: groups.length };
  return {
    firstToken: pooledDeviation(groups, 'meanTimeToFirstTokenMs'),
    perToken: pooledDeviation(groups, 'meanTimePerOutputTokenMs'),
    points: groups.length,
  };
}

/** A measured configuration that can be asked for any load inside its range. */
export interface ReplayedEngine {
  /** Times along straight lines between all measured points: not the shape that our curves assume. */
  readonly truth: ServingCurve;
  /** One run at a load: the truth times the noise between runs. */
  run(concurrency: number, random: Random): ServingPoint;
}

/** An engine that answers as a configuration was measured to, every run with its own noise. */
export function replayEngine(configuration: ServingConfiguration, noise: RunNoise): ReplayedEngine {
  const { points, outputTokens } = configuration;
  const at = (concurrency: number): ServingPoint => interpolateLinearly(points, concurrency);
  const truth: ServingCurve = {
    minConcurrency: points[0]?.concurrency ?? Number.NaN,
    maxConcurrency: points[points.length - 1]?.concurrency ?? Number.NaN,
    saturation: undefined,
    timeToFirstTokenMsAt: (n) => at(n).meanTimeToFirstTokenMs,
    timePerOutputTokenMsAt: (n) => at(n).meanTimePerOutputTokenMs,
    latencyMsAt: (n) => latencyMsOf(at(n), outputTokens),
    requestsPerSAt: (n) => requestsPerSOf(at(n), outputTokens),
  };
  return {
    truth,
    run: (concurrency, random) => {
      const exact = at(concurrency);
      return {
        concurrency,
        meanTimeToFirstTokenMs:
          exact.meanTimeToFirstTokenMs * Math.exp(noise.firstToken * sampleNormal(random)),
        meanTimePerOutputTokenMs:
          exact.meanTimePerOutputTokenMs * Math.exp(noise.perToken * sampleNormal(random)),
      };
    },
  };
}
