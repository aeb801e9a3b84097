import type { Interval } from '../../vocabulary/plan-file.ts';
import { contactRatio, staffingInput } from '../people/contacts.ts';
import { sizeStaffing } from '../people/staffing.ts';
import type { SizingContext } from '../size/context.ts';
import { type Column, intervalOf, productOf } from './columns.ts';
import type { ModeModel } from './mode-model.ts';

/**
 * Agents on the schedule in the busy hour over the draws; undefined where nobody reaches a person. More contacts never need
 * fewer agents, so a percentile of contacts has that percentile of agents, and three staffings stand for all draws.
 */
export function scheduledAgentsInterval(
  { cost, peakTerms }: ModeModel,
  inputs: readonly Column[],
  { demand, assumptions }: SizingContext,
): Interval | undefined {
  const rows = inputs[0]?.length ?? 1;
  const { index, central } = cost.escalation;
  const escalated = index === undefined ? undefined : inputs[index];
  // Contacts that never see the machine come on top of its own.
  const atOnce = contactRatio(assumptions) - 1;
  const contactsPerS = productOf(peakTerms, inputs, rows).map(
    (growth, row) => demand.busyHourInteractionsPerS * growth * ((escalated?.[row] ?? central) + atOnce),
  );
  const { p10, p50, p90 } = intervalOf(contactsPerS);
  if (p90 === 0) return undefined;
  const agentsFor = (rate: number): number => sizeStaffing(staffingInput(assumptions, rate)).scheduledAgents;
  return { p10: agentsFor(p10), p50: agentsFor(p50), p90: agentsFor(p90) };
}
