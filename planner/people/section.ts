import type { PeopleSection } from '../../vocabulary/plan-sections/people.ts';
import { HOURS_PER_DAY, MIN_PER_HOUR } from '../../vocabulary/units.ts';
import type { SizingContext } from '../size/context.ts';
import { computeBotDown, contactRatio, personRatio, staffingInput } from './contacts.ts';
import { inputFigures } from './figures.ts';
import { type RateProfile, rateProfile } from './profile.ts';
import { type Staffing, sizeStaffing } from './staffing.ts';

type Interval = PeopleSection['intervals'][number];

/** Each rate once: a week repeats its days, and staffing an hour is the costly part. */
function createStaffer(context: SizingContext): (interactionsPerS: number) => Staffing {
  const { assumptions } = context;
  const known = new Map<number, Staffing>();
  return (interactionsPerS) => {
    const found = known.get(interactionsPerS);
    if (found !== undefined) return found;
    const contactsPerS = interactionsPerS * personRatio(assumptions);
    const staffing = sizeStaffing(staffingInput(assumptions, contactsPerS));
    known.set(interactionsPerS, staffing);
    return staffing;
  };
}

/**
 * Agents interval by interval: contacts that reach people, Erlang A at the service level, the occupancy cap, shrinkage.
 * Each interval is taken as steady (stationary independent periods; Green, Kolesar & Whitt 2007), which holds where
 * contacts are much shorter than intervals. The week is an average one; the busiest interval is the plan's busy hour.
 */
export function planPeople(context: SizingContext, availabilityRatio: number): PeopleSection {
  const { assumptions } = context;
  const profile = rateProfile(context.demand);
  const staffAt = createStaffer(context);
  const intervals: Interval[] = profile.interactionsPerS.map((interactionsPerS, index) => ({
    startMinute: index * profile.intervalMinutes,
    ...staffAt(interactionsPerS),
  }));
  const busiest = {
    startMinute: profile.busiestStartMinute,
    ...staffAt(profile.busiestInteractionsPerS),
  };
  const everybody = profile.busiestInteractionsPerS * contactRatio(assumptions);
  const paidAgentHours = paidHours(intervals, profile);
  return {
    intervalMinutes: profile.intervalMinutes,
    profile: profile.source,
    figures: inputFigures(assumptions),
    intervals,
    busiest,
    paidAgentHours,
    paidAgentHoursPerDay: (paidAgentHours * HOURS_PER_DAY) / periodHours(profile),
    botDown: computeBotDown(staffingInput(assumptions, everybody), busiest.agents, availabilityRatio),
  };
}

const periodHours = ({ interactionsPerS, intervalMinutes }: RateProfile): number =>
  (interactionsPerS.length * intervalMinutes) / MIN_PER_HOUR;

const paidHours = (intervals: readonly Interval[], { intervalMinutes }: RateProfile): number =>
  intervals.reduce((sum, { scheduledAgents }) => sum + scheduledAgents, 0) * (intervalMinutes / MIN_PER_HOUR);
