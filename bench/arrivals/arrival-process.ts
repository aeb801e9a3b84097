import type { Random } from '../../vocabulary/random.ts';
import { sFromMs } from '../../vocabulary/units.ts';

/** The span on which arrivals are wanted, in ms from the start of the step; `fromMs` may be negative. */
export interface ArrivalSpan {
  readonly ratePerS: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Ascending arrival instants in [fromMs, toMs). Same random stream, same instants. */
export type ArrivalProcess = (span: ArrivalSpan, random: Random) => number[];

/** A kind of arrivals with its parameters: what it draws, and what is known of it before it is drawn. */
export interface ArrivalModel {
  readonly draw: ArrivalProcess;
  /** Mean number of arrivals in the span. */
  readonly computeExpected: (span: ArrivalSpan) => number;
  /** The highest rate in the span; of modulated arrivals, the rate of their bursts. */
  readonly computePeakPerS: (span: ArrivalSpan) => number;
  /** Variance ÷ mean of the number of arrivals in the span; for renewals the limit of long spans. */
  readonly computeDispersion: (span: ArrivalSpan) => number;
}

const spanS = ({ fromMs, toMs }: ArrivalSpan): number => sFromMs(Math.max(0, toMs - fromMs));

/** What is known of arrivals whose rate does not change; `dispersion` is that of counts. */
export function stationaryModel(draw: ArrivalProcess, dispersion: number): ArrivalModel {
  return {
    draw,
    computeExpected: (span) => span.ratePerS * spanS(span),
    computePeakPerS: ({ ratePerS }) => ratePerS,
    computeDispersion: () => dispersion,
  };
}
