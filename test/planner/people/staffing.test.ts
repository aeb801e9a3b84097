import { describe, expect, test } from 'vitest';
import { type StaffingInput, sizeStaffing } from '../../../planner/people/staffing.ts';
import { computeServiceLevel } from '../../../planner/queueing/erlang.ts';
import { computeErlangAServiceLevel } from '../../../planner/queueing/erlang-a.ts';

const GUIDE: StaffingInput = {
  contactsPerS: (25_000 * 0.15 * 0.25) / 3600,
  averageHandleTimeS: 360,
  answeredRatio: 0.8,
  targetWaitS: 20,
  meanPatienceS: 300,
  maxOccupancy: 0.85,
  shrinkage: 0.3,
};

describe('staffing', () => {
  test('25,000 interactions a day with 25 % escalated need 159 scheduled agents (corrected guide)', () => {
    const staffing = sizeStaffing(GUIDE);
    expect(staffing.offeredErlangs).toBeCloseTo(93.75, 9);
    expect(staffing).toMatchObject({ agents: 111, scheduledAgents: 159, binding: 'occupancy' });
  });

  const levelOf = (input: StaffingInput, servers: number): number =>
    computeErlangAServiceLevel(
      {
        arrivalRatePerS: input.contactsPerS,
        meanServiceS: input.averageHandleTimeS,
        meanPatienceS: input.meanPatienceS,
        servers,
      },
      input.targetWaitS,
    );

  test('a promise of 95 % in 5 s decides: one agent fewer misses it', () => {
    const strict = { ...GUIDE, maxOccupancy: 1, answeredRatio: 0.95, targetWaitS: 5 };
    const staffing = sizeStaffing(strict);
    expect(staffing.binding).toBe('service-level');
    expect(staffing.serviceLevelRatio).toBeGreaterThanOrEqual(0.95);
    expect(levelOf(strict, staffing.agents - 1)).toBeLessThan(0.95);
  });

  test('with callers who never hang up it is Erlang C: 100 calls per half hour of 180 s at 80/20 need 14 agents', () => {
    const patient = {
      ...GUIDE,
      contactsPerS: 100 / 1800,
      averageHandleTimeS: 180,
      meanPatienceS: 1e7,
      maxOccupancy: 1,
      shrinkage: 0,
    };
    const staffing = sizeStaffing(patient);
    expect(staffing.agents).toBe(14);
    expect(staffing.serviceLevelRatio).toBeCloseTo(0.88835, 4);
    const erlangs = { offeredErlangs: 10, servers: 14, meanServiceTime: 180 };
    expect(staffing.serviceLevelRatio).toBeCloseTo(computeServiceLevel(erlangs, 20), 5);
  });

  test('14 agents and a patience of 300 s: 1.398374 % hang up after 4.195123 s on average (published Erlang A)', () => {
    const staffing = sizeStaffing({
      ...GUIDE,
      contactsPerS: 100 / 1800,
      averageHandleTimeS: 180,
      // The cap that asks for 14: 10 erlangs of 13.5.
      maxOccupancy: 10 / 13.5,
      shrinkage: 0,
    });
    expect(staffing.agents).toBe(14);
    expect(staffing.abandonProbability).toBeCloseTo(0.01398374, 8);
    expect(staffing.meanWaitS).toBeCloseTo(4.195123, 6);
  });

  test('no escalations need nobody', () => {
    for (const contactsPerS of [0, 1e-300]) {
      expect(sizeStaffing({ ...GUIDE, contactsPerS })).toMatchObject({ agents: 0, binding: 'none' });
    }
  });

  test('by bisection as by trying every number of agents from the load on', () => {
    for (const contactsPerS of [0.001, 0.05, 0.3, 2, 9]) {
      const input = { ...GUIDE, contactsPerS, maxOccupancy: 1, answeredRatio: 0.97, targetWaitS: 2 };
      let servers = Math.ceil(contactsPerS * 360);
      while (levelOf(input, servers) < 0.97) servers++;
      expect(sizeStaffing(input).agents).toBe(servers);
    }
  });

  test('a billion erlangs take no time', () => {
    const startedAtMs = performance.now();
    const staffing = sizeStaffing({ ...GUIDE, contactsPerS: 1e9 / 360 });
    expect(staffing.agents).toBe(Math.ceil(1e9 / 0.85));
    const strict = { ...GUIDE, contactsPerS: 1e9 / 360, maxOccupancy: 1, answeredRatio: 0.99 };
    expect(sizeStaffing(strict).agents).toBeGreaterThanOrEqual(1e9);
    expect(performance.now() - startedAtMs).toBeLessThan(2000);
  });
});
