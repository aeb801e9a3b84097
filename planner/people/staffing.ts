import { fewestThat } from '../fewest-that.ts';
import { computeErlangA, computeErlangAServiceLevel, type ImpatientQueue } from '../queueing/erlang-a.ts';

/** Contacts that reach people in an interval, and how they must be served. */
export interface StaffingInput {
  readonly contactsPerS: number;
  readonly averageHandleTimeS: number;
  /** Share answered within `targetWaitS`, below 1. */
  readonly answeredRatio: number;
  readonly targetWaitS: number;
  readonly meanPatienceS: number;
  /** Largest busy share of staffed time. */
  readonly maxOccupancy: number;
  /** Share of paid time in which an agent is not available. */
  readonly shrinkage: number;
}

export interface Staffing {
  readonly contactsPerS: number;
  readonly offeredErlangs: number;
  /** Agents at their desks. */
  readonly agents: number;
  /** Agents on the schedule, shrinkage included. */
  readonly scheduledAgents: number;
  readonly binding: 'service-level' | 'occupancy' | 'none';
  /** Share answered in time with those agents, by Erlang A. */
  readonly serviceLevelRatio: number;
  /** Share that hangs up with those agents. */
  readonly abandonProbability: number;
  /** Mean wait of all contacts, those that hang up included. */
  readonly meanWaitS: number;
  /** Busy share of the agents. */
  readonly occupancyRatio: number;
}

/** Below this many callers at once nobody ever waits: a rate that underflows is nobody. */
const NEGLIGIBLE_ERLANGS = 1e-12;

/** The queue of an interval's contacts before `agents`. */
export const queueBefore = (input: StaffingInput, agents: number): ImpatientQueue => ({
  arrivalRatePerS: input.contactsPerS,
  meanServiceS: input.averageHandleTimeS,
  meanPatienceS: input.meanPatienceS,
  servers: agents,
});

const nobody = (contactsPerS: number, offeredErlangs: number): Staffing => ({
  contactsPerS,
  offeredErlangs,
  agents: 0,
  scheduledAgents: 0,
  binding: 'none',
  serviceLevelRatio: 1,
  abandonProbability: 0,
  meanWaitS: 0,
  occupancyRatio: 0,
});

/**
 * Agents by the service level of Erlang A, in which who hangs up is not answered, and by the occupancy cap, whichever
 * asks for more; scheduled = agents ÷ (1 − shrinkage). No contacts need no agents.
 */
export function sizeStaffing(input: StaffingInput): Staffing {
  const { contactsPerS, shrinkage } = input;
  const offeredErlangs = contactsPerS * input.averageHandleTimeS;
  if (offeredErlangs < NEGLIGIBLE_ERLANGS) return nobody(contactsPerS, offeredErlangs);
  const reaches = (agents: number): boolean =>
    computeErlangAServiceLevel(queueBefore(input, agents), input.targetWaitS) >= input.answeredRatio;
  const forOccupancy = Math.ceil(offeredErlangs / input.maxOccupancy);
  const agents = fewestThat(reaches, forOccupancy);
  const queue = queueBefore(input, agents);
  const state = computeErlangA(queue);
  return {
    contactsPerS,
    offeredErlangs,
    agents,
    scheduledAgents: Math.ceil(agents / (1 - shrinkage)),
    binding: agents === forOccupancy ? 'occupancy' : 'service-level',
    serviceLevelRatio: computeErlangAServiceLevel(queue, input.targetWaitS),
    abandonProbability: state.abandonProbability,
    meanWaitS: state.meanWaitS,
    occupancyRatio: state.occupancy,
  };
}
