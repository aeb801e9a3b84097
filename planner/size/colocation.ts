import type { DeploymentMode, ModeTier, ModeUnit } from '../../scenarios/mode.ts';
import type { TierPlan } from '../../vocabulary/plan-file.ts';
import { shownRate } from '../calibrate/capacity.ts';
import { type Refusal, refuse } from '../refusal.ts';

type Node = Extract<ModeUnit, { kind: 'owned-gpu-node' }>;

interface Placed {
  readonly tier: ModeTier;
  readonly plan: TierPlan;
}

/** Cores or memory that so many processes take together. */
interface Need {
  readonly unit: string;
  readonly perNode: number | undefined;
  readonly perProcess: (unit: ModeUnit) => number;
}

const needsOf = (node: Node): readonly Need[] => [
  {
    unit: 'cores',
    perNode: node.coresForProcesses,
    perProcess: (unit) => (unit.kind === 'colocated' ? (unit.cores ?? 0) : 0),
  },
  {
    unit: 'GiB of memory',
    perNode: node.memoryGibForProcesses,
    perProcess: (unit) => (unit.kind === 'colocated' ? (unit.memoryGib ?? 0) : 0),
  },
];

/** Replicas with nothing lost, and after the planned losses: the processes that are left must fit on the nodes left. */
const STATES = [
  { when: '', replicasOf: ({ plan }: Placed) => plan.replicas },
  {
    when: ' after the planned losses',
    replicasOf: ({ plan }: Placed) => plan.whenLost?.replicas ?? plan.replicas,
  },
] as const;

function hostRefusals(host: Placed, node: Node, guests: readonly Placed[]): Refusal[] {
  return needsOf(node).flatMap(({ unit, perNode, perProcess }) => {
    if (perNode === undefined) return [];
    for (const { when, replicasOf } of STATES) {
      const needed = guests.reduce((sum, guest) => sum + replicasOf(guest) * perProcess(guest.tier.unit), 0);
      const there = replicasOf(host) * perNode;
      if (needed <= there) continue;
      return [
        refuse(
          `processes on tier ${host.tier.id} need ${shownRate(needed)} ${unit}${when} and ${replicasOf(host)} × ${node.name} leave ${shownRate(there)}`,
          `give those processes machines of their own, or raise minReplicas of ${host.tier.id}`,
        ),
      ];
    }
    return [];
  });
}

/** Own nodes that do not have the cores or the memory for the processes beside their engines. Empty when all have. */
export function colocationRefusals(mode: DeploymentMode, plans: readonly TierPlan[]): Refusal[] {
  const placed = mode.tiers.flatMap((tier): Placed[] => {
    const plan = plans.find((other) => other.tier === tier.id);
    return plan === undefined ? [] : [{ tier, plan }];
  });
  return placed.flatMap((host) => {
    const { unit, id } = host.tier;
    if (unit.kind !== 'owned-gpu-node') return [];
    const guests = placed.filter(({ tier }) => tier.unit.kind === 'colocated' && tier.unit.onTier === id);
    return hostRefusals(host, unit, guests);
  });
}
