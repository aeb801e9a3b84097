import type { Sourced } from '../../vocabulary/plan-file.ts';
import type { Assumptions } from '../demand/assumptions.ts';
import type { Demand } from '../demand/demand.ts';
import { sourced } from '../sourced.ts';
import { sizeStaffing } from './staffing.ts';

/** People behind the machine in the busy hour, as figures of the plan's demand. The same for every mode. */
export function staffingFigures(demand: Demand, assumptions: Assumptions): Sourced[] {
  const { escalation, averageHandleTimeS, answeredRatio, targetWaitS } = assumptions;
  const { patienceS, maxOccupancy, shrinkage } = assumptions;
  const staffing = sizeStaffing({
    contactsPerS: demand.busyHourInteractionsPerS * escalation.value,
    averageHandleTimeS: averageHandleTimeS.value,
    answeredRatio: answeredRatio.value,
    targetWaitS: targetWaitS.value,
    meanPatienceS: patienceS.value,
    maxOccupancy: maxOccupancy.value,
    shrinkage: shrinkage.value,
  });
  const derived = (name: string, value: number, unit: string, source: string): Sourced =>
    sourced(name, value, unit, { basis: 'derived', source });
  return [
    escalation.figure,
    assumptions.humanContactUsd.figure,
    assumptions.repeat.figure,
    averageHandleTimeS,
    answeredRatio,
    targetWaitS,
    patienceS,
    maxOccupancy,
    shrinkage,
    derived('escalationErlangs', staffing.offeredErlangs, 'erlangs', 'escalations/s × average handle time'),
    derived(
      'agents',
      staffing.agents,
      'agents',
      `Erlang C service level and occupancy cap; ${staffing.binding} binds`,
    ),
    derived('scheduledAgents', staffing.scheduledAgents, 'agents', 'agents ÷ (1 − shrinkage)'),
    derived('abandonProbability', staffing.abandonProbability, 'ratio', 'Erlang A with exponential patience'),
  ];
}
