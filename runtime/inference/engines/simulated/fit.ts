import { simulateClosedLoop } from './closed-loop.ts';
import type { MeasuredPoint } from './measured-points.ts';
import type { FitError } from './profile.ts';
import type { SchedulerLimits } from './scheduler.ts';

/** The fitted parameters, in the order of `START`. */
export interface FitParameters {
  readonly baseMs: number;
  readonly perSequenceMs: number;
  readonly perPrefillTokenMs: number;
  readonly perKvTokenMs: number;
  readonly maxStepTokens: number;
  readonly kvCapacityTokens: number;
  readonly requestOverheadMs: number;
  readonly requestOverheadPerPromptTokenMs: number;
}

/** Requests that each user of the benchmark sends: the published runs do not say; ten is the tool's usual. */
export const REQUESTS_PER_USER = 10;
/** The published points ran without a limit that binds. */
const UNBOUND_SEQUENCES = 1024;
export const KV_BLOCK_TOKENS = 16;

const START: FitParameters = {
  baseMs: 13,
  perSequenceMs: 0.1,
  perPrefillTokenMs: 0.06,
  perKvTokenMs: 0.00002,
  maxStepTokens: 2048,
  kvCapacityTokens: 300_000,
  requestOverheadMs: 20,
  requestOverheadPerPromptTokenMs: 0.02,
};
const NAMES = Object.keys(START) as readonly (keyof FitParameters)[];

export function limitsFrom(p: FitParameters, maxSequences = UNBOUND_SEQUENCES): SchedulerLimits {
  return {
    maxSequences,
    kvCapacityTokens: Math.round(p.kvCapacityTokens),
    kvBlockTokens: KV_BLOCK_TOKENS,
    maxStepTokens: Math.max(UNBOUND_SEQUENCES, Math.round(p.maxStepTokens)),
    requestOverheadMs: p.requestOverheadMs,
    requestOverheadPerPromptTokenMs: p.requestOverheadPerPromptTokenMs,
    stepCost: {
      baseMs: p.baseMs,
      perSequenceMs: p.perSequenceMs,
      perPrefillTokenMs: p.perPrefillTokenMs,
      perKvTokenMs: p.perKvTokenMs,
    },
  };
}

const simulate = (limits: SchedulerLimits, point: MeasuredPoint) =>
  simulateClosedLoop(limits, { ...point, requestsPerUser: REQUESTS_PER_USER });

const squaredLogRatio = (a: number, b: number): number => Math.log(a / b) ** 2;

/** A run that cannot fit the KV cache costs this much per point: more than any that can. */
const IMPOSSIBLE = 100;
/** Times to first token depend on how the benchmark started, which is not published: half weight. */
const FIRST_TOKEN_WEIGHT = 0.5;

/** Mean squared log ratio of simulated and measured times and throughput. */
export function computeLoss(limits: SchedulerLimits, points: readonly MeasuredPoint[]): number {
  let sum = 0;
  for (const point of points) {
    if (point.inputTokens + point.outputTokens > limits.kvCapacityTokens) {
      sum += IMPOSSIBLE;
      continue;
    }
    const means = simulate(limits, point);
    sum += FIRST_TOKEN_WEIGHT * squaredLogRatio(means.timeToFirstTokenMs, point.timeToFirstTokenMs);
    sum += squaredLogRatio(means.timePerOutputTokenMs, point.timePerOutputTokenMs);
    sum += squaredLogRatio(means.requestsPerS, point.requestsPerS);
  }
  return sum / points.length;
}

/** Mean absolute percentage errors, as ratios, of the simulator on points. */
export function computeFitError(limits: SchedulerLimits, points: readonly MeasuredPoint[]): FitError {
  const sums = { first: 0, perToken: 0, throughput: 0 };
  for (const point of points) {
    const means = simulate(limits, point);
    sums.first += Math.abs(means.timeToFirstTokenMs / point.timeToFirstTokenMs - 1);
    sums.perToken += Math.abs(means.timePerOutputTokenMs / point.timePerOutputTokenMs - 1);
    sums.throughput += Math.abs(means.requestsPerS / point.requestsPerS - 1);
  }
  const n = points.length;
  return {
    points: n,
    timeToFirstTokenMapeRatio: sums.first / n,
    timePerOutputTokenMapeRatio: sums.perToken / n,
    requestsPerSMapeRatio: sums.throughput / n,
  };
}

const FIRST_LOG_STEP = 0.3;
const GROW = 1.5;
const SHRINK = 0.5;

/**
 * Least squares over log ratios by pattern search: each parameter in turn is moved up and down by a factor that grows
 * on success and shrinks on failure. Deterministic; all parameters stay positive.
 */
export function fitParameters(
  points: readonly MeasuredPoint[],
  rounds: number,
  start: FitParameters = START,
): FitParameters {
  let best = start;
  let bestLoss = computeLoss(limitsFrom(best), points);
  const steps = new Map(NAMES.map((name) => [name, FIRST_LOG_STEP]));
  for (let round = 0; round < rounds; round++) {
    for (const name of NAMES) {
      const step = steps.get(name) ?? FIRST_LOG_STEP;
      const candidates = [step, -step].map((by) => ({ ...best, [name]: best[name] * Math.exp(by) }));
      const better = candidates.find((candidate) => {
        const loss = computeLoss(limitsFrom(candidate), points);
        if (loss >= bestLoss) return false;
        bestLoss = loss;
        return true;
      });
      best = better ?? best;
      steps.set(name, step * (better === undefined ? SHRINK : GROW));
    }
  }
  return best;
}

/** Cross-validation: every group of equal lengths is predicted by a fit to the other groups. */
export function computeHeldOutError(points: readonly MeasuredPoint[], rounds: number): FitError {
  const groups = [...Map.groupBy(points, (p) => `${p.inputTokens}/${p.outputTokens}`).values()];
  const errors = groups.map((group) => {
    const others = points.filter((point) => !group.includes(point));
    return computeFitError(limitsFrom(fitParameters(others, rounds)), group);
  });
  const mean = (of: (error: FitError) => number): number =>
    errors.reduce((sum, error) => sum + of(error) * error.points, 0) / points.length;
  return {
    points: points.length,
    timeToFirstTokenMapeRatio: mean((error) => error.timeToFirstTokenMapeRatio),
    timePerOutputTokenMapeRatio: mean((error) => error.timePerOutputTokenMapeRatio),
    requestsPerSMapeRatio: mean((error) => error.requestsPerSMapeRatio),
  };
}
