import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  computeUslThroughput,
  fitUsl,
  type ThroughputPoint,
  type UslFit,
} from '../../planner/calibrate/usl.ts';
import { dataPath, readRows } from './published-vectors.ts';

const specPath = dataPath('usl/specsdm91.csv');
const rayPath = dataPath('usl/raytracer.csv');
const referencePath = dataPath('usl/reference_fits.json');

interface Published {
  readonly fitted: readonly number[];
  readonly specStandardErrors: readonly number[];
  readonly specResidual: number;
  readonly synthetic: { readonly load: readonly number[]; readonly throughput: readonly number[] };
  readonly cisco: { readonly concurrency: readonly number[]; readonly throughput: readonly number[] };
}

function readPublished(path: string): Published {
  const json = JSON.parse(readFileSync(path, 'utf8'));
  const r = json['r_usl_3.0.3 (smoeding/usl tests/*.Rout.save, BSD-2-Clause)'];
  const java = Object.values(json).find(
    (value) => typeof value === 'object' && value !== null && 'cisco' in value,
  ) as { cisco: Published['cisco'] };
  const errors = r.specsdm91.std_error;
  return {
    fitted: r.specsdm91.fitted,
    specStandardErrors: [errors.gamma, errors.alpha, errors.beta],
    specResidual: r.specsdm91.residual_std_error,
    synthetic: r.synthetic_6pt,
    cisco: java.cisco,
  };
}

function fitted(points: readonly ThroughputPoint[]): UslFit {
  const fitted = fitUsl(points);
  if (fitted.kind === 'refused') throw new Error(fitted.reason);
  return fitted.value;
}

const zip = (loads: readonly number[], throughputs: readonly number[]): ThroughputPoint[] =>
  loads.map((load, i) => ({ load, throughput: throughputs[i] ?? Number.NaN }));

describe.skipIf(specPath === undefined || rayPath === undefined || referencePath === undefined)(
  'universal scalability law on published data (skipped where ../shared/data is absent)',
  () => {
    const published = readPublished(referencePath ?? '');
    const spec = readRows(specPath ?? '').map((row) => ({
      load: Number(row.load),
      throughput: Number(row.throughput),
    }));

    test('specsdm91: coefficients, peak, fitted values and standard errors that R prints', () => {
      const { gamma, sigma, kappa, peakLoad, peakThroughput, standardErrors, residualStandardError } =
        fitted(spec);
      expect(gamma).toBeCloseTo(89.995, 2);
      expect(sigma).toBeCloseTo(0.0277285, 6);
      expect(kappa).toBeCloseTo(1.043655e-4, 9);
      expect(peakLoad).toBeCloseTo(96.52, 1);
      expect(peakThroughput).toBeCloseTo(1883.9, 0);
      const fittedNow = spec.map(({ load }) => computeUslThroughput({ gamma, sigma, kappa }, load));
      published.fitted.forEach((value, i) => {
        // One of them is printed from rounded coefficients: 1822 for 1821.4.
        expect(Math.abs((fittedNow[i] ?? 0) - value)).toBeLessThanOrEqual(1);
      });
      expect(residualStandardError).toBeCloseTo(published.specResidual, 1);
      published.specStandardErrors.forEach((value, i) => {
        expect(Math.abs((standardErrors?.[i] ?? 0) / value - 1)).toBeLessThan(1e-3);
      });
    });

    test('raytracer, first six rows: 20.85605, 0.02444, 0.00163', () => {
      const rows = readRows(rayPath ?? '').slice(0, 6);
      const { gamma, sigma, kappa } = fitted(
        rows.map((row) => ({ load: Number(row.processors), throughput: Number(row.throughput) })),
      );
      expect(gamma).toBeCloseTo(20.85605, 3);
      expect(sigma).toBeCloseTo(0.02444, 4);
      expect(kappa).toBeCloseTo(0.00163, 5);
    });

    test('six synthetic points: 1, 0.02, 0.02', () => {
      const { gamma, sigma, kappa } = fitted(zip(published.synthetic.load, published.synthetic.throughput));
      expect(gamma).toBeCloseTo(1, 3);
      expect(sigma).toBeCloseTo(0.02, 3);
      expect(kappa).toBeCloseTo(0.02, 3);
    });

    test('32 points of the Cisco benchmark: the coefficients and the peak that usl4j asserts to 0.02 %', () => {
      const found = fitted(zip(published.cisco.concurrency, published.cisco.throughput));
      const near = (value: number | undefined, expected: number): void =>
        expect(Math.abs((value ?? 0) / expected - 1)).toBeLessThan(2e-4);
      near(found.gamma, 995.6486);
      near(found.sigma, 0.02671591);
      near(found.kappa, 0.0007690945);
      near(found.peakLoad, 35.57);
      near(found.peakThroughput, 12341.745655201905);
      near(computeUslThroughput(found, 20), 11063.63312570436);
    });
  },
);
