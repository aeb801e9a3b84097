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

const nominalResponseMs = (workload: Workload): number =>
  workload.kind === 'conversations' ? workload.nominalResponseMs : 0;

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

/**
 * The schedule of one step, as if the process had run for ever: arrivals are drawn from long before the step, and of
 * interactions under way at its start only the turns still to come are kept. Turns therefore fall due at
 * interactionsPerS × mean turns from the first instant on, however long customers think.
 */
export function planStep(plan: StepPlan, random: Random): PlannedInteraction[] {
  const responseMs = nominalResponseMs(plan.workload);
  const sampler = createShapeSampler(plan.workload);
  const longestMs = estimateLongestMs(sampler, responseMs, random.fork('longest'));
  const span = { ratePerS: plan.interactionsPerS, fromMs: -longestMs, toMs: plan.spanMs };
  return drawArrivals(plan.arrivals, span, random.fork('arrivals')).flatMap((arrivalAtMs, i) => {
    const shape = sampler(random.fork(`interaction ${i}`));
    const turnsAtMs = computeNominalTurnsAtMs(shape, arrivalAtMs, responseMs);
    const firstTurn = turnsAtMs.findIndex((atMs) => atMs >= 0);
    const firstTurnAtMs = turnsAtMs[firstTurn];
    if (firstTurnAtMs === undefined) return [];
    return [{ ...shape, id: `i${i}`, arrivalAtMs, firstTurn, firstTurnAtMs }];
  });
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
