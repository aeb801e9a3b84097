import { describe, expect, test } from 'vitest';
import type { DeploymentMode } from '../../../scenarios/mode.ts';
import { MODES, sizeMode, unbounded } from '../fixtures/sized.ts';

/** On premises with so many cores and GiB left to processes on each node. */
const withNode = (coresForProcesses: number, memoryGibForProcesses: number): DeploymentMode => ({
  ...MODES.onprem,
  tiers: unbounded(MODES.onprem).tiers.map((tier) =>
    tier.unit.kind === 'owned-gpu-node'
      ? { ...tier, unit: { ...tier.unit, coresForProcesses, memoryGibForProcesses } }
      : tier,
  ),
});

const sized = (mode: DeploymentMode, interactionsPerDay = 25_000) => sizeMode({ mode, interactionsPerDay });

describe('processes on the nodes of the engines', () => {
  // Two of each: gateway 1, context 1, history 8 and edge 4 cores; 2, 64, 64 and 8 GiB.
  test('fit to the last core and GiB, and are refused one below', () => {
    expect(() => sized(withNode(14, 138))).not.toThrow();
    expect(() => sized(withNode(13.9, 138))).toThrow(
      'processes on tier inference need 28 cores and 2 × DGX H100 node leave 27.8',
    );
    expect(() => sized(withNode(14, 137))).toThrow(
      'processes on tier inference need 276 GiB of memory and 2 × DGX H100 node leave 274',
    );
  });

  test('the mode as it comes has room at any demand that it can have', () => {
    const anyNumber: DeploymentMode = {
      ...MODES.onprem,
      tiers: MODES.onprem.tiers.map(({ maxReplicas: _, ...tier }) => tier),
    };
    for (const interactionsPerDay of [25_000, 1e6, 1e7, 1e8]) {
      expect(() => sized(anyNumber, interactionsPerDay)).not.toThrow();
    }
  });

  test('what nobody states is not checked', () => {
    const silent: DeploymentMode = {
      ...MODES.onprem,
      tiers: MODES.onprem.tiers.map((tier) =>
        tier.unit.kind === 'colocated'
          ? { ...tier, unit: { kind: 'colocated', onTier: tier.unit.onTier, name: tier.unit.name } }
          : tier,
      ),
    };
    expect(() => sized(silent)).not.toThrow();
  });
});
