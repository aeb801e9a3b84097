import { estimateHalfinWhittWait } from '../queueing/approximations.ts';
import { computeServiceLevel } from '../queueing/erlang.ts';
import { computeErlangA } from '../queueing/erlang-a.ts';

/** Contacts that reach people in the busy hour, and how they must be served. */
export interface StaffingInput {
  readonly contactsPerS: number;
  readonly averageHandleTimeS: number;
  /** Share answered within `targetWaitS`. */
  readonly answeredRatio: number;
  readonly targetWaitS: number;
  readonly meanPatienceS: number;
  /** Largest busy share of staffed time. */
  readonly maxOccupancy: number;
  /** Share of paid time in which an agent is not available. */
  readonly shrinkage: number;
}

export interface Staffing {
  readonly offeredErlangs: number;
  /** Agents at their desks. */
  readonly agents: number;
  /** Agents on the schedule, shrinkage included. */
  readonly scheduledAgents: number;
  readonly binding: 'service-level' | 'occupancy';
  /** Erlang C share answered in time with those agents. */
  readonly serviceLevelRatio: number;
  /** Erlang A share that hangs up with those agents. */
  readonly abandonProbability: number;
}

/** Above this the exact recursion takes long, and its limit for many servers is within 0.1 % of it. */
const MANY_ERLANGS = 10_000;

/** Share answered in time: Erlang C, or its limit for many servers (Halfin & Whitt 1981) where the load is large. */
function serviceLevel(input: StaffingInput, offeredErlangs: number, servers: number): number {
  const { averageHandleTimeS, targetWaitS } = input;
  const queue = { offeredErlangs, servers, meanServiceTime: averageHandleTimeS };
  if (offeredErlangs < MANY_ERLANGS) return computeServiceLevel(queue, targetWaitS);
  const spare = servers - offeredErlangs;
  if (spare <= 0) return 0;
  const waitProbability = estimateHalfinWhittWait(spare / Math.sqrt(offeredErlangs));
  return 1 - waitProbability * Math.exp((-spare * targetWaitS) / averageHandleTimeS);
}

/** Fewest agents whose service level reaches the target: the level rises with agents, so doubling and halving finds it. */
function agentsForServiceLevel(input: StaffingInput, offeredErlangs: number): number {
  const reaches = (servers: number): boolean =>
    serviceLevel(input, offeredErlangs, servers) >= input.answeredRatio;
  let low = Math.floor(offeredErlangs);
  let step = 1;
  while (!reaches(low + step)) {
    low += step;
    step *= 2;
  }
  let high = low + step;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (reaches(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/**
 * Agents by Erlang C service level and by the occupancy cap, whichever asks for more; scheduled = agents ÷
 * (1 − shrinkage). No contacts need no agents.
 */
export function sizeStaffing(input: StaffingInput): Staffing {
  const offeredErlangs = input.contactsPerS * input.averageHandleTimeS;
  if (offeredErlangs === 0) {
    return {
      offeredErlangs,
      agents: 0,
      scheduledAgents: 0,
      binding: 'service-level',
      serviceLevelRatio: 1,
      abandonProbability: 0,
    };
  }
  const forServiceLevel = agentsForServiceLevel(input, offeredErlangs);
  const forOccupancy = Math.ceil(offeredErlangs / input.maxOccupancy);
  const agents = Math.max(forServiceLevel, forOccupancy);
  const { abandonProbability } = computeErlangA({
    arrivalRatePerS: input.contactsPerS,
    meanServiceS: input.averageHandleTimeS,
    meanPatienceS: input.meanPatienceS,
    servers: agents,
  });
  return {
    offeredErlangs,
    agents,
    scheduledAgents: Math.ceil(agents / (1 - input.shrinkage)),
    binding: forOccupancy > forServiceLevel ? 'occupancy' : 'service-level',
    serviceLevelRatio: serviceLevel(input, offeredErlangs, agents),
    abandonProbability,
  };
}
