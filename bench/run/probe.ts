import type { SearchPlan } from '../../scenarios/load.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import { msFromS, sFromMs } from '../../vocabulary/units.ts';
import { histogramOf } from '../judge/read-step.ts';
import { runClosedStep } from './closed-step.ts';
import { RunJournal } from './run-journal.ts';
import type { RunContext } from './step-context.ts';

/** What the probe saw at one number of users without think time. */
export interface ProbeLevel {
  readonly concurrency: number;
  readonly turnsPerS: number;
  readonly p95Ms: number | undefined;
}

/** A rough capacity, only to know where to look; it is no part of the result's steps. */
export interface Probe {
  readonly levels: readonly ProbeLevel[];
  readonly estimateTurnsPerS: number;
}

const LEVELS = [1, 4, 16, 64] as const;
/** Of a level's time; the rest is for answers to end. Users who start at once are counted: a rough figure needs no warm-up. */
const WINDOW_SHARE_RATIO = 0.7;
/** Slow targets are waited for at least so long, however little time a level has. */
const MIN_DRAIN_MS = 2_000;
/** More users that bring less than this are not worth the time. */
const MIN_GAIN_RATIO = 1.1;

function latencyLimitMs(context: RunContext): number {
  return context.scenario.slos.reduce(
    (limitMs, slo) =>
      slo.kind === 'latency' && slo.metric === 'latencyMs' ? Math.min(limitMs, slo.limitMs) : limitMs,
    Number.POSITIVE_INFINITY,
  );
}

/** Throughput by the interactive response-time law without think time, X = N ÷ R; by count where nothing completed. */
function readLevel(step: ResultStep, concurrency: number): ProbeLevel {
  const latency = histogramOf(step, 'latencyMs');
  const meanMs = latency?.meanMs;
  const turnsPerS =
    meanMs === undefined || meanMs === 0
      ? step.counts.offered / sFromMs(step.windowMs)
      : msFromS(concurrency / meanMs);
  return { concurrency, turnsPerS, p95Ms: latency?.percentileMs(95) };
}

const SMALLEST_ESTIMATE_PER_S = 0.5;

/** Doubles twice at a time the users who ask without thinking, until the objective is missed or more bring no more. */
export async function probeCapacity(
  context: RunContext,
  plan: Pick<SearchPlan, 'budgetMs' | 'probeShareRatio'>,
): Promise<Probe> {
  const levelMs = (plan.budgetMs * plan.probeShareRatio) / LEVELS.length;
  const limitMs = latencyLimitMs(context);
  const levels: ProbeLevel[] = [];
  let best = SMALLEST_ESTIMATE_PER_S;
  // Users beyond the in-flight limit would be turned away without ever having waited.
  for (const concurrency of LEVELS.filter((users) => users <= context.scenario.maxInFlight)) {
    const spans = { warmUpMs: 0, windowMs: levelMs * WINDOW_SHARE_RATIO };
    const drainMs = Math.max(MIN_DRAIN_MS, levelMs * (1 - WINDOW_SHARE_RATIO));
    const options = { concurrency, ...spans, drainMs, thinkTime: 'none' as const };
    const quiet = { ...context, onProgress: () => {}, metricsUrls: [], journal: new RunJournal() };
    const step = await runClosedStep(quiet, options, { name: `probe ${concurrency}` });
    if (step === undefined) break;
    const level = readLevel(step, concurrency);
    levels.push(level);
    context.onProgress({ kind: 'probe', ...level });
    if (level.p95Ms === undefined || level.p95Ms > limitMs) break;
    const isWorthMore = level.turnsPerS > best * MIN_GAIN_RATIO;
    best = Math.max(best, level.turnsPerS);
    if (!isWorthMore) break;
  }
  return { levels, estimateTurnsPerS: best };
}
