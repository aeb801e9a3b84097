/**
 * Erlang A, the M/M/c+M queue with exponential patience (Palm 1957; Garnett, Mandelbaum & Reiman, "Designing a
 * Call Center with Impatient Customers", 2002). Stationary birth–death chain, summed from the state c outwards.
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

/** Terms below this share of the largest are left out of the sum. */
const NEGLIGIBLE = 1e-18;

interface Weights {
  /** Sum of state weights below c, relative to state c. */
  readonly below: number;
  /** Sum of states 0 … c − 1 weighted by busy servers. */
  readonly belowBusy: number;
}

function weightsBelow(offeredErlangs: number, servers: number): Weights {
  let weight = 1;
  let below = 0;
  let belowBusy = 0;
  for (let n = servers; n > 0 && weight > NEGLIGIBLE * (1 + below); n--) {
    weight *= n / offeredErlangs;
    below += weight;
    belowBusy += weight * (n - 1);
  }
  return { below, belowBusy };
}

interface Tail {
  readonly atOrAbove: number;
  readonly queueLength: number;
}

function weightsAbove(queue: ImpatientQueue): Tail {
  const { arrivalRatePerS, meanServiceS, meanPatienceS, servers } = queue;
  let weight = 1;
  let atOrAbove = 1;
  let queueLength = 0;
  for (let waiting = 1; ; waiting++) {
    weight *= arrivalRatePerS / (servers / meanServiceS + waiting / meanPatienceS);
    atOrAbove += weight;
    queueLength += waiting * weight;
    if (weight * waiting < NEGLIGIBLE * (1 + queueLength)) return { atOrAbove, queueLength };
  }
}

/** Stationary figures of M/M/c+M; a steady state exists for every load because customers leave. */
export function computeErlangA(queue: ImpatientQueue): ImpatientQueueState {
  const { arrivalRatePerS, meanServiceS, meanPatienceS, servers } = queue;
  if (!(arrivalRatePerS > 0 && meanServiceS > 0 && meanPatienceS > 0) || servers < 1) {
    throw new RangeError('Erlang A needs a positive rate, service time, patience and at least one server');
  }
  const { below, belowBusy } = weightsBelow(arrivalRatePerS * meanServiceS, servers);
  const { atOrAbove, queueLength } = weightsAbove(queue);
  const total = below + atOrAbove;
  const meanQueueLength = queueLength / total;
  return {
    waitProbability: atOrAbove / total,
    abandonProbability: meanQueueLength / meanPatienceS / arrivalRatePerS,
    meanWaitS: meanQueueLength / arrivalRatePerS,
    occupancy: (belowBusy + servers * atOrAbove) / total / servers,
  };
}
