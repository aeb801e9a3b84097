import type { ModeTier } from '../../scenarios/mode.ts';
import type { Sourced } from '../../vocabulary/plan-file.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';
import { BYTES_PER_GIB } from '../../vocabulary/units.ts';
import { type Planned, planned, type Refusal, refuse } from '../refusal.ts';
import { sourced } from '../sourced.ts';

/** How many measured replicas one unit of the mode carries; below 1 when the unit is smaller than what ran. */
export interface UnitScale {
  readonly replicasPerUnit: number;
  /** Units that only together carry one measured replica; 1 for all others. */
  readonly unitsPerReplica: number;
  readonly figure: Sourced;
  /** An assumption worth a diagnostic. */
  readonly assumption: string | undefined;
}

/** Accelerators named in a hardware text: `2 x H100 SXM 80 GB (simulated)` is 2; no leading count is 1. */
export function gpusInHardware(hardware: string): number {
  const count = /^\s*(\d+)\s*[x×]\s+/i.exec(hardware)?.[1];
  return Math.max(1, Number(count ?? 1));
}

type Instance = Extract<ModeTier['unit'], { kind: 'instance' }>;
type OwnedNode = Extract<ModeTier['unit'], { kind: 'owned-gpu-node' }>;

function gpuNodeScale(unit: OwnedNode, result: ResultFile): Planned<UnitScale> {
  const { hardware, name } = result.target;
  if (hardware === undefined) {
    return refuse(
      `the result of ${name} does not say what hardware it ran on`,
      'bench a target that names it',
    );
  }
  if (!hardware.toLowerCase().includes(unit.gpu.toLowerCase())) {
    return refuse(
      `the measurement ran on ${hardware} and the mode deploys ${unit.gpu}: no capacity carries over`,
      `measure (or simulate) ${unit.gpu}, or change the unit of the mode`,
    );
  }
  return gpuScale(unit, gpusInHardware(hardware));
}

/** Whole replicas in a node, or whole nodes under a replica: a tensor-parallel group is never split over both. */
function gpuScale(unit: OwnedNode, gpus: number): Planned<UnitScale> {
  const replicasPerUnit = Math.floor(unit.gpus / gpus);
  if (replicasPerUnit < 1) return spanningScale(unit, gpus);
  const assumption = `${replicasPerUnit} independent replicas of ${gpus} GPU each in one ${unit.name}; measured alone, taken not to slow each other`;
  return planned({
    replicasPerUnit,
    unitsPerReplica: 1,
    figure: sourced('replicasPerUnit', replicasPerUnit, 'measured replicas', {
      basis: 'assumed',
      source: assumption,
    }),
    assumption: replicasPerUnit > 1 ? assumption : undefined,
  });
}

function spanningScale(unit: OwnedNode, gpus: number): Planned<UnitScale> {
  const nodes = Math.ceil(gpus / unit.gpus);
  const most = unit.maxNodesPerReplica ?? 1;
  if (nodes > most) {
    return refuse(
      `a measured replica spans ${gpus} GPUs and one ${unit.name} has ${unit.gpus}`,
      `use a node with more GPUs, measure a replica that spans fewer, or set maxNodesPerReplica to ${nodes} where a fast network joins the nodes`,
    );
  }
  const assumption = `one replica of ${gpus} GPUs over ${nodes} × ${unit.name} in one zone; the network between them is taken to be that of the measurement`;
  return planned({
    replicasPerUnit: 1,
    unitsPerReplica: nodes,
    figure: sourced('unitsPerReplica', nodes, 'nodes', { basis: 'assumed', source: assumption }),
    assumption,
  });
}

/** Most cores that the target's own processes used at any step; undefined when they were not sampled. */
function coresUsed(result: ResultFile): number | undefined {
  const sums = result.steps.flatMap(({ server }) =>
    server === undefined || server.resources.length === 0
      ? []
      : [server.resources.reduce((sum, { cpuCores }) => sum + cpuCores, 0)],
  );
  return sums.length === 0 ? undefined : Math.max(...sums);
}

/** Most bytes that the target's own processes held at any step; undefined when they were not sampled. */
function bytesHeld(result: ResultFile): number | undefined {
  const sums = result.steps.flatMap(({ server }) =>
    server === undefined || server.resources.length === 0
      ? []
      : [server.resources.reduce((sum, { maxRssBytes }) => sum + maxRssBytes, 0)],
  );
  return sums.length === 0 ? undefined : Math.max(...sums);
}

/** A unit with less memory than the measured processes held does not run them, however few its turns. */
function memoryRefusal(unit: Instance, result: ResultFile): Refusal | undefined {
  const held = bytesHeld(result);
  if (held === undefined || held <= unit.memoryGib * BYTES_PER_GIB) return undefined;
  return refuse(
    `the measured processes held ${(held / BYTES_PER_GIB).toPrecision(3)} GiB and one ${unit.name} has ${unit.memoryGib}`,
    'use a unit with more memory, or measure a smaller model',
  );
}

function machineScale(vcpus: number, name: string, result: ResultFile): UnitScale {
  const used = coresUsed(result);
  const cores = Math.max(used ?? result.machine.cores, Number.EPSILON);
  const replicasPerUnit = Math.min(1, vcpus / cores);
  const basis =
    used === undefined ? `the machine's ${cores} cores` : `the ${cores.toPrecision(3)} cores that it used`;
  const assumption =
    `one ${name} carries ${replicasPerUnit === 1 ? 'what was measured' : `${vcpus} ÷ ${cores.toPrecision(3)} of what was measured`} ` +
    `with ${basis} of ${result.machine.cores} × ${result.machine.cpuModel}; a vCPU is taken to be as fast as such a core`;
  return {
    replicasPerUnit,
    unitsPerReplica: 1,
    figure: sourced('replicasPerUnit', replicasPerUnit, 'measured replicas', {
      basis: 'assumed',
      source: assumption,
    }),
    assumption,
  };
}

/** Scales the measured machine to the unit of the mode. Never up: more cores than measured add nothing proven. */
export function scaleToUnit(tier: ModeTier, result: ResultFile): Planned<UnitScale> {
  const { unit } = tier;
  if (unit.kind === 'owned-gpu-node') return gpuNodeScale(unit, result);
  if (unit.kind === 'instance') {
    return memoryRefusal(unit, result) ?? planned(machineScale(unit.vcpus, unit.name, result));
  }
  return refuse(
    `tier ${tier.id} is sized from a measurement and its unit ${unit.name} has no cores or GPUs`,
    'give the tier an instance or a GPU node as its unit',
  );
}
