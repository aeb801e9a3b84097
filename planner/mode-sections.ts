import type { PlannedMode, TierPlan } from '../vocabulary/plan-file.ts';
import type { AvailabilitySection } from '../vocabulary/plan-sections/availability.ts';
import type { PeopleSection } from '../vocabulary/plan-sections/people.ts';
import type { Slo } from '../vocabulary/slo.ts';
import { planAutoscaling } from './autoscale/plan-autoscaling.ts';
import { planAvailability } from './availability.ts';
import type { DrivenLine } from './money/cost-line.ts';
import { planPeople } from './people/section.ts';
import { planWaiting } from './simulate/plan-waiting.ts';
import type { ModelledTier, SizingContext } from './size/context.ts';

/** A sized and priced mode, from which its sections are computed. */
export interface SectionInput {
  readonly context: SizingContext;
  /** In the order of the mode's tiers, as are `plans`. */
  readonly tiers: readonly ModelledTier[];
  readonly plans: readonly TierPlan[];
  readonly lines: readonly DrivenLine[];
  readonly slos: readonly Slo[];
  readonly seed: number;
}

interface Sections extends Pick<PlannedMode, 'waiting' | 'autoscaling'> {
  readonly availability: AvailabilitySection;
  readonly people: PeopleSection;
}

/** Sections of a planned mode beside its intervals, one line each. Same input, same sections: chance is the seed's. */
export function computeSections(input: SectionInput): Sections {
  const models = input.tiers.map(({ model }) => model);
  const availability = planAvailability(input.context.mode, models, input.plans);
  return {
    availability,
    people: planPeople(input.context, availability.ratio),
    waiting: planWaiting(input),
    autoscaling: planAutoscaling(input),
  };
}
