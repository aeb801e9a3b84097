import type { Interval } from '../../vocabulary/plan-file.ts';
import { personRatio, staffingInput } from '../people/contacts.ts';
import { sizeStaffing } from '../people/staffing.ts';
import type { SizingContext } from '../size/context.ts';
import { type Column, columnOf, intervalOf, productOf } from './columns.ts';
import type { DrawnFigure, Term } from './inputs.ts';

/** What moves the agents of the busy hour. */
export interface PeopleModel {
  /** Inputs that contacts are multiplied by. */
  readonly peak: readonly Term[];
  /** Inputs that the time of each is multiplied by. */
  readonly handleTime: readonly Term[];
  readonly escalation: DrawnFigure;
  readonly directToHuman: DrawnFigure;
}

/**
 * Contacts that reach a person per second of the busy hour, longer ones counted as so many more of the plan's length: it
 * is the work that sets the agents.
 */
function contactColumn(model: PeopleModel, inputs: readonly Column[], rows: number, perS: number): Column {
  const growth = productOf([...model.peak, ...model.handleTime], inputs, rows);
  const escalated = columnOf(model.escalation, inputs, rows);
  const direct = columnOf(model.directToHuman, inputs, rows);
  return growth.map((factor, row) => {
    const shares = { escalation: { value: escalated[row] ?? 0 }, directToHuman: { value: direct[row] ?? 0 } };
    return perS * factor * personRatio(shares);
  });
}

/** Agents on the schedule over the draws. */
export interface AgentColumns {
  readonly contactsPerS: Column;
  /** Agents for so many contacts, each worked out once. */
  readonly agentsFor: (contactsPerS: number) => number;
}

export function evaluatePeople(
  model: PeopleModel,
  inputs: readonly Column[],
  rows: number,
  { demand, assumptions }: SizingContext,
): AgentColumns {
  const known = new Map<number, number>();
  return {
    contactsPerS: contactColumn(model, inputs, rows, demand.busyHourInteractionsPerS),
    agentsFor: (contactsPerS) => {
      const agents =
        known.get(contactsPerS) ?? sizeStaffing(staffingInput(assumptions, contactsPerS)).scheduledAgents;
      known.set(contactsPerS, agents);
      return agents;
    },
  };
}

/**
 * Agents at P10, P50 and P90; undefined where nobody reaches a person. More contacts never need fewer agents, so a
 * percentile of contacts has that percentile of agents, and three staffings stand for all draws.
 */
export function agentsInterval({ contactsPerS, agentsFor }: AgentColumns): Interval | undefined {
  const { p10, p50, p90 } = intervalOf(contactsPerS);
  return p90 === 0 ? undefined : { p10: agentsFor(p10), p50: agentsFor(p50), p90: agentsFor(p90) };
}
