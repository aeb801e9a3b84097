import { HOURS_PER_MONTH, S_PER_HOUR } from '../../vocabulary/units.ts';
import type { Assumptions } from '../demand/assumptions.ts';
import { computeErlangA, computeErlangAServiceLevel } from '../queueing/erlang-a.ts';
import { queueBefore, type StaffingInput, sizeStaffing } from './staffing.ts';

type Shares = Readonly<Record<'escalation' | 'directToHuman', { readonly value: number }>>;

/** All contacts per interaction with the machine: those that go to a person at once come on top of it. */
export const contactRatio = ({ directToHuman }: Shares): number => 1 / (1 - directToHuman.value);

/** Contacts that reach a person per interaction with the machine: escalated by it, and those that never saw it. */
export const personRatio = (shares: Shares): number => shares.escalation.value + contactRatio(shares) - 1;

/** Staffing targets of a plan at a rate of contacts. */
export const staffingInput = (assumptions: Assumptions, contactsPerS: number): StaffingInput => ({
  contactsPerS,
  averageHandleTimeS: assumptions.averageHandleTimeS.value,
  answeredRatio: assumptions.answeredRatio.value,
  targetWaitS: assumptions.targetWaitS.value,
  meanPatienceS: assumptions.patienceS.value,
  maxOccupancy: assumptions.maxOccupancy.value,
  shrinkage: assumptions.shrinkage.value,
});

/** What happens to callers when the machine answers nobody, and who would be needed. */
export interface BotDown {
  readonly contactsPerS: number;
  readonly offeredErlangs: number;
  readonly answeredInTimeRatio: number;
  readonly abandonProbability: number;
  readonly meanWaitS: number;
  readonly abandonedPerHour: number;
  readonly agents: number;
  readonly scheduledAgents: number;
  readonly hoursPerMonth: number;
}

interface Answered {
  readonly answeredInTimeRatio: number;
  readonly abandonProbability: number;
  readonly meanWaitS: number;
}

/** With nobody there, everybody waits for as long as their patience lasts. */
const unanswered = ({ meanPatienceS }: StaffingInput): Answered => ({
  answeredInTimeRatio: 0,
  abandonProbability: 1,
  meanWaitS: meanPatienceS,
});

function answeredBy(input: StaffingInput, agents: number): Answered {
  if (agents === 0) return unanswered(input);
  const queue = queueBefore(input, agents);
  const { abandonProbability, meanWaitS } = computeErlangA(queue);
  return {
    answeredInTimeRatio: computeErlangAServiceLevel(queue, input.targetWaitS),
    abandonProbability,
    meanWaitS,
  };
}

/**
 * Every contact of `input` before `agents` who were planned for escalations only, by Erlang A: overload has a steady
 * state because callers hang up. `availabilityRatio` is the mode's.
 */
export function computeBotDown(input: StaffingInput, agents: number, availabilityRatio: number): BotDown {
  const needed = sizeStaffing(input);
  const answered = answeredBy(input, agents);
  return {
    contactsPerS: input.contactsPerS,
    offeredErlangs: needed.offeredErlangs,
    ...answered,
    abandonedPerHour: input.contactsPerS * S_PER_HOUR * answered.abandonProbability,
    agents: needed.agents,
    scheduledAgents: needed.scheduledAgents,
    hoursPerMonth: (1 - availabilityRatio) * HOURS_PER_MONTH,
  };
}
