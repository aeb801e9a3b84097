import type { SearchPlan } from '../../scenarios/load.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import { msFromS } from '../../vocabulary/units.ts';
import { computeOfferedPerS } from '../judge/read-step.ts';
import { estimateSamplesToCertify, isMetAt } from './certify.ts';
import { runOpenStep } from './open-step.ts';
import type { RunContext } from './step-context.ts';

/** How the confirmation of a capacity ended. */
export type Confirmation =
  | {
      readonly kind: 'certified';
      readonly turnsPerS: number;
      readonly confidence: number;
      readonly step: string;
      readonly samples: number;
    }
  | { readonly kind: 'not-certified'; readonly reason: string };

const MAX_LOOKS = 4;
/** Arrivals are random: a window sized for exactly the samples wanted would fall short half of the time. */
const SPARE_RATIO = 1.15;

export interface ConfirmOptions {
  readonly plan: SearchPlan;
  readonly confidence: number;
  /** The step that held at the highest rate below the lowest missed one. */
  readonly held: ResultStep;
  readonly untilMs: number;
}

/** Confidence of each look, such that all looks together err no more often than one at `confidence` (Bonferroni). */
export const confidenceOfLook = (confidence: number): number => 1 - (1 - confidence) / MAX_LOOKS;

/**
 * Runs the rate that was found again, with as many samples as certify it, and lower ones until one does. The step of
 * the search itself does not count as evidence: it was chosen because it held.
 */
export async function confirmCapacity(
  context: RunContext,
  { plan, confidence, held, untilMs }: ConfirmOptions,
): Promise<{ readonly steps: ResultStep[]; readonly confirmation: Confirmation }> {
  const { slos } = context.scenario;
  const ofLook = confidenceOfLook(confidence);
  const steps: ResultStep[] = [];
  const end = (confirmation: Confirmation) => ({ steps, confirmation });
  let ratePerS = computeOfferedPerS(held);
  for (let look = 1; look <= MAX_LOOKS; look++, ratePerS *= 1 - plan.resolutionRatio) {
    const samples = estimateSamplesToCertify(steps.at(-1) ?? held, slos, ofLook);
    const windowMs = Math.max(plan.windowMs, msFromS((samples * SPARE_RATIO) / ratePerS));
    if (performance.now() + plan.warmUpMs + windowMs > untilMs) {
      const reason = `${samples} samples at ${ratePerS.toFixed(1)} turns/s take longer than the time left`;
      return end({ kind: 'not-certified', reason });
    }
    const load = { turnsPerS: ratePerS, warmUpMs: plan.warmUpMs, windowMs };
    const step = await runOpenStep(context, load, { name: `confirm ${look}` });
    if (step === undefined || context.signal.aborted) break;
    steps.push(step);
    if (isMetAt(step, slos, ofLook)) {
      const turnsPerS = computeOfferedPerS(step);
      const { offered } = step.counts;
      return end({ kind: 'certified', turnsPerS, confidence, step: step.name, samples: offered });
    }
  }
  return end({ kind: 'not-certified', reason: `none of ${steps.length} rates met every objective` });
}
