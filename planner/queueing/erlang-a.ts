import { computeLogAbove, computeLogPoisson, computeLogUpToOverMass } from './poisson-tail.ts';

/**
 * Erlang A, the M/M/c+M queue with exponential patience (Palm 1957; Garnett, Mandelbaum & Reiman, "Designing a
 * Call Center with Impatient Customers", 2002). Weights of the birth–death chain relative to the state of c customers,
 * where every server is busy and nobody waits: Erlang B below it, an incomplete gamma function above it.
 */
export interface ImpatientQueue {
  readonly arrivalRatePerS: number;
  readonly meanServiceS: number;
  readonly meanPatienceS: number;
  readonly servers: number;
}

export interface ImpatientQueueState {
  /** Share of arrivals that find no free server. */
  readonly waitProbability: number;
  /** Share of arrivals that leave before service. */
  readonly abandonProbability: number;
  /** Mean wait of all arrivals, abandoned ones included. */
  readonly meanWaitS: number;
  /** Busy share of the servers. */
  readonly occupancy: number;
}

/** Terms below this share of their sum are left out. */
const NEGLIGIBLE = 1e-18;

function assertImpatient({ arrivalRatePerS, meanServiceS, meanPatienceS, servers }: ImpatientQueue): void {
  const positive = [arrivalRatePerS, meanServiceS, meanPatienceS];
  if (
    positive.every((value) => value > 0 && Number.isFinite(value)) &&
    Number.isInteger(servers) &&
    servers > 0
  )
    return;
  throw new RangeError('Erlang A needs a positive rate, service time, patience and at least one server');
}

/** Customers who leave per service, and who arrive, in the time of one patience. */
const perPatience = (queue: ImpatientQueue): { readonly served: number; readonly arriving: number } => ({
  served: (queue.servers * queue.meanPatienceS) / queue.meanServiceS,
  arriving: queue.arrivalRatePerS * queue.meanPatienceS,
});

interface Tail {
  /** ln of the weight of the states with c customers or more. */
  readonly logWeight: number;
  /** Share of those who wait that leave unserved. */
  readonly abandonOfWaiting: number;
}

/** Load up to the servers: the sum itself, whose terms fall; its ratio of queue to weight loses no digits. */
function stableTail(queue: ImpatientQueue): Tail {
  const { served, arriving } = perPatience(queue);
  let term = 1;
  let weight = 1;
  let queueLength = 0;
  for (let waiting = 1; term * waiting > NEGLIGIBLE * (1 + queueLength); waiting++) {
    term *= arriving / (served + waiting);
    weight += term;
    queueLength += waiting * term;
  }
  return { logWeight: Math.log(weight), abandonOfWaiting: queueLength / weight / arriving };
}

/** Overload: by the incomplete gamma function, as the sum would have as many terms as customers wait. */
function overloadedTail(queue: ImpatientQueue): Tail {
  const { served, arriving } = perPatience(queue);
  const logAboveOverMass = computeLogAbove(served, arriving) - computeLogPoisson(served, arriving);
  const logWeight = logAboveOverMass + Math.log1p(Math.exp(-logAboveOverMass));
  return {
    logWeight,
    // Garnett et al., section 4: 1/(ρA) + 1 − 1/ρ.
    abandonOfWaiting: (Math.exp(-logWeight) * served + (arriving - served)) / arriving,
  };
}

const tailOf = (queue: ImpatientQueue): Tail => {
  const { served, arriving } = perPatience(queue);
  return arriving <= served ? stableTail(queue) : overloadedTail(queue);
};

function waitProbabilityOf(queue: ImpatientQueue, tail: Tail): number {
  const logUpTo = computeLogUpToOverMass(queue.servers, queue.arrivalRatePerS * queue.meanServiceS);
  // The states below c: those up to c less c itself, whose weight is 1.
  const logBelow = logUpTo + Math.log(-Math.expm1(-logUpTo));
  return 1 / (1 + Math.exp(logBelow - tail.logWeight));
}

/** Stationary figures of M/M/c+M; a steady state exists for every load because customers leave. */
export function computeErlangA(queue: ImpatientQueue): ImpatientQueueState {
  assertImpatient(queue);
  const { arrivalRatePerS, meanServiceS, meanPatienceS, servers } = queue;
  const tail = tailOf(queue);
  const waitProbability = waitProbabilityOf(queue, tail);
  const abandonProbability = waitProbability * tail.abandonOfWaiting;
  return {
    waitProbability,
    abandonProbability,
    // Customers leave at the rate of those waiting ÷ patience, so Little's law gives the wait.
    meanWaitS: abandonProbability * meanPatienceS,
    occupancy: Math.min(1, (arrivalRatePerS * meanServiceS * (1 - abandonProbability)) / servers),
  };
}

/**
 * Share of arrivals answered within `limitS` in M/M/c+M: callers who leave are not answered. The virtual wait has the
 * density of an incomplete gamma integral (Mandelbaum & Zeltyn, "The M/M/n+G Queue: Summary of Performance Measures",
 * 2009, section 4), of which a caller with patience left is answered.
 */
export function computeErlangAServiceLevel(queue: ImpatientQueue, limitS: number): number {
  assertImpatient(queue);
  if (!(limitS >= 0)) throw new RangeError(`the limit must be ≥ 0 s, got ${limitS}`);
  const { served, arriving } = perPatience(queue);
  const tail = tailOf(queue);
  const waitProbability = waitProbabilityOf(queue, tail);
  const answeredAfterWaiting = waitProbability * (1 - tail.abandonOfWaiting);
  const left = arriving * Math.exp(-limitS / queue.meanPatienceS);
  const laterShare = Math.exp(computeLogAbove(served, left) - computeLogAbove(served, arriving));
  return 1 - waitProbability * tail.abandonOfWaiting - answeredAfterWaiting * laterShare;
}

/**
 * Share of arrivals that wait longer than `limitS` in M/M/c+M, those included who then leave: patience and the virtual
 * wait both have to exceed it.
 */
export function computeErlangAWaitBeyond(queue: ImpatientQueue, limitS: number): number {
  assertImpatient(queue);
  if (!(limitS >= 0)) throw new RangeError(`the limit must be ≥ 0 s, got ${limitS}`);
  const { served, arriving } = perPatience(queue);
  const atOrAbove = (mean: number): number =>
    Math.exp(computeLogAbove(served, mean)) +
    Math.exp(mean === 0 ? Number.NEGATIVE_INFINITY : computeLogPoisson(served, mean));
  const patient = Math.exp(-limitS / queue.meanPatienceS);
  const later = atOrAbove(arriving * patient) / atOrAbove(arriving);
  return waitProbabilityOf(queue, tailOf(queue)) * patient * later;
}
