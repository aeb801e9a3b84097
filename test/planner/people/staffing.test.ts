import { describe, expect, test } from 'vitest';
import { type StaffingInput, sizeStaffing } from '../../../planner/people/staffing.ts';
import { computeServiceLevel } from '../../../planner/queueing/erlang.ts';

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

  test('without an occupancy cap the service level decides: one agent fewer misses it', () => {
    const staffing = sizeStaffing({ ...GUIDE, maxOccupancy: 1 });
    expect(staffing.binding).toBe('service-level');
    expect(staffing.serviceLevelRatio).toBeGreaterThanOrEqual(0.8);
    const fewer = { offeredErlangs: 93.75, servers: staffing.agents - 1, meanServiceTime: 360 };
    expect(computeServiceLevel(fewer, 20)).toBeLessThan(0.8);
  });

  test('100 calls per half hour of 180 s at 80/20: the known 14 agents', () => {
    const staffing = sizeStaffing({
      ...GUIDE,
      contactsPerS: 100 / 1800,
      averageHandleTimeS: 180,
      maxOccupancy: 1,
      shrinkage: 0,
    });
    expect(staffing.agents).toBe(14);
    expect(staffing.serviceLevelRatio).toBeCloseTo(0.88835, 5);
    expect(staffing.abandonProbability).toBeCloseTo(0.01398374, 6);
  });

  test('no escalations need nobody', () => {
    expect(sizeStaffing({ ...GUIDE, contactsPerS: 0 })).toMatchObject({ agents: 0, scheduledAgents: 0 });
  });

  test('by bisection as by trying every number of agents', () => {
    for (const contactsPerS of [0.001, 0.05, 0.3, 2, 9]) {
      const input = { ...GUIDE, contactsPerS, maxOccupancy: 1 };
      const offeredErlangs = contactsPerS * 360;
      let servers = Math.floor(offeredErlangs) + 1;
      while (computeServiceLevel({ offeredErlangs, servers, meanServiceTime: 360 }, 20) < 0.8) servers++;
      expect(sizeStaffing(input).agents).toBe(servers);
    }
  });

  test('where the limit for many servers takes over, it agrees with the exact formula', () => {
    for (const answeredRatio of [0.5, 0.8, 0.95]) {
      // 9,999 and 10,001 erlangs: the same answer but for the one or two erlangs between them.
      const at = (erlangs: number) =>
        sizeStaffing({ ...GUIDE, answeredRatio, maxOccupancy: 1, contactsPerS: erlangs / 360 });
      expect(Math.abs(at(10_001).agents - at(9_999).agents - 2)).toBeLessThanOrEqual(1);
      // One agent more or fewer moves the level by about three hundredths.
      expect(at(10_001).serviceLevelRatio).toBeGreaterThanOrEqual(answeredRatio);
      expect(at(10_001).serviceLevelRatio).toBeLessThan(answeredRatio + 0.04);
      const exact = computeServiceLevel(
        { offeredErlangs: 10_001, servers: at(10_001).agents, meanServiceTime: 360 },
        20,
      );
      expect(Math.abs(exact - at(10_001).serviceLevelRatio)).toBeLessThan(0.002);
    }
  });

  test('a billion erlangs take no time', () => {
    const startedAtMs = performance.now();
    const staffing = sizeStaffing({ ...GUIDE, contactsPerS: 1e9 / 360 });
    expect(staffing.agents).toBe(Math.ceil(1e9 / 0.85));
    expect(sizeStaffing({ ...GUIDE, contactsPerS: 1e9 / 360, maxOccupancy: 1 }).binding).toBe(
      'service-level',
    );
    expect(performance.now() - startedAtMs).toBeLessThan(200);
  });
});
