import type { SearchPlan } from '../../scenarios/load.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import { msFromS } from '../../vocabulary/units.ts';
import { computeOfferedPerS, isSustained } from '../judge/read-step.ts';
import { confirmCapacity } from './confirm-capacity.ts';
import { runOpenStep } from './open-step.ts';
import { probeCapacity } from './probe.ts';
import type { RunContext } from './step-context.ts';
import type { PlanRunner, StepsOutcome } from './steps-outcome.ts';

/** What the steps so far say: rates in turns/s; `metPerS` 0 and `missedPerS` ∞ while not seen. */
export interface Bracket {
  readonly metPerS: number;
  readonly missedPerS: number;
}

export const OPEN_BRACKET: Bracket = { metPerS: 0, missedPerS: Number.POSITIVE_INFINITY };

/** First step at this share of the probe's estimate; a closed loop without thinking overstates. */
const FIRST_SHARE_RATIO = 0.6;
const UP_RATIO = 1.5;
const DOWN_RATIO = 0.5;

/** The bracket after a step at `ratePerS`. A miss below an earlier success pulls that success down with it. */
export function narrowBracket(bracket: Bracket, ratePerS: number, isMet: boolean): Bracket {
  if (isMet)
    return ratePerS < bracket.missedPerS
      ? { ...bracket, metPerS: Math.max(bracket.metPerS, ratePerS) }
      : bracket;
  const metPerS = ratePerS <= bracket.metPerS ? 0 : bracket.metPerS;
  return { metPerS, missedPerS: Math.min(bracket.missedPerS, ratePerS) };
}

/** The next rate to try: up by half while all is met, down by half while nothing is, else the geometric middle. */
export function chooseNextRate(bracket: Bracket, lastPerS: number): number {
  if (bracket.missedPerS === Number.POSITIVE_INFINITY) return lastPerS * UP_RATIO;
  if (bracket.metPerS === 0) return Math.min(lastPerS, bracket.missedPerS) * DOWN_RATIO;
  return Math.sqrt(bracket.metPerS * bracket.missedPerS);
}

/** Whether the ends of the bracket are within the ratio of each other. */
export const isNarrow = (bracket: Bracket, resolutionRatio: number): boolean =>
  bracket.metPerS > 0 && bracket.missedPerS <= bracket.metPerS * (1 + resolutionRatio);

/** Samples that certify a p95 (vocabulary/percentiles.ts). */
const WANTED_SAMPLES = 130;
/** No step takes more than this share of the time that is left. */
const MAX_STEP_SHARE_RATIO = 0.34;

/** Longer windows for low rates, as far as the time left allows. */
export function chooseWindowMs(plan: SearchPlan, ratePerS: number, leftMs: number): number {
  const wantedMs = msFromS(WANTED_SAMPLES / ratePerS);
  return Math.max(plan.windowMs, Math.min(wantedMs, leftMs * MAX_STEP_SHARE_RATIO));
}

/** Where a search stands. */
interface Search {
  readonly context: RunContext;
  readonly plan: SearchPlan;
  readonly untilMs: number;
  readonly steps: ResultStep[];
  bracket: Bracket;
  ratePerS: number;
  /** Grows when a step saw no arrival. */
  minWindowMs: number;
}

/** Runs the next step of a search; false when there is nothing more to run. */
async function takeStep(search: Search): Promise<boolean> {
  const { context, plan, steps, ratePerS, minWindowMs } = search;
  const leftMs = search.untilMs - performance.now();
  if (steps.length > 0 && leftMs < plan.warmUpMs + minWindowMs) return false;
  const windowMs = Math.max(minWindowMs, chooseWindowMs(plan, ratePerS, leftMs));
  const load = { turnsPerS: ratePerS, warmUpMs: plan.warmUpMs, windowMs };
  const step = await runOpenStep(context, load, { name: `step ${steps.length + 1}` });
  if (step === undefined) return false;
  steps.push(step);
  if (step.counts.offered === 0) {
    // Nothing arrived, so nothing was learnt: the same rate for longer.
    search.minWindowMs = windowMs * 2;
    return true;
  }
  const isMet = isSustained(step, context.scenario.slos);
  search.bracket = narrowBracket(search.bracket, computeOfferedPerS(step), isMet);
  if (isMet && ratePerS >= plan.maxTurnsPerS) return false;
  search.ratePerS = Math.min(plan.maxTurnsPerS, chooseNextRate(search.bracket, ratePerS));
  return true;
}

/** Steps at rates chosen from the outcomes before, until the bracket is narrow or the time is used. */
async function climb(search: Search): Promise<void> {
  const { context, plan, steps } = search;
  while (steps.length < plan.maxSteps && !isNarrow(search.bracket, plan.resolutionRatio)) {
    if (context.signal.aborted || !(await takeStep(search))) return;
  }
}

/** Of the budget, kept for the confirmation where one is asked for. */
const CONFIRM_SHARE_RATIO = 0.5;

/** The step of the highest rate that held below all that did not. */
const heldStep = ({ steps, bracket }: Search): ResultStep | undefined =>
  steps.find((step) => step.counts.offered > 0 && computeOfferedPerS(step) === bracket.metPerS);

async function confirm(search: Search, untilMs: number): Promise<StepsOutcome> {
  const { context, plan, steps } = search;
  const { confidence } = plan;
  const held = heldStep(search);
  if (confidence === undefined || held === undefined || context.signal.aborted) return { steps };
  const confirmed = await confirmCapacity(context, { plan, confidence, held, untilMs });
  return { steps: [...steps, ...confirmed.steps], notes: { confirmation: confirmed.confirmation } };
}

/**
 * Finds the largest rate that meets every objective within the plan's time, and confirms it where the plan states a
 * confidence. All open-loop steps are kept.
 */
export const runSearchSteps: PlanRunner<'find-capacity'> = async (context, plan) => {
  const startedAtMs = performance.now();
  const climbShareRatio = plan.confidence === undefined ? 1 : 1 - CONFIRM_SHARE_RATIO;
  const probe = await probeCapacity(context, plan);
  if (context.signal.aborted) return { steps: [], notes: { probe } };
  const search: Search = {
    context,
    plan,
    untilMs: startedAtMs + plan.budgetMs * climbShareRatio,
    steps: [],
    bracket: OPEN_BRACKET,
    ratePerS: Math.min(probe.estimateTurnsPerS * FIRST_SHARE_RATIO, plan.maxTurnsPerS),
    minWindowMs: plan.windowMs,
  };
  await climb(search);
  const { steps, notes } = await confirm(search, startedAtMs + plan.budgetMs);
  return { steps, notes: { probe, ...notes } };
};
