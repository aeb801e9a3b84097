import type { Arrivals } from '../../../scenarios/arrivals.ts';
import type { ClosedPlan, StepsPlan } from '../../../scenarios/load.ts';
import type { Scenario } from '../../../scenarios/scenario.ts';
import { failed, type Issue, ok, type Result } from '../../../vocabulary/errors.ts';
import { createRandom } from '../../../vocabulary/random.ts';
import type { StepLoad } from '../../../vocabulary/result-file.ts';
import { MS_PER_S, sFromMs } from '../../../vocabulary/units.ts';
import { createArrivalModel } from '../../arrivals/arrivals.ts';
import { estimateMeanShape, type MeanShape } from '../../workload/interaction.ts';
import { interactionsPerSFromTurns } from '../../workload/schedule.ts';
import { arrivalExecutor, constantVus, type K6Executor, scheduledExecutor } from './executors.ts';
import { drawScheduled, drawShapes, type K6Shape } from './shapes.ts';

/** `rate`: k6's own arrival-rate executors; `schedule`: the instants that the native engine would keep. */
export const K6_ARRIVALS = ['rate', 'schedule'] as const;
export type K6Arrivals = (typeof K6_ARRIVALS)[number];

export interface K6PlanOptions {
  readonly arrivals: K6Arrivals;
  /** For plans that k6 cannot follow (searches, sweeps): one step of this rate. */
  readonly turnsPerS?: number;
  readonly durationMs?: number;
  readonly seed?: number;
}

/** One step as k6 runs it: a k6 scenario of its own, after the one before. */
export interface K6Step {
  /** Name of the k6 scenario: `step_1`. */
  readonly id: string;
  readonly name: string;
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

interface WantedStep {
  readonly load: StepLoad;
  readonly warmUpMs: number;
  readonly windowMs: number;
}

function openLoad(
  rate: { readonly interactionsPerS?: number | undefined; readonly turnsPerS?: number | undefined },
  meanTurns: number,
): StepLoad {
  const interactionsPerS = rate.interactionsPerS ?? interactionsPerSFromTurns(rate.turnsPerS ?? 1, meanTurns);
  return { kind: 'open', interactionsPerS, turnsPerS: interactionsPerS * meanTurns };
}

const USUAL_WARM_UP_MS = 2_000;
const USUAL_WINDOW_MS = 10_000;

function stepsOfPlan(load: StepsPlan | ClosedPlan, meanTurns: number): WantedStep[] {
  if (load.kind === 'closed') {
    return load.steps.map(({ concurrency, warmUpMs, windowMs }) => ({
      load: { kind: 'closed', concurrency },
      warmUpMs,
      windowMs,
    }));
  }
  return load.steps.map((step) => ({
    load: openLoad(step, meanTurns),
    warmUpMs: step.warmUpMs,
    windowMs: step.windowMs,
  }));
}

/** The steps asked for; a search has none of its own and needs a rate. */
function wantedSteps(scenario: Scenario, options: K6PlanOptions, meanTurns: number): Result<WantedStep[]> {
  const { load } = scenario;
  if (options.turnsPerS !== undefined) {
    const warmUpMs = 'warmUpMs' in load ? load.warmUpMs : USUAL_WARM_UP_MS;
    const windowMs = options.durationMs ?? USUAL_WINDOW_MS;
    return ok([{ load: openLoad({ turnsPerS: options.turnsPerS }, meanTurns), warmUpMs, windowMs }]);
  }
  if (load.kind === 'steps' || load.kind === 'closed') {
    const windowOf = (step: WantedStep): WantedStep =>
      options.durationMs === undefined ? step : { ...step, windowMs: options.durationMs };
    return ok(stepsOfPlan(load, meanTurns).map(windowOf));
  }
  return failed('USAGE', `k6 cannot follow a load plan of kind ${load.kind}, which decides while it runs`, {
    hint: 'Give one rate with --turns-per-s, or a scenario whose load is steps or closed.',
  });
}

function protocolIssue({ protocol }: Scenario): Issue[] {
  if (protocol === 'openai-chat' || protocol === 'http') return [];
  return [
    {
      path: 'protocol',
      expected: 'openai-chat or http',
      got: protocol,
      fix: 'measure this one with the native engine, or export another protocol',
    },
  ];
}

/** Kinds whose rate stands still: k6's constant rate spaces them evenly, whatever they scatter like. */
const STATIONARY: readonly Arrivals['kind'][] = ['poisson', 'constant', 'gamma', 'modulated'];

function notesFor({ scenario, arrivals }: Pick<K6Plan, 'scenario' | 'arrivals'>): string[] {
  const { arrivals: wanted, workload, timeouts } = scenario;
  const isRate = scenario.load.kind !== 'closed' && arrivals === 'rate';
  return [
    ...(isRate && wanted.kind !== 'constant' && STATIONARY.includes(wanted.kind)
      ? [
          `k6's arrival rate spaces interactions evenly; the scenario's ${wanted.kind} arrivals are burstier (--arrivals schedule keeps them)`,
        ]
      : []),
    ...(isRate && workload.kind !== 'requests'
      ? [
          'conversations begin with the step, so turns per second rise for as long as a conversation lasts (--arrivals schedule begins in the middle)',
        ]
      : []),
    ...(workload.tenants === undefined ? [] : ['tenants are not told apart: one API key sends all']),
    `k6 has one limit for a whole request: ${timeouts.totalMs} ms (those for connecting, first token and idle time are not kept)`,
    "k6 reads an answer whole: tokens are counted from the server's usage and not timed",
  ];
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

function shapesOfStep({ scenario, options, seed }: StepInputs, step: WantedStep, index: number): K6Shape[] {
  const random = createRandom(seed).fork(`step ${index + 1}`);
  const spanMs = step.warmUpMs + step.windowMs;
  return step.load.kind === 'open' && options.arrivals === 'schedule'
    ? drawScheduled(scenario, { ratePerS: step.load.interactionsPerS, spanMs }, random)
    : drawShapes(scenario.workload, random);
}

function executorOf(inputs: StepInputs, step: WantedStep, shapes: readonly K6Shape[]): K6Executor {
  const { scenario, options, meanShape } = inputs;
  const spanMs = step.warmUpMs + step.windowMs;
  const stopMs = scenario.timeouts.totalMs + SPARE_MS;
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
    isStationary: STATIONARY.includes(scenario.arrivals.kind),
    interactionsPerS: step.load.interactionsPerS,
    spanMs,
    stopMs,
    interactionMs,
    maxVus: scenario.maxInFlight,
  });
}

function addStep(draft: Draft, inputs: StepInputs, step: WantedStep, index: number): void {
  const shapes = shapesOfStep(inputs, step, index);
  const { scenario, options } = inputs;
  draft.steps.push({
    ...step,
    id: `step_${index + 1}`,
    name: `step ${index + 1}`,
    startsAtMs: draft.startsAtMs,
    knowsSchedule: step.load.kind === 'closed' || options.arrivals === 'schedule',
    executor: executorOf(inputs, step, shapes),
    firstShape: draft.shapes.length,
    shapes: shapes.length,
  });
  draft.shapes.push(...shapes);
  draft.startsAtMs += step.warmUpMs + step.windowMs + Math.max(scenario.drainMs, SPARE_MS);
}

/** More would make a script of tens of megabytes, which every virtual user's start has to read. */
const MAX_SHAPES = 100_000;

/** What k6 will do for a scenario; fails where it cannot. */
export function createK6Plan(scenario: Scenario, given: K6PlanOptions): Result<K6Plan> {
  const issues = protocolIssue(scenario);
  if (issues.length > 0)
    return failed('INVALID_SCENARIO', 'k6 cannot run this scenario', { issues: [...issues] });
  // A trace is instants and nothing else: no rate stands for it.
  const arrivals = scenario.arrivals.kind === 'trace' ? 'schedule' : given.arrivals;
  const options = { ...given, arrivals };
  const seed = options.seed ?? scenario.seed;
  const meanShape = estimateMeanShape(scenario.workload, createRandom(seed).fork('shape'));
  const wanted = wantedSteps(scenario, options, meanShape.meanTurnsPerInteraction);
  if (wanted.kind === 'failed') return wanted;
  const draft: Draft = { steps: [], shapes: [], startsAtMs: 0 };
  for (const [i, step] of wanted.value.entries())
    addStep(draft, { scenario, options, meanShape, seed }, step, i);
  if (draft.shapes.length > MAX_SHAPES) {
    return failed('USAGE', `the schedule has ${draft.shapes.length} interactions, more than ${MAX_SHAPES}`, {
      hint: `Take --arrivals rate, or less than ${Math.floor(sFromMs(draft.startsAtMs))} s.`,
    });
  }
  const { steps, shapes } = draft;
  return ok({ scenario, seed, arrivals, meanShape, steps, shapes, notes: notesFor({ scenario, arrivals }) });
}
