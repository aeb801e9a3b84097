import type { Scenario } from '../../scenarios/scenario.ts';
import { createRandom } from '../../vocabulary/random.ts';
import { MS_PER_S, sFromMs } from '../../vocabulary/units.ts';
import type { ArrivalModel } from '../arrivals/arrival-process.ts';
import { createArrivalModel } from '../arrivals/arrivals.ts';
import { busiestSecond } from '../arrivals/trace-replay.ts';
import { createShapeSampler, type InteractionShape } from './interaction.ts';
import type { PlannedStep } from './planned-steps.ts';
import { promptSizes } from './prompt-sizes.ts';
import { computeNominalTurnsAtMs, expectedLongestMs, nominalResponseMs } from './schedule.ts';

/** An expected total with the range that 95 of 100 seeds fall into. */
export interface ExpectedTotal {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** What one step will send within warm-up and window, before it is sent. */
export interface StepExpectation {
  readonly name: string;
  readonly durationMs: number;
  readonly interactionsPerS: number;
  /** New interactions; those under way as the step begins are not counted. */
  readonly interactions: ExpectedTotal;
  /** Turns that fall due, each one request. */
  readonly requests: ExpectedTotal;
  /** Whole prompts, history and instructions included. */
  readonly inputTokens: ExpectedTotal;
  /** Of the prompts, what the server has seen as the beginning of an earlier one. */
  readonly repeatedInputTokens: ExpectedTotal;
  /** As many as are asked for; fewer come back where the model stops by itself. */
  readonly outputTokens: ExpectedTotal;
  /** UTF-8 bytes of the prompts, without the JSON around them. */
  readonly promptBytes: ExpectedTotal;
  /** The highest rate that the arrivals are planned at. */
  readonly peakInteractionsPerS: number;
  /** Most requests due in one second of the schedule that the scenario's seed draws. */
  readonly busiestSecondRequests: number;
  /** Little's law: requests per second × response time. */
  readonly meanInFlight: number;
  /** Little's law: interactions per second × mean time from first turn to last answer. */
  readonly meanOpenInteractions: number;
  /** Response time that both are for. */
  readonly responseMs: number;
}

const QUANTITIES = [
  'interactions',
  'requests',
  'inputTokens',
  'repeatedInputTokens',
  'outputTokens',
  'promptBytes',
] as const;
type Quantity = (typeof QUANTITIES)[number];
type Amounts = Record<Quantity, number>;

const noAmounts = (): Amounts => ({
  interactions: 0,
  requests: 0,
  inputTokens: 0,
  repeatedInputTokens: 0,
  outputTokens: 0,
  promptBytes: 0,
});

/** Interactions drawn to learn what one brings; more change the last digit shown. */
const DRAWN_INTERACTIONS = 20_000;
const MAX_ROUNDS = 200;
/** 97.5 % point of the standard normal distribution. */
const NORMAL_975 = 1.959964;

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What an interaction that arrives at `arrivalAtMs` brings within [0, toMs). */
function amountsWithin(
  scenario: Scenario,
  shape: InteractionShape,
  arrivalAtMs: number,
  toMs: number,
): Amounts {
  const turnsAtMs = computeNominalTurnsAtMs(shape, arrivalAtMs, nominalResponseMs(scenario.workload));
  const amounts = noAmounts();
  if (arrivalAtMs >= 0 && arrivalAtMs < toMs) amounts.interactions = 1;
  const sizes = promptSizes(scenario.workload, shape);
  turnsAtMs.forEach((atMs, i) => {
    const size = sizes[i];
    if (atMs < 0 || atMs >= toMs || size === undefined) return;
    amounts.requests++;
    amounts.inputTokens += size.inputTokens;
    amounts.repeatedInputTokens += size.repeatedTokens;
    amounts.outputTokens += shape.turns[i]?.outputTokens ?? 0;
    amounts.promptBytes += size.promptBytes;
  });
  return amounts;
}

interface Moments {
  readonly drawn: number;
  readonly sums: Amounts;
  readonly squares: Amounts;
  readonly durationsMs: number;
}

/** Draws interactions as the step does, from streams of their own, and sums what they bring. */
function drawMoments(scenario: Scenario, model: ArrivalModel, ratePerS: number, span: Span): Moments {
  const random = createRandom(scenario.seed).fork('explain');
  const sampler = createShapeSampler(scenario.workload);
  const [sums, squares] = [noAmounts(), noAmounts()];
  let drawn = 0;
  let durationsMs = 0;
  for (let round = 0; round < MAX_ROUNDS && drawn < DRAWN_INTERACTIONS; round++) {
    const stream = random.fork(`round ${round}`);
    const instants = model.draw({ ratePerS, ...span }, stream.fork('arrivals'));
    // Of a long step an even part is enough; its first arrivals alone would stand for the wrong time.
    const stride = Math.max(1, Math.floor(instants.length / DRAWN_INTERACTIONS));
    for (let i = round % stride; i < instants.length; i += stride) {
      const atMs = instants[i] ?? 0;
      const shape = sampler(stream.fork(`interaction ${i}`));
      const amounts = amountsWithin(scenario, shape, atMs, span.toMs);
      durationsMs += durationOf(scenario, shape);
      for (const name of QUANTITIES) {
        sums[name] += amounts[name];
        squares[name] += amounts[name] ** 2;
      }
      drawn++;
    }
  }
  return { drawn, sums, squares, durationsMs };
}

const durationOf = (scenario: Scenario, shape: InteractionShape): number => {
  const responseMs = nominalResponseMs(scenario.workload);
  return (computeNominalTurnsAtMs(shape, 0, responseMs).at(-1) ?? 0) + responseMs;
};

/**
 * Mean and range of a total over random arrivals, each bringing an independent amount X: mean N·E[X], variance
 * N·E[X²] + (I − 1)·N·E[X]², with N the expected arrivals and I their index of dispersion (compound counts, Feller,
 * An Introduction to Probability Theory II, 1971, ch. XII).
 */
function totalOf(moments: Moments, name: Quantity, expected: number, dispersion: number): ExpectedTotal {
  if (moments.drawn === 0) return { mean: 0, low: 0, high: 0 };
  const meanX = moments.sums[name] / moments.drawn;
  const squareX = moments.squares[name] / moments.drawn;
  const mean = expected * meanX;
  const variance = expected * (squareX + (dispersion - 1) * meanX ** 2);
  const half = NORMAL_975 * Math.sqrt(Math.max(0, variance));
  return { mean, low: Math.max(0, mean - half), high: mean + half };
}

function busiestOf(scenario: Scenario, step: PlannedStep, span: Span): number {
  const random = createRandom(scenario.seed).fork(step.name);
  const sampler = createShapeSampler(scenario.workload);
  const model = createArrivalModel(scenario.arrivals);
  const arrivals = model.draw({ ratePerS: step.interactionsPerS, ...span }, random.fork('arrivals'));
  const responseMs = nominalResponseMs(scenario.workload);
  const due = arrivals.flatMap((atMs, i) =>
    computeNominalTurnsAtMs(sampler(random.fork(`interaction ${i}`)), atMs, responseMs),
  );
  return busiestSecond(due.filter((atMs) => atMs >= 0 && atMs < span.toMs).sort((a, b) => a - b));
}

/** Above so many interactions the busiest second is left to the planned rate: drawing them all would take long. */
const MAX_EXPANDED = 300_000;

/** What a step will send, from its arrivals and its workload alone. `responseMs` is for the estimates by Little's law. */
export function explainStep(scenario: Scenario, step: PlannedStep, responseMs: number): StepExpectation {
  const model = createArrivalModel(scenario.arrivals);
  const durationMs = step.warmUpMs + step.windowMs;
  const random = createRandom(scenario.seed).fork(step.name);
  const span = { fromMs: -expectedLongestMs(scenario.workload, random), toMs: durationMs };
  const rated = { ratePerS: step.interactionsPerS, ...span };
  const expected = model.computeExpected(rated);
  const moments = drawMoments(scenario, model, step.interactionsPerS, span);
  const dispersion = model.computeDispersion(rated);
  const total = (name: Quantity): ExpectedTotal => totalOf(moments, name, expected, dispersion);
  const requests = total('requests');
  const extraMs = responseMs - nominalResponseMs(scenario.workload);
  const turnsPerInteraction = moments.drawn === 0 ? 1 : requests.mean / Math.max(1, expected);
  const meanDurationMs = moments.drawn === 0 ? 0 : moments.durationsMs / moments.drawn;
  const arrivalsPerS = model.computeExpected({ ...rated, fromMs: 0 }) / sFromMs(durationMs);
  const peakInteractionsPerS = model.computePeakPerS({ ...rated, fromMs: 0 });
  return {
    name: step.name,
    durationMs,
    interactionsPerS: step.interactionsPerS,
    interactions: totalOf(moments, 'interactions', expected, dispersion),
    requests,
    inputTokens: total('inputTokens'),
    repeatedInputTokens: total('repeatedInputTokens'),
    outputTokens: total('outputTokens'),
    promptBytes: total('promptBytes'),
    peakInteractionsPerS,
    busiestSecondRequests:
      expected > MAX_EXPANDED
        ? Math.ceil(peakInteractionsPerS * turnsPerInteraction)
        : busiestOf(scenario, step, span),
    meanInFlight: (requests.mean / durationMs) * responseMs,
    meanOpenInteractions: (arrivalsPerS / MS_PER_S) * Math.max(0, meanDurationMs + extraMs),
    responseMs,
  };
}
