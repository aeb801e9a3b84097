import { z } from 'zod';
import { sourcedSchema } from './figures.ts';

const share = z.number().min(0).max(1);

/** Contacts that reach people in one interval, and who answers them. */
export const staffedSchema = z.strictObject({
  contactsPerS: z.number().nonnegative(),
  offeredErlangs: z.number().nonnegative(),
  /** Agents at their desks. */
  agents: z.int().nonnegative(),
  /** Agents on the schedule, shrinkage included. */
  scheduledAgents: z.int().nonnegative(),
  /** What asks for that many; `none` where nobody calls. */
  binding: z.enum(['service-level', 'occupancy', 'none']),
  /** Share answered within the target, by Erlang A: callers who hang up are not answered. */
  serviceLevelRatio: share,
  abandonProbability: share,
  meanWaitS: z.number().nonnegative(),
  /** Busy share of the agents at their desks. */
  occupancyRatio: share,
});

/** The plan's agents when the machine answers nobody and every contact goes to a person. */
const botDownSchema = z.strictObject({
  contactsPerS: z.number().nonnegative(),
  offeredErlangs: z.number().nonnegative(),
  /** With the agents of the busiest interval, who were planned for escalations only. */
  answeredInTimeRatio: share,
  abandonProbability: share,
  meanWaitS: z.number().nonnegative(),
  /** Contacts that hang up per hour of outage in the busiest interval. */
  abandonedPerHour: z.number().nonnegative(),
  /** Agents that would keep the service level. */
  agents: z.int().nonnegative(),
  scheduledAgents: z.int().nonnegative(),
  /** Expected hours a month in which the mode cannot answer: (1 − availability) × 730 h. */
  hoursPerMonth: z.number().nonnegative(),
});

/** People behind the machine, interval by interval. Optional section of a planned mode. */
export const peopleSectionSchema = z.strictObject({
  intervalMinutes: z.int().positive(),
  /** Where the share of each interval comes from. */
  profile: z.string(),
  /** Escalation, handle time, patience, targets, shrinkage, each with what it rests on. */
  figures: z.array(sourcedSchema),
  /** In order from Monday midnight: an average week. */
  intervals: z.array(staffedSchema.extend({ startMinute: z.int().nonnegative() })).min(1),
  /** The busy hour of the plan: the busiest interval, on the busiest day of the year where one is stated. */
  busiest: staffedSchema.extend({ startMinute: z.int().nonnegative() }),
  /** Paid agent hours over the period of the intervals, shrinkage included, and on an average day. */
  paidAgentHours: z.number().nonnegative(),
  paidAgentHoursPerDay: z.number().nonnegative(),
  botDown: botDownSchema,
});

export type Staffed = z.infer<typeof staffedSchema>;
export type PeopleSection = z.infer<typeof peopleSectionSchema>;
