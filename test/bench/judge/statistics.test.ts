import { describe, expect, it } from 'vitest';
import { estimateByBootstrap, resample } from '../../../bench/judge/bootstrap.ts';
import { adjustByHolm } from '../../../bench/judge/holm.ts';
import {
  chooseBatchSize,
  estimateBatchMean,
  estimateDesignEffect,
  estimateMean,
  estimatePercentile,
  estimateRatio,
} from '../../../bench/judge/interval.ts';
import {
  computeNormalCdf,
  computeNormalQuantile,
  computeStudentCdf,
  computeStudentQuantile,
} from '../../../bench/judge/normal.ts';
import {
  computeMannWhitneyP,
  computeSignedRankP,
  estimatePairedShift,
  estimateUnpairedShift,
} from '../../../bench/judge/rank-tests.ts';
import { combineReplications } from '../../../bench/judge/replications.ts';
import { meanOf, medianOf } from '../../../bench/judge/series.ts';
import { computeBinomialCdf } from '../../../vocabulary/binomial.ts';
import { LatencyHistogram } from '../../../vocabulary/histogram.ts';
import { MIN_SAMPLES_BY_PERCENT } from '../../../vocabulary/percentiles.ts';
import { createRandom, sampleExponential, sampleNormal } from '../../../vocabulary/random.ts';

/** Figures marked SciPy are those of SciPy 1.17.1, statsmodels' likewise; none of our code made them. */
describe('distribution functions', () => {
  it('agree with SciPy', () => {
    expect(computeNormalCdf(1.3)).toBeCloseTo(0.9031995154143897, 12);
    expect(computeNormalCdf(-3.2)).toBeCloseTo(0.0006871379379158471, 12);
    expect(computeNormalQuantile(0.975)).toBeCloseTo(1.959963984540054, 10);
    expect(computeStudentQuantile(0.975, 9)).toBeCloseTo(2.262157162798205, 8);
    expect(computeStudentQuantile(0.995, 3)).toBeCloseTo(5.840909309733355, 8);
    expect(computeStudentCdf(2.1, 7)).toBeCloseTo(0.9630644018935387, 10);
  });
});

describe('sample counts that certify a percentile', () => {
  it('are the smallest of which at most one lies beyond with a chance of 1 %', () => {
    for (const [percent, samples] of MIN_SAMPLES_BY_PERCENT) {
      const beyond = 1 - percent / 100;
      expect(computeBinomialCdf(1, samples, beyond), `p${percent}`).toBeLessThanOrEqual(0.01);
      expect(computeBinomialCdf(1, samples - 1, beyond), `p${percent}`).toBeGreaterThan(0.01);
    }
  });
});

const D = [1.83, -0.5, 1.62, 2.48, 1.68, 1.88, -1.55, 3.06, 1.3, 0.7];
const A = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
const B = [1.15, 0.88, 0.9, 0.74, 1.21];

describe('rank tests', () => {
  it('agree with SciPy: exact, and with a normal form beyond sixty pairs', () => {
    expect(computeSignedRankP(D)).toBeCloseTo(0.01953125, 10);
    expect(computeSignedRankP([1, -2, 3, 4, 5, 6, 7, -8, 9, 10, 11, 12])).toBeCloseTo(0.02099609375, 10);
    const many = Array.from({ length: 80 }, (_, i) => (((i * 37) % 101) - 45) / 10 + 0.013 * i);
    expect(computeSignedRankP(many)).toBeCloseTo(0.005445129901320699, 4);
    expect(computeMannWhitneyP(A, B)).toBeCloseTo(0.2544122544122544, 10);
    const tied = computeMannWhitneyP([1, 2, 2, 3, 4, 4, 5], [2, 4, 5, 6, 7, 7, 8]);
    expect(tied).toBeCloseTo(0.033019201244105484, 8);
  });

  it('give the interval that a count over all sign patterns and all orders gives', () => {
    expect(estimatePairedShift(D, 0.95)).toMatchObject({
      shift: expect.closeTo(1.49, 10),
      low: expect.closeTo(0.14, 10),
      high: expect.closeTo(2.18, 10),
    });
    expect(estimateUnpairedShift(A, B, 0.95)).toMatchObject({
      shift: expect.closeTo(-0.305, 10),
      low: expect.closeTo(-0.76, 10),
      high: expect.closeTo(0.15, 10),
    });
  });

  it('count ties exactly, as a walk over every sign pattern does', () => {
    const values = [1, 1, -1, 2, 2, -3, 3, 4];
    const ranks = [2, 2, 2, 4.5, 4.5, 6.5, 6.5, 8];
    const observed = ranks.reduce((sum, rank, i) => sum + ((values[i] ?? 0) > 0 ? rank : 0), 0);
    const distance = Math.abs(observed - 18);
    let asFar = 0;
    for (let pattern = 0; pattern < 256; pattern++) {
      const sum = ranks.reduce((total, rank, i) => total + ((pattern >> i) & 1 ? rank : 0), 0);
      if (Math.abs(sum - 18) >= distance) asFar++;
    }
    expect(computeSignedRankP(values)).toBeCloseTo(asFar / 256, 12);
  });

  it('say nothing of nothing, and of too few values only that the interval is open', () => {
    expect(computeSignedRankP([])).toBe(1);
    expect(computeSignedRankP([0, 0, 0])).toBe(1);
    expect(computeMannWhitneyP([], [1])).toBe(1);
    expect(estimatePairedShift([1, 2, 3], 0.99).high).toBe(Number.POSITIVE_INFINITY);
  });

  it('keep their level: at 5 %, about 5 % of equal pairs are called different', () => {
    const random = createRandom(7);
    let alarms = 0;
    for (let i = 0; i < 2_000; i++)
      if (computeSignedRankP(Array.from({ length: 20 }, () => sampleNormal(random))) < 0.05) alarms++;
    expect(alarms / 2_000).toBeGreaterThan(0.035);
    expect(alarms / 2_000).toBeLessThan(0.06);
  });
});

describe('Holm', () => {
  it('agrees with statsmodels', () => {
    const adjusted = adjustByHolm([0.01, 0.04, 0.03, 0.005, 0.5]);
    for (const [i, expected] of [0.04, 0.09, 0.09, 0.025, 0.5].entries())
      expect(adjusted[i]).toBeCloseTo(expected, 12);
    expect(adjustByHolm([])).toEqual([]);
  });
});

const X = [
  1.23, 1.637, 1.219, 0.458, 1.722, 1.307, 0.725, 1.417, 1.245, 1.193, 1.017, 1.388, 0.643, 0.907, 0.749,
  1.432, 1.024, 0.839, 0.626, 0.857, 1.005, 0.848, 2.174, 1.829, 0.197, 0.322, 0.9, 0.776, 1.137, 1.139,
  3.563, 0.513, 0.797, 3.406, 1.474, 1.489, 0.735, 0.372, 1.106, 1.068,
];

describe('bootstrap', () => {
  it('gives the BCa interval of SciPy within the noise of its draws', () => {
    const mean = estimateByBootstrap(X, meanOf, { random: createRandom(1), draws: 20_000 });
    expect(mean?.low).toBeCloseTo(0.991, 1);
    expect(mean?.low).toBeGreaterThan(0.98);
    expect(mean?.high).toBeGreaterThan(1.41);
    expect(mean?.high).toBeLessThan(1.445);
    const median = estimateByBootstrap(X, medianOf, { random: createRandom(1), draws: 10_000 });
    expect(median?.low).toBeCloseTo(0.8525, 1);
    expect(median?.high).toBeCloseTo(1.2245, 1);
  });

  it('repeats by its seed, and draws neighbours together', () => {
    const run = () => estimateByBootstrap(X, meanOf, { random: createRandom(3), draws: 500 });
    expect(run()).toEqual(run());
    expect(estimateByBootstrap([1, 2], meanOf, { random: createRandom(3) })).toBeUndefined();
    const drawn = resample([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], createRandom(2), 5);
    for (const i of [1, 2, 3, 4, 6, 7, 8, 9]) expect(drawn[i]).toBe(((drawn[i - 1] ?? 0) + 1) % 10);
  });
});

/** AR(1) with mean 10: neighbours correlate by `phi`; the variance of its mean is (1 + φ) ÷ (1 − φ) times the naive one. */
function autoregressive(seed: number, length: number, phi: number): number[] {
  const random = createRandom(seed);
  let value = 0;
  return Array.from({ length: length + 50 }, () => {
    value = phi * value + sampleNormal(random);
    return 10 + value;
  }).slice(50);
}

/** Share of runs whose interval holds the truth. */
function coverageOf(runs: number, holds: (seed: number) => boolean): number {
  return Array.from({ length: runs }, (_, i) => holds(i + 1)).filter(Boolean).length / runs;
}

describe('intervals', () => {
  it('of means by batches hold the truth of correlated data, where naive ones do not', () => {
    const within = (interval: ReturnType<typeof estimateMean>) =>
      interval !== undefined && interval.low <= 10 && interval.high >= 10;
    expect(
      coverageOf(300, (seed) => within(estimateBatchMean(autoregressive(seed, 600, 0.6)))),
    ).toBeGreaterThan(0.9);
    expect(coverageOf(300, (seed) => within(estimateMean(autoregressive(seed, 600, 0.6))))).toBeLessThan(0.8);
  });

  it('know by how much correlation lessens information: 4 for φ = 0.6 by the closed form, 1 without', () => {
    const effects = Array.from({ length: 40 }, (_, i) => estimateDesignEffect(autoregressive(i, 2_000, 0.6)));
    expect(meanOf(effects)).toBeGreaterThan(2.8);
    expect(meanOf(effects)).toBeLessThan(4.6);
    expect(chooseBatchSize(autoregressive(5, 2_000, 0))).toBe(1);
  });

  it('of percentiles hold the true percentile of exponential latencies', () => {
    for (const percent of [50, 95, 99]) {
      const truth = -100 * Math.log(1 - percent / 100);
      const coverage = coverageOf(200, (seed) => {
        const random = createRandom(seed);
        const histogram = new LatencyHistogram();
        for (let i = 0; i < 2_000; i++) histogram.record(sampleExponential(random, 100));
        const interval = estimatePercentile(histogram, percent);
        return interval !== undefined && interval.low <= truth && interval.high >= truth;
      });
      expect(coverage, `p${percent}`).toBeGreaterThan(0.91);
      expect(coverage, `p${percent}`).toBeLessThan(0.995);
    }
    expect(estimatePercentile(new LatencyHistogram(), 50)).toBeUndefined();
  });

  it('of shares agree with statsmodels', () => {
    expect(estimateRatio(3, 120)?.low).toBeCloseTo(0.00518557495832136, 9);
    expect(estimateRatio(3, 120)?.high).toBeCloseTo(0.07132319415690506, 9);
    expect(estimateRatio(0, 0)).toBeUndefined();
  });
});

describe('replications', () => {
  it('take runs as samples and state how far runs differ', () => {
    const combined = combineReplications([100, 103, 97, 104]);
    expect(combined.interval?.estimate).toBe(101);
    // Half-width t(0.975; 3) · s ÷ √n with s² = 10, by hand.
    expect((combined.interval?.high ?? 0) - 101).toBeCloseTo((3.182446 * Math.sqrt(10)) / 2, 4);
    expect(combined.runToRunRatio).toBeCloseTo(0.0314, 3);
    expect(combineReplications([5]).interval).toBeUndefined();
  });
});
