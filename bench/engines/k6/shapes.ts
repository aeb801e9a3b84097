import type { Scenario } from '../../../scenarios/scenario.ts';
import type { Workload } from '../../../scenarios/workload.ts';
import type { Random } from '../../../vocabulary/random.ts';
import { createShapeSampler, type InteractionShape, type PlannedTurn } from '../../workload/interaction.ts';
import { planStep } from '../../workload/schedule.ts';

/** One turn in the script: think time before it in ms, tokens in, tokens out, and its text where the workload gives it. */
export type K6Turn = readonly [thinkTimeMs: number, inputTokens: number, outputTokens: number, text?: string];

/** One interaction in the script, as short as JSON allows: there may be many. */
export interface K6Shape {
  /** When it is due, from the start of the step; absent where k6 decides. */
  readonly at?: number;
  /** The first turn to send; those before it are history. 0 where absent. */
  readonly from?: number;
  readonly system?: number;
  readonly systemText?: string;
  readonly prefix?: readonly [id: string, tokens: number];
  readonly patienceMs?: number;
  readonly tenant?: string;
  readonly turns: readonly K6Turn[];
}

/** Interactions drawn for a step without a schedule; the script begins again after the last. */
const SHAPES_DRAWN = 500;

const k6TurnFrom = ({ thinkTimeMs, inputTokens, outputTokens, text }: PlannedTurn): K6Turn => {
  const sizes = [thinkTimeMs, inputTokens, outputTokens] as const;
  return text === undefined ? sizes : [...sizes, text];
};

function k6ShapeFrom(shape: InteractionShape): K6Shape {
  const { systemPromptTokens, systemText, prefix, patienceMs, tenant } = shape;
  return {
    ...(systemPromptTokens === 0 ? {} : { system: systemPromptTokens }),
    ...(systemText === undefined ? {} : { systemText }),
    ...(prefix === undefined ? {} : { prefix: [prefix.id, prefix.tokens] as const }),
    ...(patienceMs === undefined ? {} : { patienceMs }),
    ...(tenant === undefined ? {} : { tenant }),
    turns: shape.turns.map(k6TurnFrom),
  };
}

/** Interactions as the workload's distributions draw them. */
export function drawShapes(workload: Workload, random: Random): K6Shape[] {
  const sampler = createShapeSampler(workload);
  return Array.from({ length: SHAPES_DRAWN }, (_, i) =>
    k6ShapeFrom(sampler(random.fork(`interaction ${i}`))),
  );
}

/** The expanded schedule of a step, as the native engine would send it: instants and sizes, in the order they are due. */
export function drawScheduled(
  { workload, arrivals }: Scenario,
  step: { readonly ratePerS: number; readonly spanMs: number },
  random: Random,
): K6Shape[] {
  const plan = { workload, arrivals, interactionsPerS: step.ratePerS, spanMs: step.spanMs };
  return planStep(plan, random)
    .filter(({ firstTurnAtMs }) => firstTurnAtMs < step.spanMs)
    .sort((a, b) => a.firstTurnAtMs - b.firstTurnAtMs)
    .map((interaction) => ({
      at: interaction.firstTurnAtMs,
      ...(interaction.firstTurn === 0 ? {} : { from: interaction.firstTurn }),
      ...k6ShapeFrom(interaction),
    }));
}
