import { createFailure, ok, type Result } from '../../vocabulary/errors.ts';
import { percentFromRatio } from '../../vocabulary/units.ts';
import { BASELINES, RATE_ONLY } from './baselines.ts';
import { capacityFigures } from './capacity-figures.ts';
import { judgeCoverage } from './coverage.ts';
import type { ErrorSummary } from './error-summary.ts';
import {
  figuresOf,
  type HeldOut,
  type HeldOutPoint,
  judgeable,
  predictHeldOut,
  type RefusedConfiguration,
  rateErrorOf,
} from './held-out.ts';
import type { MeasuredFile, ServingConfiguration } from './measured-file.ts';
import { servingPredictor } from './our-predictor.ts';
import { judgeTargets, NOMINAL_COVERAGE, type TargetVerdict, type ValidationFigures } from './targets.ts';

/** A configuration that was predicted badly, with its worst point. */
export interface FailedConfiguration {
  readonly configuration: string;
  readonly concurrency: number;
  readonly reqPerSErrorPct: number;
}

/** Everything that a validation on measured serving points found. */
export interface ServingValidation {
  readonly source: string;
  readonly seed: number;
  readonly rows: number;
  readonly copies: number;
  readonly configurations: number;
  /** With more points than a calibration takes, so that there is something to predict. */
  readonly judged: number;
  readonly figures: ValidationFigures;
  readonly targets: readonly TargetVerdict[];
  /** The same figures for other ways to predict, on the same calibration and held-out points. */
  readonly baselines: Readonly<Record<string, ValidationFigures>>;
  /** No curve was given, with the reason: they count in no figure but `refusedRatio`. */
  readonly refused: readonly RefusedConfiguration[];
  /** Predicted, and off by more than the p90 target somewhere; worst first. They count in every figure. */
  readonly failures: readonly FailedConfiguration[];
}

/** Error past which a configuration is listed as failed, in percent of requests/s. */
export const FAILURE_PCT = 9;

function named(prefix: string, summary: ErrorSummary | undefined): Record<string, number> {
  if (summary === undefined) return {};
  return {
    [`${prefix}MapePct`]: summary.mapePct,
    [`${prefix}P90Pct`]: summary.p90Pct,
    [`${prefix}BiasPct`]: summary.biasPct,
  };
}

function heldOutFigures({ points }: HeldOut): ValidationFigures {
  const { requestsPerS, timePerOutputToken, timeToFirstToken, latency } = figuresOf(points);
  return {
    ...named('reqPerS', requestsPerS),
    ...named('tpot', timePerOutputToken),
    ...named('ttft', timeToFirstToken),
    ...named('latency', latency),
    ...(requestsPerS === undefined
      ? {}
      : { reqPerSMapeByConfigurationPct: requestsPerS.mapeByConfigurationPct }),
    heldOutPoints: points.length,
  };
}

/** Figures of a way to predict; one that knows only the rate is judged by nothing else. */
function baselineFigures(configurations: readonly ServingConfiguration[]): Record<string, ValidationFigures> {
  return Object.fromEntries(
    Object.entries(BASELINES).map(([name, make]) => {
      const figures = Object.entries(heldOutFigures(predictHeldOut(configurations, make)));
      const known = figures.filter(([figure]) => !RATE_ONLY.has(name) || !/^(tpot|ttft)/.test(figure));
      return [name, rounded(Object.fromEntries(known))];
    }),
  );
}

/** Other nominal shares, so that no one width is right by luck. */
const FURTHER_NOMINAL_RATIOS = [0.5, 0.8, 0.95];

function coverageFigures(points: readonly HeldOutPoint[]): ValidationFigures {
  const coverage = judgeCoverage(points, NOMINAL_COVERAGE);
  const further = FURTHER_NOMINAL_RATIOS.flatMap((nominal) => {
    const own = judgeCoverage(points, nominal);
    return own === undefined
      ? []
      : [[`coverageAt${percentFromRatio(nominal)}Ratio`, own.coveredRatio] as const];
  });
  if (coverage === undefined) return Object.fromEntries(further);
  return {
    coverageRatio: coverage.coveredRatio,
    coverageByPointRatio: coverage.coveredByPointRatio,
    coverageNominalRatio: coverage.nominalRatio,
    intervalFactor: coverage.medianFactor,
    ...Object.fromEntries(further),
  };
}

function failuresOf(points: readonly HeldOutPoint[]): FailedConfiguration[] {
  const worst = [...Map.groupBy(points, ({ configuration }) => configuration)].map(([configuration, own]) =>
    own
      .map((point) => ({
        configuration,
        concurrency: point.measured.concurrency,
        reqPerSErrorPct: percentFromRatio(rateErrorOf(point)),
      }))
      .reduce((a, b) => (Math.abs(b.reqPerSErrorPct) > Math.abs(a.reqPerSErrorPct) ? b : a)),
  );
  return worst
    .filter(({ reqPerSErrorPct }) => Math.abs(reqPerSErrorPct) > FAILURE_PCT)
    .sort((a, b) => Math.abs(b.reqPerSErrorPct) - Math.abs(a.reqPerSErrorPct));
}

const SIGNIFICANT_DIGITS = 6;

/** Figures as they are told; the rest of the digits is noise. */
const rounded = (figures: ValidationFigures): ValidationFigures =>
  Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, Number(value.toPrecision(SIGNIFICANT_DIGITS))]),
  );

function nothingToJudge(what: string): Result<never> {
  return {
    kind: 'failed',
    failure: createFailure('INVALID_MEASUREMENTS', `${what} has nothing that a fit could leave out`, {
      issues: [
        {
          path: what,
          expected: 'a configuration with at least four concurrencies',
          got: 'none',
          fix: 'measure more loads of one configuration, or check which columns differ between its rows',
        },
      ],
    }),
  };
}

/**
 * Calibrates every configuration on three of its points and holds the rest against the prediction; finds capacities at
 * objectives, buys replicas with a derate and draws intervals that only the other configurations gave. Fails where no configuration has a point to leave out.
 */
export function validateServing(
  file: MeasuredFile,
  { source, seed }: { readonly source: string; readonly seed: number },
): Result<ServingValidation> {
  const { configurations } = file;
  const judged = judgeable(configurations);
  if (judged.length === 0) return nothingToJudge(source);
  const heldOut = predictHeldOut(configurations, servingPredictor);
  const refusedKeys = new Set(heldOut.refused.map(({ configuration }) => configuration));
  const answered = judged.filter(({ key }) => !refusedKeys.has(key));
  const figures = rounded({
    ...heldOutFigures(heldOut),
    ...capacityFigures(answered, seed),
    ...coverageFigures(heldOut.points),
    refusedRatio: heldOut.refused.length / judged.length,
  });
  return ok({
    source,
    seed,
    rows: file.rows,
    copies: file.copies,
    configurations: configurations.length,
    judged: judged.length,
    figures,
    targets: judgeTargets(figures),
    baselines: baselineFigures(configurations),
    refused: heldOut.refused,
    failures: failuresOf(heldOut.points),
  });
}
