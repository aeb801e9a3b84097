import { MS_PER_S, msFromS, sFromMs } from '../../vocabulary/units.ts';
import { estimateAllenCunneenWait } from './approximations.ts';
import { computeErlangC, computeMeanWait } from './erlang.ts';
import { computeErlangA, computeErlangAWaitBeyond } from './erlang-a.ts';

/** A queue with equal servers, first come, first served, described by means and variability. */
export interface WaitingLine {
  readonly ratePerS: number;
  readonly servers: number;
  readonly meanServiceMs: number;
  /** Squared coefficients of variation of gaps between arrivals and of service times: 1 is exponential. */
  readonly arrivalScv: number;
  readonly serviceScv: number;
  /** Mean of an exponential patience; nobody leaves without. */
  readonly meanPatienceMs?: number | undefined;
}

/** Waits by an equation. */
export interface ClosedFormWait {
  readonly model: 'Erlang C' | 'Erlang A' | 'Allen–Cunneen';
  readonly waitProbability: number;
  readonly meanWaitMs: number;
  /** How far the mean may be off, either way: 0 where the equation is exact. */
  readonly errorMs: number;
  readonly p95WaitMs: number;
  readonly abandonProbability: number;
}

/**
 * What Allen–Cunneen was off by, held against simulations below utilisation 0.7 with both variabilities from 0 to 2
 * (test/theory): at most half of its answer and, together with that, this share of utilisation × service time ÷ servers.
 */
const ALLEN_CUNNEEN_ERROR = { ofWaitRatio: 0.5, ofServiceRatio: 0.45 } as const;

const TAIL_RATIO = 0.05;

/** The wait that one in twenty exceeds, taken as exponential for those who wait: exact for M/M/c. */
function exponentialTailMs(waitProbability: number, meanWaitMs: number): number {
  if (waitProbability <= TAIL_RATIO) return 0;
  return (meanWaitMs / waitProbability) * Math.log(waitProbability / TAIL_RATIO);
}

function patientWait(line: WaitingLine): ClosedFormWait | undefined {
  const { ratePerS, servers, meanServiceMs, arrivalScv, serviceScv } = line;
  const isExact = arrivalScv === 1 && serviceScv === 1;
  const offeredErlangs = ratePerS * sFromMs(meanServiceMs);
  const arrivalRate = ratePerS / MS_PER_S;
  const meanWaitMs = isExact
    ? computeMeanWait({ offeredErlangs, servers, meanServiceTime: meanServiceMs })
    : estimateAllenCunneenWait({
        arrivalRate,
        meanServiceTime: meanServiceMs,
        servers,
        arrivalScv,
        serviceScv,
      });
  if (meanWaitMs === undefined) return undefined;
  const waitProbability = computeErlangC(offeredErlangs, servers);
  const { ofWaitRatio, ofServiceRatio } = ALLEN_CUNNEEN_ERROR;
  const errorMs = meanWaitMs * ofWaitRatio + (ofServiceRatio * offeredErlangs * meanServiceMs) / servers ** 2;
  return {
    model: isExact ? 'Erlang C' : 'Allen–Cunneen',
    waitProbability,
    meanWaitMs,
    errorMs: isExact ? 0 : errorMs,
    p95WaitMs: exponentialTailMs(waitProbability, meanWaitMs),
    abandonProbability: 0,
  };
}

function impatientWait(line: WaitingLine, meanPatienceMs: number): ClosedFormWait {
  const queue = {
    arrivalRatePerS: line.ratePerS,
    meanServiceS: sFromMs(line.meanServiceMs),
    meanPatienceS: sFromMs(meanPatienceMs),
    servers: line.servers,
  };
  const { waitProbability, meanWaitS, abandonProbability } = computeErlangA(queue);
  let low = 0;
  let high = queue.meanPatienceS;
  if (waitProbability <= TAIL_RATIO) high = 0;
  else while (computeErlangAWaitBeyond(queue, high) > TAIL_RATIO) high *= 2;
  for (let i = 0; i < 50 && high > 0; i++) {
    const middle = (low + high) / 2;
    if (computeErlangAWaitBeyond(queue, middle) > TAIL_RATIO) low = middle;
    else high = middle;
  }
  return {
    model: 'Erlang A',
    waitProbability,
    meanWaitMs: msFromS(meanWaitS),
    errorMs: 0,
    p95WaitMs: msFromS(high),
    abandonProbability,
  };
}

/**
 * Waits by equation: Erlang C or A where arrivals are Poisson and service exponential, Allen–Cunneen where they are not.
 * Undefined without a steady state, and for impatient customers of other queues, for whom there is no equation here.
 */
export function computeClosedFormWait(line: WaitingLine): ClosedFormWait | undefined {
  if (line.meanPatienceMs === undefined) return patientWait(line);
  if (line.arrivalScv !== 1 || line.serviceScv !== 1) return undefined;
  return impatientWait(line, line.meanPatienceMs);
}
