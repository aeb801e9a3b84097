import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { fitUsl, type ThroughputPoint } from '../../planner/calibrate/usl.ts';
import { PERCENT } from '../../vocabulary/units.ts';
import { type ErlangRow, erlangErrorInTolerances } from './erlang-vectors.ts';

const DATA = fileURLToPath(new URL('../../../shared/data/', import.meta.url));
const ERLANG = `${DATA}erlang/erlang_vectors.csv`;
const USL = `${DATA}usl/`;

const rowsOf = (path: string): ErlangRow[] => parse(readFileSync(path), { columns: true }) as ErlangRow[];

/** Published values of Erlang B, C and A, and how many of them come out as printed. */
function erlangFigures() {
  const errors = rowsOf(ERLANG).map((row) => erlangErrorInTolerances(row) ?? Number.POSITIVE_INFINITY);
  return { erlangValues: errors.length, erlangValuesMet: errors.filter((error) => error <= 1).length };
}

/** Published coefficients γ, σ, κ of a fit of the scalability law to these points. */
interface PublishedFit {
  readonly points: readonly ThroughputPoint[];
  readonly coefficients: readonly [gamma: number, sigma: number, kappa: number];
}

type Coefficients = Readonly<Record<'alpha' | 'beta' | 'gamma', number>>;
interface Series {
  readonly throughput: readonly number[];
}

const ofR = ({ gamma, alpha, beta }: Coefficients): PublishedFit['coefficients'] => [gamma, alpha, beta];
const zip = (loads: readonly number[], { throughput }: Series): ThroughputPoint[] =>
  loads.map((load, index) => ({ load, throughput: throughput[index] ?? Number.NaN }));
const pointsOf = (file: string, load: string, rows?: number): ThroughputPoint[] =>
  rowsOf(`${USL}${file}`)
    .slice(0, rows)
    .map((row) => ({ load: Number(row[load]), throughput: Number(row.throughput) }));

/** The fits as the packages `usl` of R and usl4j print them. */
function publishedFits(): PublishedFit[] {
  const json: Record<string, unknown> = JSON.parse(readFileSync(`${USL}reference_fits.json`, 'utf8'));
  const of = (tool: string): unknown => Object.entries(json).find(([key]) => key.startsWith(tool))?.[1];
  const { specsdm91, raytracer_rows_1_to_6, synthetic_6pt } = of('r_usl') as {
    specsdm91: { coef: Coefficients };
    raytracer_rows_1_to_6: { coef: Coefficients };
    synthetic_6pt: Series & { load: number[]; coef: Coefficients };
  };
  const { cisco } = of('usl4j') as {
    cisco: Series & { concurrency: number[]; book_fit: Record<'lambda' | 'sigma' | 'kappa', number> };
  };
  const { lambda, sigma, kappa } = cisco.book_fit;
  return [
    { points: pointsOf('specsdm91.csv', 'load'), coefficients: ofR(specsdm91.coef) },
    { points: pointsOf('raytracer.csv', 'processors', 6), coefficients: ofR(raytracer_rows_1_to_6.coef) },
    { points: zip(synthetic_6pt.load, synthetic_6pt), coefficients: ofR(synthetic_6pt.coef) },
    { points: zip(cisco.concurrency, cisco), coefficients: [lambda, sigma, kappa] },
  ];
}

/** Largest distance of a coefficient from its published value; the rounding of what was printed is part of it. */
function uslErrorPct({ points, coefficients }: PublishedFit): number {
  const fit = fitUsl(points);
  if (fit.kind === 'refused') return Number.POSITIVE_INFINITY;
  const { gamma, sigma, kappa } = fit.value;
  const errors = [gamma, sigma, kappa].map((value, index) =>
    Math.abs(value / (coefficients[index] ?? Number.NaN) - 1),
  );
  return Math.max(...errors) * PERCENT;
}

/** The published values that equations are held against, where the data is: Erlang B, C and A, the scalability law. */
export async function measurePublished(): Promise<Record<string, unknown>> {
  if (!existsSync(ERLANG) || !existsSync(USL)) {
    return { publishedSkipped: 'the published values are not on this machine' };
  }
  const uslErrors = publishedFits().map(uslErrorPct);
  return {
    ...erlangFigures(),
    uslFits: uslErrors.length,
    uslLargestErrorPct: Number(Math.max(...uslErrors).toPrecision(3)),
  };
}
