import type { Diagnostic } from '../../vocabulary/diagnostics.ts';
import {
  type ComparedMode,
  type InputChange,
  type ModeDiff,
  PLAN_DIFF_SCHEMA_VERSION,
  type PlanDiff,
} from '../../vocabulary/plan-diff.ts';
import type { PlanFile, PlannedMode, RefusedMode } from '../../vocabulary/plan-file.ts';
import { machineUsdPerMonth } from '../../vocabulary/planned-modes.ts';
import type { PlanInput } from '../plan-input.ts';
import { isChanged, numberChange, type Pair, pairUp, wordsChange } from './change.ts';
import { changedCrossings } from './crossings.ts';
import { changedInputs } from './inputs.ts';
import { computeLoneEffects } from './lone-effects.ts';
import { changedMoney } from './money.ts';
import { changedTiers } from './tiers.ts';

/** A plan and what to call it: the file that it was read from. */
export interface NamedPlan {
  readonly name: string;
  readonly plan: PlanFile;
  /** What it was made from, where that is known. */
  readonly input?: PlanInput | undefined;
}

type AnyMode = PlannedMode | RefusedMode;

const replicasOf = ({ tiers }: PlannedMode): number => tiers.reduce((sum, { replicas }) => sum + replicas, 0);

function compareModes(before: PlannedMode, after: PlannedMode, inputs: readonly InputChange[]): ComparedMode {
  const figures = {
    replicas: numberChange(replicasOf(before), replicasOf(after)),
    turnP95Ms: numberChange(before.latency.turnP95Ms, after.latency.turnP95Ms),
    availabilityRatio: numberChange(before.availabilityRatio, after.availabilityRatio),
    missProbability: numberChange(
      before.uncertainty?.missProbability.allUp,
      after.uncertainty?.missProbability.allUp,
    ),
    scheduledAgents: numberChange(
      before.people?.busiest.scheduledAgents,
      after.people?.busiest.scheduledAgents,
    ),
  };
  const tiers = changedTiers(before, after, inputs);
  const money = changedMoney(before, after);
  const moved = [
    ...Object.values(figures),
    money.usdPerMonth,
    money.aiUsdPerInteraction,
    money.aiP90UsdPerInteraction,
    money.blendedUsdPerInteraction,
    money.resolvedUsdPerInteraction,
  ].some(isChanged);
  return {
    kind: 'compared',
    mode: after.mode,
    title: after.title,
    changed: moved || tiers.length > 0 || money.lines.length > 0,
    simulated: before.simulated || after.simulated,
    bindingConstraint: wordsChange(before.bindingConstraint, after.bindingConstraint),
    tiers,
    money,
    ...figures,
  };
}

function modeDiff({ before, after }: Pair<AnyMode>, inputs: readonly InputChange[]): ModeDiff[] {
  if (after === undefined) {
    return before === undefined ? [] : [{ kind: 'removed', mode: before.mode, title: before.title }];
  }
  const { mode, title } = after;
  if (after.kind === 'refused') {
    const { reason, liftedBy } = after;
    if (before?.kind === 'planned') return [{ kind: 'refused-now', mode, title, reason, liftedBy }];
    const changed = before === undefined || before.reason !== reason;
    return [{ kind: 'still-refused', mode, title, reason, liftedBy, changed }];
  }
  if (before?.kind === 'planned') return [compareModes(before, after, inputs)];
  return [
    {
      kind: before === undefined ? 'added' : 'planned-now',
      mode,
      title,
      simulated: after.simulated,
      machineUsdPerMonth: machineUsdPerMonth(after),
      replicas: replicasOf(after),
    },
  ];
}

/** Doubts of the plan and of its modes; the words carry ages and counts, so code and subject tell them apart. */
function doubtsOf({ diagnostics, modes, breakEven }: PlanFile): Diagnostic[] {
  const about = (owner: string, all: readonly Diagnostic[]): Diagnostic[] =>
    all.map((each) => ({
      ...each,
      subject: each.subject === undefined ? owner : `${owner}, ${each.subject}`,
    }));
  return [
    ...diagnostics,
    ...modes.flatMap((mode) => about(mode.mode, mode.diagnostics)),
    ...about('break-even', breakEven?.diagnostics ?? []),
  ];
}

function doubtChanges(before: PlanFile, after: PlanFile): PlanDiff['doubts'] {
  const pairs = pairUp(doubtsOf(before), doubtsOf(after), ({ code, subject }) => `${code} ${subject ?? ''}`);
  return {
    appeared: pairs.flatMap((pair) =>
      pair.before === undefined && pair.after !== undefined ? [pair.after] : [],
    ),
    gone: pairs.flatMap((pair) =>
      pair.after === undefined && pair.before !== undefined ? [pair.before] : [],
    ),
  };
}

const isModeChanged = (mode: ModeDiff): boolean =>
  mode.kind === 'compared' || mode.kind === 'still-refused' ? mode.changed : true;

const identity = ({ name, plan }: NamedPlan): PlanDiff['before'] => ({
  name,
  createdAtUnixMs: plan.createdAtUnixMs,
  toolVersion: plan.tool.version,
});

/** Modes of both plans with what each input does alone, where it is known what both plans were made from. */
function withLoneEffects(modes: readonly ModeDiff[], before: NamedPlan, after: NamedPlan): ModeDiff[] {
  const [old, now] = [before.input, after.input];
  if (old === undefined || now === undefined || !modes.some(isModeChanged)) return [...modes];
  const effects = computeLoneEffects({ plan: before.plan, input: old }, { plan: after.plan, input: now });
  return modes.map((mode) => {
    const alone = mode.kind === 'compared' ? effects.get(mode.mode) : undefined;
    return alone === undefined || mode.kind !== 'compared' ? mode : { ...mode, alone };
  });
}

/**
 * What changed between two plans in replicas and money, and which inputs changed before that; settings of modes are only
 * compared where both plans keep them. Where both come with what they were made from, plans are made again with one kind
 * of input changed at a time.
 */
export function diffPlans(before: NamedPlan, after: NamedPlan): PlanDiff {
  const inputs = changedInputs(before.plan, after.plan);
  const modes = pairUp<AnyMode>(before.plan.modes, after.plan.modes, ({ mode }) => mode).flatMap((pair) =>
    modeDiff(pair, inputs),
  );
  const crossings = changedCrossings(before.plan, after.plan);
  return {
    kind: 'busyhour-plan-diff',
    schemaVersion: PLAN_DIFF_SCHEMA_VERSION,
    before: identity(before),
    after: identity(after),
    changed: inputs.length > 0 || crossings.length > 0 || modes.some(isModeChanged),
    inputs,
    modes: withLoneEffects(modes, before, after),
    crossings,
    doubts: doubtChanges(before.plan, after.plan),
  };
}
