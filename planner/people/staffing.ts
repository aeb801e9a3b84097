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

/** Fewest agents whose Erlang C service level reaches the target; the level rises with agents, so it ends. */
function agentsForServiceLevel(input: StaffingInput, offeredErlangs: number): number {
  let servers = Math.floor(offeredErlangs) + 1;
  const queue = { offeredErlangs, meanServiceTime: input.averageHandleTimeS };
  while (computeServiceLevel({ ...queue, servers }, input.targetWaitS) < input.answeredRatio) servers++;
  return servers;
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
    serviceLevelRatio: computeServiceLevel(
      { offeredErlangs, servers: agents, meanServiceTime: input.averageHandleTimeS },
      input.targetWaitS,
    ),
    abandonProbability,
  };
}
