import type { Arrivals } from '../../scenarios/arrivals.ts';
import type { Workload } from '../../scenarios/workload.ts';
import type { Random } from '../../vocabulary/random.ts';
import { MS_PER_S } from '../../vocabulary/units.ts';
import { drawArrivals } from '../arrivals/arrivals.ts';
import { createShapeSampler, type InteractionShape, type ShapeSampler } from './interaction.ts';

/** One interaction of a step, with what of it is still to be sent. Instants are ms from the start of the step. */
export interface PlannedInteraction extends InteractionShape {
  readonly id: string;
  /** Negative when it was under way as the step began. */
  readonly arrivalAtMs: number;
  /** The first turn to send; those before it happened before the step and only their text is made. */
  readonly firstTurn: number;
  readonly firstTurnAtMs: number;
}

export interface StepPlan {
  readonly workload: Workload;
  readonly arrivals: Arrivals;
  readonly interactionsPerS: number;
  /** Warm-up, window and the drain after it. */
  readonly spanMs: number;
}

/** Answer time that a plan assumes; single requests have no turns that wait for one. */
export const nominalResponseMs = (workload: Workload): number =>
  workload.kind === 'requests' ? 0 : workload.nominalResponseMs;

/** Instants of all turns of an interaction that arrives at `arrivalAtMs` if every answer takes the nominal time. */
export function computeNominalTurnsAtMs(
  shape: InteractionShape,
  arrivalAtMs: number,
  responseMs: number,
): number[] {
  let atMs = arrivalAtMs;
  return shape.turns.map((turn, i) => {
    if (i > 0) atMs += responseMs + turn.thinkTimeMs;
    return atMs;
  });
}

const SHAPES_FOR_LONGEST = 4_000;

/** How far back arrivals must be drawn: the longest of 4,000 drawn interactions. */
function estimateLongestMs(sampler: ShapeSampler, responseMs: number, random: Random): number {
  let longestMs = 0;
  for (let i = 0; i < SHAPES_FOR_LONGEST; i++) {
    const lastAtMs = computeNominalTurnsAtMs(sampler(random), 0, responseMs).at(-1) ?? 0;
    if (lastAtMs > longestMs) longestMs = lastAtMs;
  }
  return longestMs;
}

/** How far back a step's arrivals are drawn. `random` is the step's own stream. */
export const expectedLongestMs = (workload: Workload, random: Random): number =>
  estimateLongestMs(createShapeSampler(workload), nominalResponseMs(workload), random.fork('longest'));

/**
 * The schedule of one step, as if the process had run for ever: arrivals are drawn from long before the step, and of
 * interactions under way at its start only the turns still to come are kept. Turns therefore fall due at
 * interactionsPerS × mean turns from the first instant on, however long customers think.
 */
export const planStep = (plan: StepPlan, random: Random): PlannedInteraction[] => [
  ...planInteractions(plan, random),
];

/** The interactions of planStep one by one, in order of arrival: a long step need not hold them all at once. */
export function* planInteractions(plan: StepPlan, random: Random): Generator<PlannedInteraction, void> {
  const responseMs = nominalResponseMs(plan.workload);
  const longestMs = expectedLongestMs(plan.workload, random);
  // Another sampler: dialogs in the order of their file begin with the first one.
  const sampler = createShapeSampler(plan.workload);
  const span = { ratePerS: plan.interactionsPerS, fromMs: -longestMs, toMs: plan.spanMs };
  const arrivalsAtMs = drawArrivals(plan.arrivals, span, random.fork('arrivals'));
  for (let i = 0; i < arrivalsAtMs.length; i++) {
    const arrivalAtMs = arrivalsAtMs[i] ?? 0;
    const shape = sampler(random.fork(`interaction ${i}`));
    const turnsAtMs = computeNominalTurnsAtMs(shape, arrivalAtMs, responseMs);
    const firstTurn = turnsAtMs.findIndex((atMs) => atMs >= 0);
    const firstTurnAtMs = turnsAtMs[firstTurn];
    if (firstTurnAtMs !== undefined) yield { ...shape, id: `i${i}`, arrivalAtMs, firstTurn, firstTurnAtMs };
  }
}

/** Interactions per second that bring `turnsPerS`. */
export const interactionsPerSFromTurns = (turnsPerS: number, meanTurns: number): number =>
  turnsPerS / meanTurns;

const DECIMALS = 3;

/** The schedule as text, a line per turn to send: nominal instant in s, interaction, turn, tokens. Same plan, same bytes. */
export function formatSchedule(interactions: readonly PlannedInteraction[], responseMs: number): string {
  const lines = interactions.flatMap((interaction) => {
    const turnsAtMs = computeNominalTurnsAtMs(interaction, interaction.arrivalAtMs, responseMs);
    return interaction.turns.flatMap((turn, i) =>
      i < interaction.firstTurn
        ? []
        : [
            {
              atMs: turnsAtMs[i] ?? 0,
              text: `${interaction.id} turn ${i + 1}/${interaction.turns.length} in ${turn.inputTokens} out ${turn.outputTokens}`,
            },
          ],
    );
  });
  lines.sort((a, b) => a.atMs - b.atMs);
  return lines.map((line) => `${(line.atMs / MS_PER_S).toFixed(DECIMALS)} ${line.text}\n`).join('');
}
