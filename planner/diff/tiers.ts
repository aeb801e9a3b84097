import type { InputChange, LimitChange, TierChange } from '../../vocabulary/plan-diff.ts';
import type { PlannedMode, TierPlan } from '../../vocabulary/plan-file.ts';
import { numberChange, type Pair, pairInOrder, pairUp, wordsChange } from './change.ts';

function limitChanges(before: TierPlan | undefined, after: TierPlan | undefined): LimitChange[] {
  return pairInOrder(before?.limits ?? [], after?.limits ?? [], ({ name }) => name).flatMap(
    ({ before: old, after: now }) =>
      old?.requiredReplicas === now?.requiredReplicas
        ? []
        : [
            {
              name: (now ?? old)?.name ?? '',
              requiredReplicas: numberChange(old?.requiredReplicas, now?.requiredReplicas),
              explanation: wordsChange(old?.explanation, now?.explanation),
            },
          ],
  );
}

/** Limits that grow with what arrives. */
const BY_DEMAND = new Set([
  'load',
  'concurrency',
  'connections',
  'memory',
  'storage',
  'kv',
  'quota',
  'redundancy',
]);

/** Figures of the demand that size people, not machines. */
const OF_PEOPLE =
  /escalat|handleTime|answered|targetWait|patience|occupancy|shrinkage|humanContact|repeat|directToHuman/i;

const isMeasured = ({ capacity }: TierPlan): boolean =>
  capacity.some(({ basis }) => basis === 'measured' || basis === 'simulated');

const restsOnRun = ({ capacity }: TierPlan, change: InputChange): boolean =>
  capacity.some(({ source }) =>
    [change.rests?.before, change.rests?.after].some((rests) => {
      const run = /run (\S+?)(?:,|$)/.exec(rests ?? '')?.[1];
      return run !== undefined && source.includes(run);
    }),
  );

interface Reasoning {
  readonly mode: string;
  readonly tiers: readonly TierPlan[];
  readonly limits: readonly LimitChange[];
}

/** Whether a changed input is one that this tier is sized from. */
function concerns(change: InputChange, { mode, tiers, limits }: Reasoning): boolean {
  const ids = tiers.map(({ tier }) => tier);
  switch (change.kind) {
    case 'demand':
      return limits.some(({ name }) => BY_DEMAND.has(name)) && !OF_PEOPLE.test(change.name);
    case 'capacity':
      return change.mode === mode && change.tier !== undefined && ids.includes(change.tier);
    case 'setting':
      return change.mode === mode && ids.some((id) => change.name.startsWith(`tiers.${id}.`));
    case 'objective':
      return tiers.some(isMeasured);
    case 'measurement':
      return tiers.some((tier) => restsOnRun(tier, change));
    case 'version':
      return change.name !== 'seed';
    case 'price':
    case 'range':
      return false;
  }
}

const isSameTier = (before: TierPlan | undefined, after: TierPlan | undefined): boolean =>
  before?.replicas === after?.replicas && before?.unit === after?.unit;

function tierChange(pair: Pair<TierPlan>, mode: string, inputs: readonly InputChange[]): TierChange[] {
  const { key: tier, before, after } = pair;
  if (isSameTier(before, after)) return [];
  const limits = limitChanges(before, after);
  const tiers = [before, after].filter((each) => each !== undefined);
  const because = inputs.filter((change) => concerns(change, { mode, tiers, limits }));
  // A new release is the reason only where no input is.
  const known = because.filter(({ kind }) => kind !== 'version');
  return [
    {
      tier,
      unit: wordsChange(before?.unit, after?.unit),
      replicas: numberChange(before?.replicas, after?.replicas),
      bindingConstraint: wordsChange(before?.bindingConstraint, after?.bindingConstraint),
      limits,
      because: known.length > 0 ? known : because,
    },
  ];
}

/** Tiers with another number of replicas or another unit, each with the limits and the inputs behind it. */
export const changedTiers = (
  before: PlannedMode,
  after: PlannedMode,
  inputs: readonly InputChange[],
): TierChange[] =>
  pairUp(before.tiers, after.tiers, ({ tier }) => tier).flatMap((pair) =>
    tierChange(pair, after.mode, inputs),
  );
