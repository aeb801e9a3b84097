import type { Random } from '../../vocabulary/random.ts';

/** The span on which arrivals are wanted, in ms from the start of the step; `fromMs` may be negative. */
export interface ArrivalSpan {
  readonly ratePerS: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Ascending arrival instants in [fromMs, toMs). Same random stream, same instants. */
export type ArrivalProcess = (span: ArrivalSpan, random: Random) => number[];
