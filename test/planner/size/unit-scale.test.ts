import { describe, expect, test } from 'vitest';
import { scaleToUnit } from '../../../planner/size/unit-scale.ts';
import { readCatalogue } from '../../../scenarios/catalogue.ts';
import { type ModeTier, readMode } from '../../../scenarios/mode.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { buildResult } from '../fixtures/result.ts';

const catalogue = unwrap(readCatalogue());
const tierOf = (mode: string, id: string): ModeTier => {
  const tier = unwrap(readMode(mode, catalogue)).tiers.find((other) => other.id === id);
  if (tier === undefined) throw new Error(`no tier ${id}`);
  return tier;
};

const scaleOf = (tier: ModeTier, changes: Parameters<typeof resultOf>[0] = {}) =>
  scaleToUnit(tier, resultOf(changes));
const resultOf = (changes: { engineCores?: number; hardware?: string; simulated?: boolean }) =>
  buildResult({
    engine: changes.simulated ? 'simulated' : 'llama',
    rates: [1, 2, 3],
    servicePerS: 8,
    ...(changes.hardware === undefined ? {} : { hardware: changes.hardware }),
    ...(changes.engineCores === undefined ? {} : { step: { engineCores: changes.engineCores } }),
  });

describe('from the measured machine to the unit of a mode', () => {
  const host = tierOf('compose', 'host');

  test('never scaled up: fewer cores used than the unit has still is one replica', () => {
    expect(scaleOf(host, { engineCores: 0.5 })).toMatchObject({
      kind: 'planned',
      value: { replicasPerUnit: 1 },
    });
  });

  test('scaled down in proportion when more cores were used than the unit has, as an assumption', () => {
    const scale = scaleOf(host, { engineCores: 8 });
    if (scale.kind === 'refused') throw new Error(scale.reason);
    expect(scale.value.replicasPerUnit).toBeCloseTo(2 / 8, 12);
    expect(scale.value.figure.basis).toBe('assumed');
    expect(scale.value.assumption).toContain('2 ÷ 8.00 of what was measured');
  });

  test('without samples the whole measuring machine counts as used', () => {
    const scale = scaleOf(host);
    if (scale.kind === 'refused') throw new Error(scale.reason);
    expect(scale.value.assumption).toContain("the machine's 2 cores");
  });

  const node = tierOf('onprem', 'inference');

  test.each([
    ['2 x H100 SXM 80 GB (simulated)', 4],
    ['H100 80 GB (simulated)', 8],
    ['8 x H100', 1],
    ['3 x H100', 2],
  ])('a node of eight holds whole replicas of %s', (hardware, replicas) => {
    expect(scaleOf(node, { simulated: true, hardware })).toMatchObject({
      value: { replicasPerUnit: replicas },
    });
  });

  test('a replica larger than the node, or on other hardware, is refused', () => {
    const large = scaleOf(node, { simulated: true, hardware: '16 x H100' });
    expect(large).toMatchObject({ kind: 'refused', reason: expect.stringContaining('spans 16 GPUs') });
    const other = scaleOf(node, { hardware: 'CPU, 1 thread' });
    expect(other).toMatchObject({ kind: 'refused', liftedBy: expect.stringContaining('H100') });
  });

  test('a replica of 16 GPUs over two nodes of eight, where the mode joins so many', () => {
    if (node.unit.kind !== 'owned-gpu-node') throw new Error('no node');
    const joined = { ...node, unit: { ...node.unit, maxNodesPerReplica: 2 } };
    const changes = { simulated: true, hardware: '16 x H100' };
    expect(scaleOf(joined, changes)).toMatchObject({
      kind: 'planned',
      value: { replicasPerUnit: 1, unitsPerReplica: 2, figure: { basis: 'assumed' } },
    });
    expect(scaleOf(node, changes)).toMatchObject({
      kind: 'refused',
      liftedBy: expect.stringContaining('maxNodesPerReplica to 2'),
    });
    expect(scaleOf(joined, { ...changes, hardware: '17 x H100' })).toMatchObject({ kind: 'refused' });
  });

  test('less memory than the measured processes held is refused, however few the turns', () => {
    const small = { ...host, unit: { ...host.unit, memoryGib: 0.1 } } as ModeTier;
    expect(scaleOf(small, { engineCores: 1 })).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(/held 0\.11\d GiB and one m7i\.large .* has 0\.1/),
      liftedBy: expect.stringContaining('more memory'),
    });
    expect(scaleOf(host, { engineCores: 1 }).kind).toBe('planned');
  });

  test('a unit without cores or GPUs cannot carry a measurement', () => {
    expect(scaleOf(tierOf('onprem', 'gateway'), {})).toMatchObject({ kind: 'refused' });
  });
});
