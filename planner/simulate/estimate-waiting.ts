import { computeGapCv } from '../../vocabulary/dispersion.ts';
import { type ClosedFormWait, computeClosedFormWait } from '../queueing/closed-form-wait.ts';
import { type ArrivalProcess, ratePerSOf } from './arrivals.ts';
import { BATCHES } from './batch-means.ts';
import { indexOfDispersion60S } from './dispersion.ts';
import {
  queueUtilisation,
  type SimulationOptions,
  simulateWaiting,
  type WaitingQueue,
} from './simulate-waiting.ts';

/** Closed forms are believed below both: counts nearly as even as Poisson, and servers with room. */
export const CLOSED_FORM_LIMITS = { indexOfDispersion60S: 2, utilisation: 0.7 } as const;

/** What a run of the simulator rests on. */
export interface SimulationRecord {
  readonly customers: number;
  readonly warmUpCustomers: number;
  readonly batches: number;
  readonly reducedBy: number;
  readonly seed: number;
}

/** Waiting of a queue, with the method and its interval; or that the load reaches the servers. */
export type WaitingEstimate =
  | {
      readonly kind: 'steady';
      readonly method: 'closed-form' | 'simulation';
      readonly model: string;
      readonly utilisation: number;
      readonly waitProbability: number;
      readonly meanWaitMs: number;
      readonly meanWaitLowMs: number;
      readonly meanWaitHighMs: number;
      readonly p95WaitMs: number;
      readonly abandonProbability: number;
      readonly simulation?: SimulationRecord;
      readonly explanation: string;
    }
  | { readonly kind: 'overloaded'; readonly utilisation: number; readonly explanation: string };

type Steady = Extract<WaitingEstimate, { kind: 'steady' }>;

/** Squared coefficient of variation of gaps as an equation needs it: the larger of what gaps and counts say. */
function arrivalScvOf(process: ArrivalProcess, index: number): number {
  switch (process.kind) {
    case 'poisson':
      return 1;
    case 'renewal':
      return process.gapCv ** 2;
    case 'modulated':
      return Math.max(index, process.gapCv ** 2);
    case 'trace':
      return Math.max(index, computeGapCv(Array.from(process.instantsMs)) ** 2);
  }
}

const SIMULATED: Readonly<Record<ArrivalProcess['kind'], string>> = {
  poisson: 'simulated: Poisson arrivals',
  renewal: 'simulated: independent gaps',
  modulated: 'simulated: modulated arrivals',
  trace: 'simulated: replay of the trace',
};

/** Why an equation does not do; undefined where it does. */
function whyNotClosed(
  queue: WaitingQueue,
  index: number | undefined,
  utilisation: number,
): string | undefined {
  const limits = CLOSED_FORM_LIMITS;
  if (index === undefined) return 'the arrivals span less than two minutes, so their dispersion is unknown';
  if (index >= limits.indexOfDispersion60S)
    return `counts per minute vary ${index.toPrecision(3)} times as much as Poisson arrivals (equations hold below ${limits.indexOfDispersion60S})`;
  if (utilisation >= limits.utilisation)
    return `utilisation ${utilisation.toFixed(2)} (equations hold below ${limits.utilisation})`;
  return queue.service.kind === 'given' ? 'service times are those of the trace' : undefined;
}

function closedForm(queue: WaitingQueue, index: number): ClosedFormWait | undefined {
  if (queue.service.kind === 'given') return undefined;
  return computeClosedFormWait({
    ratePerS: ratePerSOf(queue.arrivals),
    servers: queue.servers,
    meanServiceMs: queue.service.meanMs,
    arrivalScv: arrivalScvOf(queue.arrivals, index),
    serviceScv: queue.service.scv,
    meanPatienceMs: queue.meanPatienceMs,
  });
}

function fromClosedForm(wait: ClosedFormWait, utilisation: number, index: number): Steady {
  const { model, waitProbability, meanWaitMs, errorMs, p95WaitMs, abandonProbability } = wait;
  return {
    kind: 'steady',
    method: 'closed-form',
    model,
    utilisation,
    waitProbability,
    meanWaitMs,
    meanWaitLowMs: Math.max(0, meanWaitMs - errorMs),
    meanWaitHighMs: meanWaitMs + errorMs,
    p95WaitMs,
    abandonProbability,
    explanation: `${model}: utilisation ${utilisation.toFixed(2)} and index of dispersion ${index.toPrecision(3)} are within what equations hold for`,
  };
}

function bySimulation(queue: WaitingQueue, options: SimulationOptions, reason: string): Steady {
  const simulated = simulateWaiting(queue, options);
  const { customers, warmUpCustomers, reducedBy, meanWaitMs } = simulated;
  return {
    kind: 'steady',
    method: 'simulation',
    model: SIMULATED[queue.arrivals.kind],
    utilisation: Math.min(1, queueUtilisation(queue)),
    waitProbability: simulated.waitProbability,
    meanWaitMs: meanWaitMs.mean,
    meanWaitLowMs: meanWaitMs.low,
    meanWaitHighMs: meanWaitMs.high,
    p95WaitMs: simulated.p95WaitMs,
    abandonProbability: simulated.abandonProbability,
    simulation: { customers, warmUpCustomers, batches: BATCHES, reducedBy, seed: options.seed },
    explanation: `simulated ${customers} customers: ${reason}`,
  };
}

/**
 * How long customers wait: by equation where counts in 60 s vary less than twice as much as Poisson and utilisation is
 * below 0.7, else by simulation of the very arrivals. Without patience a load that reaches the servers has no answer.
 * Same queue and seed, same figures.
 */
export function estimateWaiting(queue: WaitingQueue, options: SimulationOptions): WaitingEstimate {
  const utilisation = queueUtilisation(queue);
  if (!(utilisation > 0) || !Number.isFinite(utilisation)) {
    throw new RangeError(`a queue needs a positive rate and service time, got utilisation ${utilisation}`);
  }
  if (utilisation >= 1 && queue.meanPatienceMs === undefined) {
    const explanation = `${(utilisation * queue.servers).toPrecision(4)} erlangs are offered to ${queue.servers} servers: the queue grows for as long as the load lasts`;
    return { kind: 'overloaded', utilisation, explanation };
  }
  const index = queue.indexOfDispersion60S ?? indexOfDispersion60S(queue.arrivals);
  const reason = whyNotClosed(queue, index, utilisation);
  const wait = reason === undefined && index !== undefined ? closedForm(queue, index) : undefined;
  return wait !== undefined && index !== undefined
    ? fromClosedForm(wait, utilisation, index)
    : bySimulation(queue, options, reason ?? 'customers leave, and there is no equation for these arrivals');
}
