import { isDeepStrictEqual } from 'node:util';
import { catalogueOn } from '../../scenarios/catalogue.ts';
import type { LoneEffect, LoneInput } from '../../vocabulary/plan-diff.ts';
import type { PlanFile, PlannedMode } from '../../vocabulary/plan-file.ts';
import { machineUsdPerMonth, plannedModes } from '../../vocabulary/planned-modes.ts';
import { type PlanInput, slosOf } from '../plan-input.ts';
import { planModes } from '../plan-modes.ts';
import { flattenMode } from './settings.ts';

/** A kind of input: what of it two plans may have in common, and how one takes it over from another. */
interface Exchange {
  readonly input: LoneInput;
  /** Equal where the two say the same. */
  readonly said: (input: PlanInput) => unknown;
  readonly taken: (from: PlanInput, into: PlanInput) => Partial<PlanInput>;
}

const settingsOf = ({ modes }: PlanInput): unknown =>
  Object.fromEntries(modes.map((mode) => [mode.id, flattenMode(mode)]));

const EXCHANGES: readonly Exchange[] = [
  {
    input: 'demand',
    said: ({ interactionsPerDay, demand, overrides }) => ({
      interactionsPerDay,
      spec: demand === undefined ? undefined : { ...demand.spec, slos: undefined },
      arrivals: demand?.arrivals,
      overrides,
    }),
    taken: ({ interactionsPerDay, demand, overrides }) => ({ interactionsPerDay, demand, overrides }),
  },
  { input: 'objectives', said: ({ slos }) => slos, taken: ({ slos }) => ({ slos }) },
  { input: 'measurements', said: ({ results }) => results, taken: ({ results }) => ({ results }) },
  {
    input: 'prices',
    // Where the files come from does not matter; the day on which they are read does.
    said: ({ catalogue, nowUnixMs }) =>
      [...catalogueOn(catalogue, nowUnixMs).entries.values()].map(({ entry }) => entry).sort(byId),
    taken: ({ catalogue, nowUnixMs }) => ({ catalogue, nowUnixMs }),
  },
  {
    input: 'settings',
    said: settingsOf,
    taken: ({ modes }, into) => ({
      modes: into.modes.map((mode) => modes.find(({ id }) => id === mode.id) ?? mode),
    }),
  },
];

const byId = (a: { readonly id: string }, b: { readonly id: string }): number =>
  a.id < b.id ? -1 : Number(a.id > b.id);

/** Objectives stand by themselves, whoever stated them, and only the modes that are compared are planned. */
const prepared = (input: PlanInput, modes: ReadonlySet<string>): PlanInput => ({
  ...input,
  slos: slosOf(input).slos,
  modes: input.modes.filter(({ id }) => modes.has(id)),
});

const replicasOf = ({ tiers }: PlannedMode): number => tiers.reduce((sum, { replicas }) => sum + replicas, 0);

/** A plan as its modes' answers, or why there is none. */
type Answers = ReadonlyMap<string, PlannedMode | string>;

const answersOf = (plan: PlanFile): Answers =>
  new Map(plan.modes.map((mode) => [mode.mode, mode.kind === 'planned' ? mode : mode.reason]));

function planned(input: PlanInput): Answers {
  const plan = planModes(input);
  if (plan.kind === 'ok') return answersOf(plan.value);
  const { issues, message } = plan.failure;
  return new Map(
    input.modes.map(({ id }) => [id, issues.find(({ path }) => path === id)?.got ?? message] as const),
  );
}

function effectOf(input: LoneInput, base: PlannedMode, other: PlannedMode | string | undefined): LoneEffect {
  if (typeof other !== 'object') return { kind: 'refused', input, reason: other ?? 'not planned' };
  return {
    kind: 'moved',
    input,
    machineUsdPerMonth: machineUsdPerMonth(other) - machineUsdPerMonth(base),
    usdPerMonth: other.usdPerMonth - base.usdPerMonth,
    replicas: replicasOf(other) - replicasOf(base),
  };
}

/** A plan with everything that it follows from. */
export interface PlanWithInput {
  readonly plan: PlanFile;
  readonly input: PlanInput;
}

/**
 * What each kind of input does by itself, mode by mode: the earlier plan made again with only that one of the later plan,
 * against the earlier plan. The release is what making it again changes with nothing else changed; one without effect is
 * left out. What they do together beyond the sum of these is the rest of the change.
 */
export function computeLoneEffects(
  before: PlanWithInput,
  after: PlanWithInput,
): ReadonlyMap<string, LoneEffect[]> {
  const modes = new Set(plannedModes(after.plan).map(({ mode }) => mode));
  const compared = plannedModes(before.plan).filter(({ mode }) => modes.has(mode));
  const ids = new Set(compared.map(({ mode }) => mode));
  const [old, now] = [prepared(before.input, ids), prepared(after.input, ids)];
  const again = planned(old);
  const exchanged = EXCHANGES.filter(({ said }) => !isDeepStrictEqual(said(old), said(now))).map(
    ({ input, taken }) => ({ input, answers: planned({ ...old, ...taken(now, old) }) }),
  );
  return new Map(
    compared.map((mode) => {
      const base = again.get(mode.mode);
      const release = effectOf('release', mode, base);
      const isSame =
        release.kind === 'moved' && Math.abs(release.usdPerMonth) < 0.005 && release.replicas === 0;
      const rest =
        typeof base !== 'object'
          ? []
          : exchanged.map(({ input, answers }) => effectOf(input, base, answers.get(mode.mode)));
      return [mode.mode, isSame ? rest : [release, ...rest]] as const;
    }),
  );
}
