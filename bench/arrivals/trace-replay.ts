import type { ArrivalsOf } from '../../scenarios/arrivals.ts';
import type { Trace } from '../../scenarios/traces/trace.ts';
import { readTrace } from '../../scenarios/traces/trace-formats.ts';
import { BusyhourError, createFailure, unwrap } from '../../vocabulary/errors.ts';
import type { Random } from '../../vocabulary/random.ts';
import { MS_PER_S } from '../../vocabulary/units.ts';
import type { ArrivalModel, ArrivalSpan } from './arrival-process.ts';
import { thin } from './thinning.ts';

type TraceArrivals = ArrivalsOf<'trace'>;

/** How a trace of one rate is made to come at another. */
export interface ReplayRate {
  readonly speedUp: number;
  readonly keepRatio: number;
}

/** The two that bring the rate asked for: mean rate × speedUp × keepRatio. */
export function solveReplayRate(arrivals: TraceArrivals, meanPerS: number, ratePerS: number): ReplayRate {
  const { speedUp, keepRatio = 1 } = arrivals;
  if (speedUp === undefined) return { keepRatio, speedUp: ratePerS / (meanPerS * keepRatio) };
  const needed = ratePerS / (meanPerS * speedUp);
  if (needed <= 1) return { speedUp, keepRatio: needed };
  const most = meanPerS * speedUp;
  throw new BusyhourError(
    createFailure('INVALID_SCENARIO', 'thinning cannot add requests to a trace', {
      issues: [
        {
          path: 'arrivals.speedUp',
          expected: `a rate of at most ${most.toPrecision(4)}/s, the trace at that speed`,
          got: `${ratePerS.toPrecision(4)}/s`,
          fix: 'leave speedUp out, raise it, or lower the rate of the step',
        },
      ],
    }),
  );
}

/** After the last request the trace goes on for one mean gap, so that a repeated trace keeps its rate. */
const periodMsOf = (instantsMs: readonly number[]): number =>
  ((instantsMs.at(-1) ?? 0) * instantsMs.length) / Math.max(1, instantsMs.length - 1);

/** Instants of the whole trace that fall into [fromMs, toMs) when it is played once from 0, or over and over. */
function place(instantsMs: readonly number[], span: ArrivalSpan, periodMs: number, repeat: boolean) {
  const firstRound = repeat ? Math.floor(span.fromMs / periodMs) : 0;
  const lastRound = repeat ? Math.floor(span.toMs / periodMs) : 0;
  const placed: number[] = [];
  for (let round = firstRound; round <= lastRound; round++) {
    for (const atMs of instantsMs) {
      const placedMs = atMs + round * periodMs;
      if (placedMs >= span.fromMs && placedMs < span.toMs) placed.push(placedMs);
    }
  }
  return placed;
}

/** The instants of a trace as arrivals, at the rate of the step. The file is read when the model is made. */
export function traceModel(arrivals: TraceArrivals, given?: Trace): ArrivalModel {
  const trace = given ?? unwrap(readTrace(arrivals.file, arrivals));
  const instantsMs = trace.requests.map(({ atMs }) => atMs);
  const periodMs = periodMsOf(instantsMs);
  const meanPerS = (MS_PER_S * instantsMs.length) / periodMs;
  const placed = (span: ArrivalSpan, { speedUp }: ReplayRate): number[] => {
    const atMs = instantsMs.map((instantMs) => instantMs / speedUp);
    return place(atMs, span, periodMs / speedUp, arrivals.repeat);
  };
  return {
    draw: (span, random: Random) => {
      const rate = solveReplayRate(arrivals, meanPerS, span.ratePerS);
      return thin(placed(span, rate), rate.keepRatio, random);
    },
    computeExpected: (span) => {
      const rate = solveReplayRate(arrivals, meanPerS, span.ratePerS);
      return placed(span, rate).length * rate.keepRatio;
    },
    computePeakPerS: (span) => {
      const rate = solveReplayRate(arrivals, meanPerS, span.ratePerS);
      return rate.keepRatio * busiestSecond(placed(span, rate));
    },
    computeDispersion: (span) => 1 - solveReplayRate(arrivals, meanPerS, span.ratePerS).keepRatio,
  };
}

/** The most arrivals in any second that begins with one. */
export function busiestSecond(instantsMs: readonly number[]): number {
  let first = 0;
  let most = 0;
  instantsMs.forEach((atMs, last) => {
    while (atMs - (instantsMs[first] ?? atMs) >= MS_PER_S) first++;
    most = Math.max(most, last - first + 1);
  });
  return most;
}
