import type { ResultFile, ResultStep } from '../../vocabulary/result-file.ts';
import type { Slo } from '../../vocabulary/slo.ts';
import { computeOfferedPerS, evaluateStep, isSustained } from './read-step.ts';

/** The largest rate that met every objective, and what is known of where the crossing lies. */
export type CapacityEstimate =
  | {
      readonly kind: 'bracketed';
      readonly turnsPerS: number;
      /** The lowest measured rate that did not hold. */
      readonly missedTurnsPerS: number;
      readonly step: string;
      /** Whether every objective of that step is met at 95 % confidence. */
      readonly isCertified: boolean;
    }
  | {
      readonly kind: 'at-least';
      readonly turnsPerS: number;
      readonly step: string;
      readonly isCertified: boolean;
    }
  | { readonly kind: 'below'; readonly missedTurnsPerS: number }
  | { readonly kind: 'unknown' };

/** Plans that choose their rates by what they see: two such results hardly ever have a rate in common. */
const SEARCHES: readonly unknown[] = ['find-capacity', 'calibrate'];

/** Whether a result comes from a search for capacity over rates of turns. */
export function isCapacitySearch({ scenario, steps }: Pick<ResultFile, 'scenario' | 'steps'>): boolean {
  const { kind } = (scenario.load ?? {}) as { readonly kind?: unknown };
  return SEARCHES.includes(kind) && steps.every((step) => step.load.kind === 'open');
}

interface RatedStep {
  readonly step: ResultStep;
  readonly turnsPerS: number;
  readonly isSustained: boolean;
}

/** Steps of an open loop, by the rate that was really offered; one without any arrival says nothing of a rate. */
function rateSteps(steps: readonly ResultStep[], slos: readonly Slo[]): RatedStep[] {
  return steps
    .filter((step) => step.load.kind === 'open' && step.counts.offered > 0)
    .map((step) => ({ step, turnsPerS: computeOfferedPerS(step), isSustained: isSustained(step, slos) }))
    .sort((a, b) => a.turnsPerS - b.turnsPerS);
}

/**
 * Capacity under the result's objectives: the largest sustained rate below the lowest one that was not. Steps above a
 * missed one do not count, even when they held: the careful reading.
 */
export function estimateCapacity(result: Pick<ResultFile, 'steps' | 'slos'>): CapacityEstimate {
  const rated = rateSteps(result.steps, result.slos);
  const missed = rated.find((step) => !step.isSustained);
  const best = rated.slice(0, missed === undefined ? rated.length : rated.indexOf(missed)).at(-1);
  if (best === undefined) {
    return missed === undefined ? { kind: 'unknown' } : { kind: 'below', missedTurnsPerS: missed.turnsPerS };
  }
  const isCertified = evaluateStep(best.step, result.slos).every((verdict) => verdict.kind === 'met');
  const known = { turnsPerS: best.turnsPerS, step: best.step.name, isCertified };
  return missed === undefined
    ? { kind: 'at-least', ...known }
    : { kind: 'bracketed', missedTurnsPerS: missed.turnsPerS, ...known };
}
