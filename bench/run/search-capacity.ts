import type { SearchPlan } from '../../scenarios/load.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import { msFromS } from '../../vocabulary/units.ts';
import { computeOfferedPerS, isSustained } from '../judge/read-step.ts';
import { runOpenStep } from './open-step.ts';
import { probeCapacity } from './probe.ts';
import type { RunContext } from './step-context.ts';
import type { StepsOutcome } from './steps-outcome.ts';

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

/** Steps at rates chosen from the outcomes before, until the bracket is narrow or the time is used. */
async function climb(
  context: RunContext,
  plan: SearchPlan,
  firstPerS: number,
  untilMs: number,
): Promise<ResultStep[]> {
  const { scenario, signal } = context;
  const steps: ResultStep[] = [];
  let bracket = OPEN_BRACKET;
  let ratePerS = Math.min(firstPerS, plan.maxTurnsPerS);
  while (steps.length < plan.maxSteps && !signal.aborted && !isNarrow(bracket, plan.resolutionRatio)) {
    const leftMs = untilMs - performance.now();
    const shortestMs = plan.warmUpMs + plan.windowMs;
    if (steps.length > 0 && leftMs < shortestMs) break;
    const windowMs = chooseWindowMs(plan, ratePerS, leftMs);
    const load = { turnsPerS: ratePerS, warmUpMs: plan.warmUpMs, windowMs };
    const step = await runOpenStep(context, load, `step ${steps.length + 1}`);
    if (step === undefined) break;
    steps.push(step);
    const isMet = isSustained(step, scenario.slos);
    // A short step at a low rate may see no arrival at all: then it says nothing beyond the rate asked for.
    const offeredPerS = step.counts.offered === 0 ? ratePerS : computeOfferedPerS(step);
    bracket = narrowBracket(bracket, offeredPerS, isMet);
    if (isMet && ratePerS >= plan.maxTurnsPerS) break;
    ratePerS = Math.min(plan.maxTurnsPerS, chooseNextRate(bracket, ratePerS));
  }
  return steps;
}

/** Finds the largest rate that meets every objective within the plan's time. All open-loop steps are kept. */
export async function runSearchSteps(context: RunContext, plan: SearchPlan): Promise<StepsOutcome> {
  const untilMs = performance.now() + plan.budgetMs;
  const probe = await probeCapacity(context, plan);
  if (context.signal.aborted) return { steps: [], notes: { probe } };
  const steps = await climb(context, plan, probe.estimateTurnsPerS * FIRST_SHARE_RATIO, untilMs);
  return { steps, notes: { probe } };
}
