import type { ModeTier } from '../../scenarios/mode.ts';
import type { Diagnostic } from '../../vocabulary/diagnostics.ts';
import type { TierPlan } from '../../vocabulary/plan-file.ts';
import type { Refusal } from '../refusal.ts';
import { colocationRefusals } from './colocation.ts';
import type { ModelledTier, SizingContext } from './context.ts';
import { modelTier } from './model-tier.ts';
import { sizeTier } from './tier.ts';

/** Every tier of a mode that could be sized, in the mode's order, and why the others could not. */
export interface SizedTiers {
  readonly tiers: readonly ModelledTier[];
  readonly plans: readonly TierPlan[];
  readonly refusals: readonly Refusal[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Tiers whose replicas a limit of this one grows with. */
export function tiersAwaited({ sizing }: ModeTier): string[] {
  const limits = sizing.kind === 'rated' || sizing.kind === 'memory' ? (sizing.limits ?? []) : [];
  return limits.flatMap(({ tier }) => tier ?? []);
}

/** Each tier after those that it waits for; the mode's own order otherwise. Cycles are refused when a mode is read. */
function inOrder(tiers: readonly ModeTier[]): ModeTier[] {
  const ordered: ModeTier[] = [];
  const seen = new Set<ModeTier>();
  const visit = (tier: ModeTier | undefined): void => {
    if (tier === undefined || seen.has(tier)) return;
    seen.add(tier);
    for (const id of tiersAwaited(tier)) visit(tiers.find((other) => other.id === id));
    ordered.push(tier);
  };
  for (const tier of tiers) visit(tier);
  return ordered;
}

/** Models and sizes every tier; all refusals at once, since a reader should see everything that is missing. */
export function sizeTiers(context: SizingContext): SizedTiers {
  const sized = new Map<string, { readonly tier: ModelledTier; readonly plan: TierPlan }>();
  const refusals: Refusal[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const tier of inOrder(context.mode.tiers)) {
    // What it waits for was refused, with the reason that lifts both.
    if (tiersAwaited(tier).some((id) => !sized.has(id))) continue;
    const before = [...sized.values()].map(({ plan }) => plan);
    const modelled = modelTier(tier, context, before);
    if (modelled.kind === 'refused') {
      refusals.push(modelled);
      continue;
    }
    diagnostics.push(...modelled.value.diagnostics);
    const plan = sizeTier(modelled.value.model);
    if (plan.kind === 'refused') refusals.push(plan);
    else sized.set(tier.id, { tier: modelled.value, plan: plan.value });
  }
  const inMode = context.mode.tiers.flatMap(({ id }) => sized.get(id) ?? []);
  const plans = inMode.map(({ plan }) => plan);
  return {
    tiers: inMode.map(({ tier }) => tier),
    plans,
    refusals: [...refusals, ...colocationRefusals(context.mode, plans)],
    diagnostics,
  };
}
