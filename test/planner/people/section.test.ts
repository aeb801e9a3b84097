import { describe, expect, test } from 'vitest';
import type { PlanOverrides } from '../../../planner/demand/assumptions.ts';
import { computeBotDown } from '../../../planner/people/contacts.ts';
import { planPeople } from '../../../planner/people/section.ts';
import { type StaffingInput, sizeStaffing } from '../../../planner/people/staffing.ts';
import { peopleSectionSchema } from '../../../vocabulary/plan-sections/people.ts';
import { createRandom, type Random, sampleExponential } from '../../../vocabulary/random.ts';
import { MODES, sizeMode } from '../fixtures/sized.ts';

const GUIDE_OVERRIDES: PlanOverrides = {
  escalationRatio: 0.25,
  averageHandleTimeS: 360,
  busyHourShareRatio: 0.15,
};

const sectionOf = (overrides: PlanOverrides = GUIDE_OVERRIDES, interactionsPerDay = 25_000) => {
  const { context } = sizeMode({ mode: MODES.kubernetes, interactionsPerDay, overrides });
  return planPeople(context, 0.999);
};

describe('people over a week', () => {
  const section = sectionOf();

  test('is valid by its schema: 168 hours from Monday midnight', () => {
    expect(peopleSectionSchema.safeParse(section).success).toBe(true);
    expect(section.intervals.map(({ startMinute }) => startMinute)).toEqual(
      Array.from({ length: 168 }, (_, hour) => hour * 60),
    );
    expect(section.profile.length).toBeGreaterThan(0);
  });

  test('contacts over the week are the escalated share of its volume', () => {
    const contacts = section.intervals.reduce((sum, { contactsPerS }) => sum + contactsPerS * 3600, 0);
    expect(contacts).toBeCloseTo(25_000 * 7 * 0.25, 3);
  });

  test('the busiest hour is the busy hour: 159 scheduled agents (corrected guide)', () => {
    expect(section.busiest).toMatchObject({ agents: 111, scheduledAgents: 159, binding: 'occupancy' });
    const most = Math.max(...section.intervals.map(({ scheduledAgents }) => scheduledAgents));
    expect(most).toBe(159);
    const busiest = section.intervals.find(({ startMinute }) => startMinute === section.busiest.startMinute);
    expect(busiest?.scheduledAgents).toBe(159);
  });

  test('every hour keeps the service level and the occupancy cap, with nobody where nobody calls', () => {
    for (const interval of section.intervals) {
      if (interval.offeredErlangs === 0) {
        expect(interval).toMatchObject({ agents: 0, binding: 'none' });
        continue;
      }
      expect(interval.serviceLevelRatio).toBeGreaterThanOrEqual(0.8);
      expect(interval.offeredErlangs / interval.agents).toBeLessThanOrEqual(0.85 + 1e-12);
      expect(interval.scheduledAgents).toBe(Math.ceil(interval.agents / 0.7));
    }
  });

  test('paid hours: scheduled agents hour by hour, a seventh of them on an average day', () => {
    const hours = section.intervals.reduce((sum, { scheduledAgents }) => sum + scheduledAgents, 0);
    expect(section.paidAgentHours).toBe(hours);
    expect(section.paidAgentHoursPerDay).toBeCloseTo(hours / 7, 9);
    // Far fewer than the busy hour's around the clock, far more than the talk time.
    expect(hours).toBeLessThan(0.7 * 159 * 168);
    expect(hours).toBeGreaterThan((25_000 * 7 * 0.25 * 360) / 3600 / 0.85 / 0.7);
  });

  test('contacts that never see the machine come on top', () => {
    const direct = sectionOf({ ...GUIDE_OVERRIDES, directToHumanRatio: 0.1 });
    // 25 of 100 escalated, and 100 ÷ 0.9 − 100 that went past it.
    const ratio = direct.busiest.contactsPerS / section.busiest.contactsPerS;
    expect(ratio).toBeCloseTo((0.25 + 1 / 9) / 0.25, 9);
    expect(direct.botDown.contactsPerS).toBeCloseTo(section.botDown.contactsPerS / 0.9, 9);
  });
});

describe('when the machine answers nobody', () => {
  test('every contact of the busy hour goes to people: four times the erlangs of a quarter escalated', () => {
    const { botDown, busiest } = sectionOf();
    expect(botDown.offeredErlangs).toBeCloseTo(4 * busiest.offeredErlangs, 9);
    expect(botDown.scheduledAgents).toBeGreaterThan(3.5 * busiest.scheduledAgents);
    // 111 agents serve at most 111 of 375 erlangs: the rest hangs up.
    expect(botDown.abandonProbability).toBeGreaterThan(1 - 111 / 375 - 1e-9);
    expect(botDown.abandonProbability).toBeLessThan(1 - 111 / 375 + 0.01);
    expect(botDown.abandonedPerHour).toBeCloseTo(25_000 * 0.15 * botDown.abandonProbability, 6);
    expect(botDown.hoursPerMonth).toBeCloseTo(0.73, 9);
  });

  test('nobody escalated, nobody there: all hang up after their patience', () => {
    const { botDown, busiest } = sectionOf({ ...GUIDE_OVERRIDES, escalationRatio: 0 });
    expect(busiest.agents).toBe(0);
    expect(botDown).toMatchObject({ answeredInTimeRatio: 0, abandonProbability: 1 });
    expect(botDown.meanWaitS).toBeGreaterThan(60);
    expect(botDown.agents).toBeGreaterThan(300);
  });

  const INPUT: StaffingInput = {
    contactsPerS: 0.2,
    averageHandleTimeS: 300,
    answeredRatio: 0.8,
    targetWaitS: 20,
    meanPatienceS: 120,
    maxOccupancy: 0.85,
    shrinkage: 0.3,
  };

  test('as callers who wait, hang up and are served in an independent simulation, ten seeds', () => {
    // 60 erlangs before 25 agents.
    const down = computeBotDown(INPUT, 25, 1);
    const runs = Array.from({ length: 10 }, (_, seed) => simulate(INPUT, 25, createRandom(seed + 1)));
    const mean = (pick: (run: Simulated) => number): number =>
      runs.reduce((sum, run) => sum + pick(run), 0) / runs.length;
    expect(Math.abs(mean((run) => run.abandoned) - down.abandonProbability)).toBeLessThan(0.01);
    expect(Math.abs(mean((run) => run.inTime) - down.answeredInTimeRatio)).toBeLessThan(0.01);
    expect(Math.abs(mean((run) => run.meanWaitS) / down.meanWaitS - 1)).toBeLessThan(0.02);
  });

  test('the staffed hour too: a lower target than the load, and agents as sized', () => {
    const input = { ...INPUT, maxOccupancy: 1 };
    const { agents, serviceLevelRatio, abandonProbability } = sizeStaffing(input);
    const runs = Array.from({ length: 10 }, (_, seed) => simulate(input, agents, createRandom(seed + 21)));
    const mean = (pick: (run: Simulated) => number): number =>
      runs.reduce((sum, run) => sum + pick(run), 0) / runs.length;
    expect(Math.abs(mean((run) => run.inTime) - serviceLevelRatio)).toBeLessThan(0.02);
    expect(Math.abs(mean((run) => run.abandoned) - abandonProbability)).toBeLessThan(0.01);
  });
});

interface Simulated {
  readonly abandoned: number;
  readonly inTime: number;
  readonly meanWaitS: number;
}

/** Callers in order of arrival before agents who each know when they will be free: nothing but arithmetic. */
function simulate(input: StaffingInput, agents: number, random: Random): Simulated {
  const freeAtS = Array.from({ length: agents }, () => 0);
  const [warmUp, callers] = [5_000, 60_000];
  let [atS, abandoned, inTime, waitedS] = [0, 0, 0, 0];
  for (let caller = 0; caller < warmUp + callers; caller++) {
    atS += sampleExponential(random, 1 / input.contactsPerS);
    const first = freeAtS.indexOf(Math.min(...freeAtS));
    const offeredWaitS = Math.max(0, (freeAtS[first] ?? 0) - atS);
    const patienceS = sampleExponential(random, input.meanPatienceS);
    const leaves = patienceS < offeredWaitS;
    if (!leaves) freeAtS[first] = atS + offeredWaitS + sampleExponential(random, input.averageHandleTimeS);
    if (caller < warmUp) continue;
    if (leaves) abandoned++;
    else if (offeredWaitS <= input.targetWaitS) inTime++;
    waitedS += Math.min(patienceS, offeredWaitS);
  }
  return { abandoned: abandoned / callers, inTime: inTime / callers, meanWaitS: waitedS / callers };
}
