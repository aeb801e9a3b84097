import type { Scenario } from '../../../scenarios/scenario.ts';
import { failed, type Issue, ok, type Result } from '../../../vocabulary/errors.ts';
import { createRandom } from '../../../vocabulary/random.ts';
import type { StepLoad } from '../../../vocabulary/result-file.ts';
import { MS_PER_S, sFromMs } from '../../../vocabulary/units.ts';
import { createArrivalModel } from '../../arrivals/arrivals.ts';
import { streamOf } from '../../run/step-label.ts';
import { estimateMeanShape, type MeanShape } from '../../workload/interaction.ts';
import { partsOf } from './body/protocol-parts.ts';
import { arrivalExecutor, constantVus, type K6Executor, scheduledExecutor } from './executors.ts';
import { isStationary, notesFor } from './notes.ts';
import { drawScheduled, drawShapes, type K6Shape } from './shapes.ts';
import { type K6Arrivals, type StepOverrides, type WantedStep, wantedSteps } from './wanted-steps.ts';

/** `turnsPerS` is one step for plans that k6 cannot follow (searches). */
export interface K6PlanOptions extends StepOverrides {
  readonly arrivals: K6Arrivals;
  readonly seed?: number;
}

/** One step as k6 runs it: a k6 scenario of its own, after the one before. */
export interface K6Step {
  /** Name of the k6 scenario: `step_1`. */
  readonly id: string;
  readonly name: string;
  /** Which repetition it is, where the plan repeats. */
  readonly block?: number;
  readonly load: StepLoad;
  readonly warmUpMs: number;
  readonly windowMs: number;
  /** From the start of the test. */
  readonly startsAtMs: number;
  /** Whether the script knows when an interaction was due: not with k6's arrival rates. */
  readonly knowsSchedule: boolean;
  readonly executor: K6Executor;
  /** The step's part of the plan's shapes. */
  readonly firstShape: number;
  readonly shapes: number;
}

export interface K6Plan {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly arrivals: K6Arrivals;
  readonly meanShape: MeanShape;
  readonly steps: readonly K6Step[];
  readonly shapes: readonly K6Shape[];
  readonly notes: readonly string[];
}

/** Time after a step in which its last requests end, each within its own limit. */
const SPARE_MS = MS_PER_S;

interface Draft {
  readonly steps: K6Step[];
  readonly shapes: K6Shape[];
  startsAtMs: number;
}

interface StepInputs {
  readonly scenario: Scenario;
  readonly options: K6PlanOptions;
  readonly meanShape: MeanShape;
  readonly seed: number;
}

function shapesOfStep({ scenario, options, seed }: StepInputs, step: WantedStep): K6Shape[] {
  const random = createRandom(seed).fork(streamOf(step.label));
  const spanMs = step.warmUpMs + step.windowMs;
  return step.load.kind === 'open' && options.arrivals === 'schedule'
    ? drawScheduled(scenario, { ratePerS: step.load.interactionsPerS, spanMs }, random)
    : drawShapes(scenario.workload, random);
}

function executorOf(inputs: StepInputs, step: WantedStep, shapes: readonly K6Shape[]): K6Executor {
  const { scenario, options, meanShape } = inputs;
  const spanMs = step.warmUpMs + step.windowMs;
  const stopMs = partsOf(scenario.protocol).requestsPerTurn * scenario.timeouts.totalMs + SPARE_MS;
  if (step.load.kind !== 'open') {
    const users = step.load.kind === 'closed' ? step.load.concurrency : 1;
    return constantVus(users, spanMs, stopMs);
  }
  const responseMs = 'nominalResponseMs' in scenario.workload ? scenario.workload.nominalResponseMs : 1_000;
  const { meanTurnsPerInteraction: turns, meanThinkTimeMs: thinkMs } = meanShape;
  const interactionMs = turns * responseMs + (turns - 1) * thinkMs;
  if (options.arrivals === 'schedule') {
    return scheduledExecutor({ shapes, responseMs, spanMs, stopMs, maxVus: scenario.maxInFlight });
  }
  return arrivalExecutor({
    model: createArrivalModel(scenario.arrivals),
    isStationary: isStationary(scenario.arrivals),
    interactionsPerS: step.load.interactionsPerS,
    spanMs,
    stopMs,
    interactionMs,
    maxVus: scenario.maxInFlight,
  });
}

function addStep(draft: Draft, inputs: StepInputs, step: WantedStep): void {
  const shapes = shapesOfStep(inputs, step);
  const { scenario, options } = inputs;
  const { label, load, warmUpMs, windowMs } = step;
  draft.steps.push({
    id: `step_${draft.steps.length + 1}`,
    name: label.name,
    ...(label.block === undefined ? {} : { block: label.block }),
    load,
    warmUpMs,
    windowMs,
    startsAtMs: draft.startsAtMs,
    knowsSchedule: load.kind === 'closed' || options.arrivals === 'schedule',
    executor: executorOf(inputs, step, shapes),
    firstShape: draft.shapes.length,
    shapes: shapes.length,
  });
  draft.shapes.push(...shapes);
  draft.startsAtMs += warmUpMs + windowMs + Math.max(scenario.drainMs, SPARE_MS);
}

/** k6 refuses a duration below. */
const SHORTEST_STEP_MS = MS_PER_S;

function tooShort(steps: readonly WantedStep[]): Issue[] {
  return steps
    .filter(({ warmUpMs, windowMs }) => warmUpMs + windowMs < SHORTEST_STEP_MS)
    .map(({ label, warmUpMs, windowMs }) => ({
      path: label.name,
      expected: `warm-up and window of ${SHORTEST_STEP_MS} ms or more together`,
      got: `${warmUpMs + windowMs} ms`,
      fix: 'measure for longer (--duration-s)',
    }));
}

/** More would make a script of tens of megabytes, which every virtual user's start has to read. */
const MAX_SHAPES = 100_000;

/** What k6 will do for a scenario of any protocol; fails where its load cannot be known ahead. */
export function createK6Plan(scenario: Scenario, given: K6PlanOptions): Result<K6Plan> {
  // A trace is instants and nothing else: no rate stands for it.
  const arrivals = scenario.arrivals.kind === 'trace' ? 'schedule' : given.arrivals;
  const options = { ...given, arrivals };
  const seed = options.seed ?? scenario.seed;
  const meanShape = estimateMeanShape(scenario.workload, createRandom(seed).fork('shape'));
  const wanted = wantedSteps(scenario, options, meanShape.meanTurnsPerInteraction);
  if (wanted.kind === 'failed') return wanted;
  const issues = tooShort(wanted.value);
  if (issues.length > 0) return failed('USAGE', 'k6 runs no step this short', { issues });
  const draft: Draft = { steps: [], shapes: [], startsAtMs: 0 };
  for (const step of wanted.value) addStep(draft, { scenario, options, meanShape, seed }, step);
  if (draft.shapes.length > MAX_SHAPES) {
    return failed('USAGE', `the schedule has ${draft.shapes.length} interactions, more than ${MAX_SHAPES}`, {
      hint: `Take --arrivals rate, or less than ${Math.floor(sFromMs(draft.startsAtMs))} s.`,
    });
  }
  const { steps, shapes } = draft;
  const notes = notesFor(scenario, arrivals, wanted.value);
  return ok({ scenario, seed, arrivals, meanShape, steps, shapes, notes });
}
