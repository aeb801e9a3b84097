import { describe, expect, test } from 'vitest';
import { createServingCurve, type ServingPoint } from '../../planner/calibrate/closed-loop-curve.ts';
import { dataPath, readRows } from './published-vectors.ts';

const path = dataPath('measured-llm/measured.csv.gz');

interface Group {
  readonly outputTokens: number;
  readonly points: readonly ServingPoint[];
}

const MEASURED = new Set(['concurrency', 'mean_ttft_ms', 'mean_tpot_ms']);

/** Replicates of a concurrency as their mean: some configurations were measured on several dates. */
function meanByConcurrency(points: readonly ServingPoint[]): ServingPoint[] {
  const byConcurrency = Map.groupBy(points, ({ concurrency }) => concurrency);
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  return [...byConcurrency.entries()]
    .map(([concurrency, same]) => ({
      concurrency,
      meanTimeToFirstTokenMs: mean(same.map((point) => point.meanTimeToFirstTokenMs)),
      meanTimePerOutputTokenMs: mean(same.map((point) => point.meanTimePerOutputTokenMs)),
    }))
    .sort((a, b) => a.concurrency - b.concurrency);
}

function readGroups(file: string): Group[] {
  const rows = readRows(file);
  const keyOf = (row: Record<string, string>): string =>
    Object.entries(row)
      .filter(([column]) => !MEASURED.has(column))
      .map(([, value]) => value)
      .join('|');
  return [...Map.groupBy(rows, keyOf).values()].map((same) => ({
    outputTokens: Number(same[0]?.output_tokens),
    points: meanByConcurrency(
      same.map((row) => ({
        concurrency: Number(row.concurrency),
        meanTimeToFirstTokenMs: Number(row.mean_ttft_ms),
        meanTimePerOutputTokenMs: Number(row.mean_tpot_ms),
      })),
    ),
  }));
}

const rateOf = (point: ServingPoint, outputTokens: number): number =>
  (point.concurrency * 1000) /
  (point.meanTimeToFirstTokenMs + point.meanTimePerOutputTokenMs * (outputTokens - 1));

/** Relative errors of requests/s at the concurrencies that the three calibration points leave out. */
function heldOutErrors({ points, outputTokens }: Group, predict: 'pchip' | 'linear'): number[] {
  const middle = Math.floor(points.length / 2);
  const [first, second, third] = [points[0], points[middle], points[points.length - 1]];
  if (!first || !second || !third) return [];
  const calibration = [first, second, third];
  const curve = createServingCurve(calibration, outputTokens);
  return points
    .filter((point) => !calibration.includes(point))
    .map((point) => {
      const truth = rateOf(point, outputTokens);
      const [low, high] = point.concurrency < second.concurrency ? [first, second] : [second, third];
      const share = (point.concurrency - low.concurrency) / (high.concurrency - low.concurrency);
      const lowRate = rateOf(low, outputTokens);
      const linear = lowRate + (rateOf(high, outputTokens) - lowRate) * share;
      const predicted = predict === 'pchip' ? curve.requestsPerSAt(point.concurrency) : linear;
      return (predicted - truth) / truth;
    });
}

const meanAbsolute = (errors: readonly number[]): number =>
  errors.reduce((sum, error) => sum + Math.abs(error), 0) / errors.length;

describe.skipIf(path === undefined)(
  'capacity curve on measured GPUs (skipped where ../shared/data is absent)',
  () => {
    const groups = path === undefined ? [] : readGroups(path).filter(({ points }) => points.length >= 4);

    test('three points predict requests/s at held-out concurrencies to 6 % on average', () => {
      const errors = groups.flatMap((group) => heldOutErrors(group, 'pchip'));
      const linear = groups.flatMap((group) => heldOutErrors(group, 'linear'));
      const sorted = errors.map(Math.abs).sort((a, b) => a - b);
      const bias = errors.reduce((a, b) => a + b, 0) / errors.length;
      const percent = (ratio: number): string => `${(ratio * 100).toFixed(2)} %`;
      console.log(
        `held-out requests/s over ${groups.length} groups, ${errors.length} points: mean ${percent(meanAbsolute(errors))}, ` +
          `p90 ${percent(sorted[Math.floor(sorted.length * 0.9)] ?? Number.NaN)}, bias ${percent(bias)}; ` +
          `linear interpolation ${percent(meanAbsolute(linear))}`,
      );
      expect(groups.length).toBeGreaterThan(50);
      expect(errors.length).toBeGreaterThan(200);
      expect(meanAbsolute(errors)).toBeLessThanOrEqual(0.06);
      expect(meanAbsolute(errors)).toBeLessThan(meanAbsolute(linear));
    });

    test('no rate is given beyond the highest concurrency measured', () => {
      const group = groups[0];
      if (group === undefined) throw new Error('the data has no group of four concurrencies');
      const curve = createServingCurve(group.points, group.outputTokens);
      expect(() => curve.requestsPerSAt(curve.maxConcurrency * 1.01)).toThrow('outside the measured range');
      expect(() => curve.requestsPerSAt(curve.minConcurrency * 0.99)).toThrow('outside the measured range');
    });
  },
);
