import type { LoadPlan, SweepPlan } from '../../../scenarios/load.ts';
import type { Scenario } from '../../../scenarios/scenario.ts';
import { failed, ok, type Result } from '../../../vocabulary/errors.ts';
import type { StepLoad } from '../../../vocabulary/result-file.ts';
import { pointsOf } from '../../run/plan-sweep.ts';
import { labelReplication, type StepLabel } from '../../run/step-label.ts';
import { interactionsPerSFromTurns } from '../../workload/schedule.ts';

/** `rate`: k6's own arrival-rate executors; `schedule`: the instants that the native engine would keep. */
export type K6Arrivals = 'rate' | 'schedule';

/** What a step of the load plan asks for, as the native engine would name and draw it. */
export interface WantedStep {
  readonly label: StepLabel;
  readonly load: StepLoad;
  readonly warmUpMs: number;
  readonly windowMs: number;
}

/** One rate in place of the load plan, and how long each step is measured. */
export interface StepOverrides {
  readonly turnsPerS?: number;
  readonly durationMs?: number;
}

type Point = Omit<WantedStep, 'label'>;

interface Rate {
  readonly interactionsPerS?: number | undefined;
  readonly turnsPerS?: number | undefined;
}

function openLoad(rate: Rate, meanTurns: number): StepLoad {
  const interactionsPerS = rate.interactionsPerS ?? interactionsPerSFromTurns(rate.turnsPerS ?? 1, meanTurns);
  return { kind: 'open', interactionsPerS, turnsPerS: interactionsPerS * meanTurns };
}

/** All steps once, then all of them again, as the native engine repeats them. */
const repeatedSteps = (points: readonly Point[], replications: number): WantedStep[] =>
  Array.from({ length: replications }, (_, replication) =>
    points.map((point, i) => ({
      ...point,
      label: labelReplication(`step ${i + 1}`, replication, replications),
    })),
  ).flat();

/** All repetitions of a point of a sweep before the next point. */
function sweepSteps(plan: SweepPlan, meanTurns: number): WantedStep[] {
  const { over, warmUpMs, windowMs, replications } = plan;
  return pointsOf(plan).flatMap((value, i) => {
    const load: StepLoad =
      over === 'concurrency'
        ? { kind: 'closed', concurrency: value }
        : openLoad({ [over]: value }, meanTurns);
    return Array.from({ length: replications }, (_, replication) => ({
      label: labelReplication(`step ${i + 1}`, replication, replications),
      load,
      warmUpMs,
      windowMs,
    }));
  });
}

const USUAL_WARM_UP_MS = 2_000;
const USUAL_WINDOW_MS = 10_000;

function oneStep(load: LoadPlan, overrides: StepOverrides, meanTurns: number): WantedStep {
  return {
    label: { name: 'step 1' },
    load: openLoad({ turnsPerS: overrides.turnsPerS }, meanTurns),
    warmUpMs: 'warmUpMs' in load ? load.warmUpMs : USUAL_WARM_UP_MS,
    windowMs: overrides.durationMs ?? USUAL_WINDOW_MS,
  };
}

function refused(kind: LoadPlan['kind']): Result<never> {
  if (kind === 'ab') {
    return failed('USAGE', 'k6 has one target, and a load plan of kind ab compares two', {
      hint: 'Give one rate with --turns-per-s and run it against each target, or compare with busyhour bench --b-url.',
    });
  }
  return failed('USAGE', `k6 cannot follow a load plan of kind ${kind}, which decides while it runs`, {
    hint: 'Give one rate with --turns-per-s, or a scenario whose load is steps, closed or sweep.',
  });
}

function plannedSteps(load: LoadPlan, meanTurns: number): Result<WantedStep[]> {
  switch (load.kind) {
    case 'closed': {
      const points = load.steps.map(
        ({ concurrency, ...spans }): Point => ({ load: { kind: 'closed', concurrency }, ...spans }),
      );
      return ok(repeatedSteps(points, load.replications));
    }
    case 'steps': {
      const points = load.steps.map(
        ({ warmUpMs, windowMs, ...rate }): Point => ({ load: openLoad(rate, meanTurns), warmUpMs, windowMs }),
      );
      return ok(repeatedSteps(points, load.replications));
    }
    case 'sweep':
      return ok(sweepSteps(load, meanTurns));
    default:
      return refused(load.kind);
  }
}

/** The steps asked for; a search has none of its own and needs a rate. */
export function wantedSteps(
  { load }: Scenario,
  overrides: StepOverrides,
  meanTurns: number,
): Result<WantedStep[]> {
  if (overrides.turnsPerS !== undefined) return ok([oneStep(load, overrides, meanTurns)]);
  const planned = plannedSteps(load, meanTurns);
  const { durationMs } = overrides;
  if (planned.kind === 'failed' || durationMs === undefined) return planned;
  return ok(planned.value.map((step) => ({ ...step, windowMs: durationMs })));
}
