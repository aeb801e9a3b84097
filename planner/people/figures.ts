import type { Sourced } from '../../vocabulary/plan-file.ts';
import type { Assumptions } from '../demand/assumptions.ts';
import type { Demand } from '../demand/demand.ts';
import { sourced } from '../sourced.ts';
import { personRatio, staffingInput } from './contacts.ts';
import { sizeStaffing } from './staffing.ts';

/** What staffing rests on: who reaches a person, how long they talk and wait, and what the service promises. */
export const inputFigures = (assumptions: Assumptions): Sourced[] => [
  assumptions.escalation.figure,
  assumptions.directToHuman.figure,
  assumptions.averageHandleTimeS,
  assumptions.answeredRatio,
  assumptions.targetWaitS,
  assumptions.patienceS,
  assumptions.maxOccupancy,
  assumptions.shrinkage,
];

/** People behind the machine in the busy hour, as figures of the plan's demand. The same for every mode. */
export function staffingFigures(demand: Demand, assumptions: Assumptions): Sourced[] {
  const contactsPerS = demand.busyHourInteractionsPerS * personRatio(assumptions);
  const staffing = sizeStaffing(staffingInput(assumptions, contactsPerS));
  const derived = (name: string, value: number, unit: string, source: string): Sourced =>
    sourced(name, value, unit, { basis: 'derived', source });
  return [
    ...inputFigures(assumptions),
    assumptions.humanContactUsd.figure,
    assumptions.repeat.figure,
    derived('escalationErlangs', staffing.offeredErlangs, 'erlangs', 'escalations/s × average handle time'),
    derived(
      'agents',
      staffing.agents,
      'agents',
      `Erlang A service level and occupancy cap; ${staffing.binding} binds`,
    ),
    derived('scheduledAgents', staffing.scheduledAgents, 'agents', 'agents ÷ (1 − shrinkage)'),
    derived('abandonProbability', staffing.abandonProbability, 'ratio', 'Erlang A with exponential patience'),
  ];
}
