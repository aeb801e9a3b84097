import { describe, expect, test } from 'vitest';
import type { DeploymentMode } from '../../../scenarios/mode.ts';
import { exactCapacityPerS } from '../fixtures/result.ts';
import { MODES, sizeMode } from '../fixtures/sized.ts';

/** Hosts of which none is spare, with so much headroom. */
function hostsWith(headroomRatio: number): DeploymentMode {
  const [host, ...others] = MODES.compose.tiers;
  if (host?.sizing.kind !== 'capacity-curve') throw new Error('no host');
  const sizing = { ...host.sizing, headroomRatio };
  const tier = { ...host, sizing, maxReplicas: 1000, survives: { zones: 0, replicas: 0 } };
  return { ...MODES.compose, tiers: [tier, ...others] };
}

function planWith(headroomRatio: number, interactionsPerDay: number) {
  const { plans, tiers } = sizeMode({ mode: hostsWith(headroomRatio), interactionsPerDay });
  const [plan, modelled] = [plans[0], tiers[0]];
  if (plan === undefined || modelled === undefined) throw new Error('no host was sized');
  return { plan, diagnostics: modelled.diagnostics.map(({ message }) => message) };
}

/** 15 % of the day in the busy hour, 5 turns each; the capacity of the fixture in closed form. */
const turnsPerS = (perDay: number): number => (perDay * 0.15 * 5) / 3600;
const CAPACITY = exactCapacityPerS(20, 2000);
const DERATE = 0.946;

describe('replicas = ⌈load ÷ (capacity × derate)⌉', () => {
  // 14 hosts at the bare prediction, 15 at what is promised of it, 18 with the headroom of a fifth.
  const perDay = 1_220_000;
  const hostsAt = (used: number): number => Math.ceil(turnsPerS(perDay) / (CAPACITY * used));

  test('a mode that keeps nothing free is sized by the derate, and says so', () => {
    expect([hostsAt(1), hostsAt(DERATE), hostsAt(0.8)]).toEqual([14, 15, 18]);
    const { plan, diagnostics } = planWith(0, perDay);
    expect(plan.replicas).toBe(hostsAt(DERATE));
    expect(plan.limits[0]?.explanation).toContain('with 5.4 % derate');
    expect(plan.capacity.find(({ name }) => name === 'derateRatio')).toMatchObject({
      value: DERATE,
      basis: 'derived',
    });
    expect(diagnostics.filter((message) => message.includes('5.4 %'))).toHaveLength(1);
  });

  test('more headroom than that is the headroom alone, not both', () => {
    const { plan, diagnostics } = planWith(0.2, perDay);
    expect(plan.replicas).toBe(hostsAt(0.8));
    expect(plan.limits[0]?.explanation).toContain('with 20 % headroom');
    expect(plan.capacity.some(({ name }) => name === 'derateRatio')).toBe(false);
    expect(diagnostics.filter((message) => message.includes('5.4 %'))).toEqual([]);
  });

  test('what the derate keeps free counts as room: utilisation is of all that was measured', () => {
    const { plan } = planWith(0, perDay);
    expect(plan.utilisation).toBeGreaterThan(0.9);
    const exact = turnsPerS(perDay) / (plan.replicas * CAPACITY);
    expect(Math.abs(plan.utilisation / exact - 1)).toBeLessThan(0.02);
  });
});
