import { meanOf } from '../../vocabulary/mean.ts';
import { computeLeaveOneOutQuantiles } from '../calibrate/conformal.ts';
import { type HeldOutPoint, rateErrorOf } from './held-out.ts';

export interface CoverageFigures {
  readonly nominalRatio: number;
  /** Share of held-out rates inside their interval, each configuration one vote. */
  readonly coveredRatio: number;
  /** The same with each point one vote. */
  readonly coveredByPointRatio: number;
  /** Middle of the half-widths, as a factor: 1.08 is 8 % either way. */
  readonly medianFactor: number;
}

/**
 * Intervals for requests/s at held-out loads whose width the other configurations give (split-conformal on
 * |ln(predicted ÷ measured)|), and how many of the measured rates lie inside. Undefined with too few configurations.
 */
export function judgeCoverage(
  points: readonly HeldOutPoint[],
  nominalRatio: number,
): CoverageFigures | undefined {
  const groups = [...Map.groupBy(points, ({ configuration }) => configuration).values()];
  const scores = groups.map((own) => own.map((point) => Math.abs(Math.log1p(rateErrorOf(point)))));
  const learnt = computeLeaveOneOutQuantiles(scores, nominalRatio);
  const shares: number[] = [];
  const widths: number[] = [];
  const inside: number[] = [];
  for (const [index, own] of scores.entries()) {
    const width = learnt[index];
    if (width === undefined) return undefined;
    const covered = own.map((score) => (score <= width ? 1 : 0));
    shares.push(meanOf(covered));
    inside.push(...covered);
    widths.push(width);
  }
  if (shares.length === 0) return undefined;
  return {
    nominalRatio,
    coveredRatio: meanOf(shares),
    coveredByPointRatio: meanOf(inside),
    medianFactor: Math.exp(widths.toSorted((a, b) => a - b)[widths.length >> 1] ?? Number.NaN),
  };
}
