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
});
