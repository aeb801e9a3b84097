import type { LoadPlan, OpenStep } from '../../scenarios/load.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { failed, ok, type Result } from '../../vocabulary/errors.ts';
import { geometricPoints } from './geometric-points.ts';
import { interactionsPerSFromTurns } from './schedule.ts';

/** One open-loop step whose rate is known before the run. */
export interface PlannedStep {
  readonly name: string;
  readonly interactionsPerS: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
}

/** A rate and time in place of those of the load plan, for plans that find theirs while they run. */
export interface StepOverride {
  readonly turnsPerS?: number;
  readonly interactionsPerS?: number;
  readonly warmUpMs?: number;
  readonly windowMs?: number;
}

function openStepsOf(load: LoadPlan): readonly OpenStep[] {
  switch (load.kind) {
    case 'steps':
      return load.steps;
    case 'sweep': {
      const { values, range, over, warmUpMs, windowMs } = load;
      if (over === 'concurrency') return [];
      const points = range === undefined ? values : geometricPoints(range.from, range.to, range.points);
      return (points ?? []).map((value) => ({ [over]: value, warmUpMs, windowMs }));
    }
    case 'ab': {
      const { turnsPerS, interactionsPerS, warmUpMs, windowMs } = load;
      return turnsPerS === undefined && interactionsPerS === undefined
        ? []
        : [{ turnsPerS, interactionsPerS, warmUpMs, windowMs }];
    }
    default:
      return [];
  }
}

const DEFAULT_WINDOW_MS = 10_000;
const DEFAULT_WARM_UP_MS = 2_000;

function overridden(steps: readonly OpenStep[], override: StepOverride): readonly OpenStep[] {
  const { turnsPerS, interactionsPerS } = override;
  if (turnsPerS !== undefined || interactionsPerS !== undefined) {
    const warmUpMs = override.warmUpMs ?? steps[0]?.warmUpMs ?? DEFAULT_WARM_UP_MS;
    const windowMs = override.windowMs ?? steps[0]?.windowMs ?? DEFAULT_WINDOW_MS;
    return [{ turnsPerS, interactionsPerS, warmUpMs, windowMs }];
  }
  return steps.map((step) => ({
    ...step,
    warmUpMs: override.warmUpMs ?? step.warmUpMs,
    windowMs: override.windowMs ?? step.windowMs,
  }));
}

/** The open-loop steps that a scenario will run, one repetition of each. Plans that find their rates need an override. */
export function planSteps(
  { load, name }: Scenario,
  meanTurns: number,
  override: StepOverride = {},
): Result<readonly PlannedStep[]> {
  const steps = overridden(openStepsOf(load), override);
  if (steps.length === 0) {
    return failed('USAGE', `scenario ${name} finds its rates while it runs (load ${load.kind})`, {
      hint: 'Give one with --turns-per-s or --interactions-per-s.',
    });
  }
  return ok(
    steps.map(({ turnsPerS, interactionsPerS, warmUpMs, windowMs }, i) => ({
      name: `step ${i + 1}`,
      interactionsPerS: interactionsPerS ?? interactionsPerSFromTurns(turnsPerS ?? Number.NaN, meanTurns),
      warmUpMs,
      windowMs,
    })),
  );
}
