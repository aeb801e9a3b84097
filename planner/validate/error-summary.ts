import { meanOf } from '../../vocabulary/mean.ts';
import { computePercentile, sortSamples } from '../../vocabulary/percentiles.ts';
import { percentFromRatio } from '../../vocabulary/units.ts';

/** Predicted ÷ measured − 1 at one point that the fit did not see. */
export interface RelativeError {
  readonly configuration: string;
  readonly ratio: number;
}

export interface ErrorSummary {
  readonly points: number;
  readonly configurations: number;
  /** Mean of |predicted ÷ measured − 1| over points. */
  readonly mapePct: number;
  /** 90th percentile of the same, nearest rank. */
  readonly p90Pct: number;
  /** Mean of predicted ÷ measured − 1: above 0 promises too much. */
  readonly biasPct: number;
  /** Mean over configurations of their own means: one configuration, one vote. */
  readonly mapeByConfigurationPct: number;
}

/** Relative error of a prediction. */
export const relativeError = (predicted: number, measured: number): number => predicted / measured - 1;

/** Sums up errors; undefined where there are none, for a mean of nothing is no figure. */
export function summariseErrors(errors: readonly RelativeError[]): ErrorSummary | undefined {
  const sizes = errors.map(({ ratio }) => Math.abs(ratio));
  const p90 = computePercentile(sortSamples(sizes), 90);
  if (p90 === undefined) return undefined;
  const byConfiguration = [...Map.groupBy(errors, ({ configuration }) => configuration).values()];
  return {
    points: errors.length,
    configurations: byConfiguration.length,
    mapePct: percentFromRatio(meanOf(sizes)),
    p90Pct: percentFromRatio(p90),
    biasPct: percentFromRatio(meanOf(errors.map(({ ratio }) => ratio))),
    mapeByConfigurationPct: percentFromRatio(
      meanOf(byConfiguration.map((own) => meanOf(own.map(({ ratio }) => Math.abs(ratio))))),
    ),
  };
}
