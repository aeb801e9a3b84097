import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import {
  requestsPerS,
  simulateClosedLoop,
} from '../../../runtime/inference/engines/simulated/closed-loop.ts';
import {
  computeFitError,
  computeLoss,
  type FitParameters,
  fitParameters,
  limitsFrom,
  REQUESTS_PER_USER,
} from '../../../runtime/inference/engines/simulated/fit.ts';
import {
  type MeasuredPoint,
  readMeasuredPoints,
} from '../../../runtime/inference/engines/simulated/measured-points.ts';

const TRUTH: FitParameters = {
  baseMs: 9,
  perSequenceMs: 0.2,
  perPrefillTokenMs: 0.04,
  perKvTokenMs: 0.00005,
  maxStepTokens: 2048,
  kvCapacityTokens: 20_000,
  requestOverheadMs: 5,
  requestOverheadPerPromptTokenMs: 0.01,
};

/** Points that the simulator itself makes with known parameters. */
function pointsFrom(truth: FitParameters): MeasuredPoint[] {
  const shapes = [64, 512].flatMap((inputTokens) =>
    [16, 64].flatMap((outputTokens) =>
      [1, 8, 48].map((concurrency) => ({ inputTokens, outputTokens, concurrency })),
    ),
  );
  return shapes.map((shape) => ({
    ...shape,
    ...simulateClosedLoop(limitsFrom(truth), { ...shape, requestsPerUser: REQUESTS_PER_USER }),
  }));
}

describe('fitting', () => {
  it('finds nothing to improve in points made with the parameters', () => {
    const points = pointsFrom(TRUTH);
    expect(computeLoss(limitsFrom(TRUTH), points)).toBeCloseTo(0, 12);
    expect(computeFitError(limitsFrom(TRUTH), points).requestsPerSMapeRatio).toBeCloseTo(0, 12);
  });

  it('finds known parameters again from far away, well enough to predict within a tenth', () => {
    const points = pointsFrom(TRUTH);
    const fitted = fitParameters(points, 40);
    const error = computeFitError(limitsFrom(fitted), points);
    // A search along one parameter at a time stops near the optimum of correlated ones, not at it.
    expect(error.timePerOutputTokenMapeRatio).toBeLessThan(0.1);
    expect(error.requestsPerSMapeRatio).toBeLessThan(0.1);
    expect(fitted.baseMs / TRUTH.baseMs).toBeGreaterThan(0.75);
    expect(fitted.baseMs / TRUTH.baseMs).toBeLessThan(1.25);
  });

  it('counts a request that never fits as worse than any that does', () => {
    const points = pointsFrom(TRUTH);
    expect(computeLoss(limitsFrom({ ...TRUTH, kvCapacityTokens: 100 }), points)).toBeGreaterThan(10);
  });
});

describe('measured points', () => {
  const folder = mkdtempSync(join(tmpdir(), 'busyhour-points-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are read from the columns of the published file, with throughput by Little’s law', () => {
    const path = join(folder, 'points.csv.gz');
    const csv =
      'model,system,input_tokens,output_tokens,concurrency,mean_ttft_ms,mean_tpot_ms\n' +
      'm,gpu,1000,101,8,200,18\nother,gpu,1,1,1,1,1\n';
    writeFileSync(path, gzipSync(csv));
    const result = readMeasuredPoints(path, { model: 'm', system: 'gpu' });
    // 8 users, each request 200 + 100 × 18 = 2000 ms: 4 per second.
    expect(result).toEqual({
      kind: 'ok',
      value: [
        {
          inputTokens: 1000,
          outputTokens: 101,
          concurrency: 8,
          timeToFirstTokenMs: 200,
          timePerOutputTokenMs: 18,
          requestsPerS: 4,
        },
      ],
    });
    expect(requestsPerS({ concurrency: 8, outputTokens: 101 }, 200, 18)).toBe(4);
    expect(readMeasuredPoints(path, { model: 'none' })).toMatchObject({ kind: 'failed' });
    expect(readMeasuredPoints(join(folder, 'none'), {})).toMatchObject({
      failure: { code: 'INPUT_NOT_FOUND' },
    });
  });
});
