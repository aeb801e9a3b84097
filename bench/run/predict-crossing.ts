import type { HistogramMetricId } from '../../vocabulary/metrics.ts';
import { createLogPchip, findCrossing } from '../../vocabulary/monotone-curve.ts';
import { formatSlo, type Slo } from '../../vocabulary/slo.ts';

/** One measured point of a curve: a load, and what an objective's percentile came to there. */
export interface CurveSample {
  readonly value: number;
  readonly spanMs: number;
}

/** Where an objective is predicted to be crossed. */
export interface Crossing {
  readonly slo: string;
  readonly value: number;
}

type LatencySlo = Extract<Slo, { kind: 'latency' }>;

interface Pool {
  readonly samples: readonly CurveSample[];
  readonly logMean: number;
}

/**
 * Latencies made to rise with load by pooling neighbours that do not, each pool at its geometric mean (pool adjacent
 * violators; Ayer et al. 1955). Noise must not turn the curve round. Samples in ascending load.
 */
export function makeMonotone(samples: readonly CurveSample[]): CurveSample[] {
  const pools: Pool[] = [];
  for (const sample of samples) {
    let pool: Pool = { samples: [sample], logMean: Math.log(sample.spanMs) };
    for (let last = pools.at(-1); last !== undefined && last.logMean > pool.logMean; last = pools.at(-1)) {
      pools.pop();
      const [a, b] = [last.samples.length, pool.samples.length];
      pool = {
        samples: [...last.samples, ...pool.samples],
        logMean: (last.logMean * a + pool.logMean * b) / (a + b),
      };
    }
    pools.push(pool);
  }
  return pools.flatMap(({ samples: pooled, logMean }) =>
    pooled.map(({ value }) => ({ value, spanMs: Math.exp(logMean) })),
  );
}

/** Samples of the same load become one, at the geometric mean; ascending. */
function mergeEqual(samples: readonly CurveSample[]): CurveSample[] {
  const byValue = new Map<number, number[]>();
  for (const { value, spanMs } of samples) {
    const logs = byValue.get(value) ?? [];
    logs.push(Math.log(spanMs));
    byValue.set(value, logs);
  }
  return [...byValue]
    .sort(([a], [b]) => a - b)
    .map(([value, logs]) => ({
      value,
      spanMs: Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length),
    }));
}

/**
 * Where a percentile reaches its limit between measured loads, on the monotone curve through the points in log–log
 * space (piecewise cubic; Fritsch & Carlson 1980). Undefined where the points do not straddle the limit: beyond what
 * was measured nothing is known.
 */
export function predictCrossing(samples: readonly CurveSample[], limitMs: number): number | undefined {
  const rising = makeMonotone(mergeEqual(samples.filter(({ spanMs }) => spanMs > 0)));
  const [first, last] = [rising[0], rising.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  if (first.spanMs > limitMs || last.spanMs <= limitMs) return undefined;
  const curve = createLogPchip(rising.map(({ value, spanMs }) => ({ x: value, y: spanMs })));
  return findCrossing(curve, limitMs, first.value, last.value);
}

/** The lowest crossing of all latency objectives, for that one is the capacity. */
export function predictCapacity(
  slos: readonly Slo[],
  samplesOf: (metric: HistogramMetricId, percentile: number) => readonly CurveSample[],
): Crossing | undefined {
  const crossings = slos
    .filter((slo): slo is LatencySlo => slo.kind === 'latency')
    .flatMap((slo) => {
      const value = predictCrossing(samplesOf(slo.metric, slo.percentile), slo.limitMs);
      return value === undefined ? [] : [{ slo: formatSlo(slo), value }];
    });
  return crossings.sort((a, b) => a.value - b.value)[0];
}
