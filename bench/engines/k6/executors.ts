import { MS_PER_S, sFromMs } from '../../../vocabulary/units.ts';
import type { ArrivalModel } from '../../arrivals/arrival-process.ts';
import type { K6Shape } from './shapes.ts';

/** A k6 scenario's executor with its options, as k6 takes them; durations in ms (`1500ms`). */
export type K6Executor =
  | {
      readonly executor: 'constant-vus';
      readonly vus: number;
      readonly duration: string;
      readonly gracefulStop: string;
    }
  | {
      readonly executor: 'constant-arrival-rate';
      readonly rate: number;
      readonly timeUnit: string;
      readonly duration: string;
      readonly preAllocatedVUs: number;
      readonly maxVUs: number;
      readonly gracefulStop: string;
    }
  | {
      readonly executor: 'ramping-arrival-rate';
      readonly startRate: number;
      readonly timeUnit: string;
      readonly stages: readonly { readonly target: number; readonly duration: string }[];
      readonly preAllocatedVUs: number;
      readonly maxVUs: number;
      readonly gracefulStop: string;
    }
  | {
      readonly executor: 'shared-iterations';
      readonly vus: number;
      readonly iterations: number;
      readonly maxDuration: string;
      readonly gracefulStop: string;
    };

const ms = (spanMs: number): string => `${Math.max(1, Math.round(spanMs))}ms`;

export const constantVus = (vus: number, spanMs: number, stopMs: number): K6Executor => ({
  executor: 'constant-vus',
  vus,
  duration: ms(spanMs),
  gracefulStop: ms(stopMs),
});

export interface ArrivalExecutorInputs {
  readonly model: ArrivalModel;
  readonly isStationary: boolean;
  readonly interactionsPerS: number;
  readonly spanMs: number;
  readonly stopMs: number;
  /** How long an interaction takes on average: a virtual user is taken for all of it. */
  readonly interactionMs: number;
  readonly maxVus: number;
}

/** k6's rates are whole numbers: so many in this long a unit keep three digits of a fraction. */
const UNIT_S = 1_000;
const TIME_UNIT = `${UNIT_S}s`;
const perUnit = (ratePerS: number): number => Math.round(ratePerS * UNIT_S);
const SPARE_VUS = 5;
const SPARE_RATIO = 1.2;
const STAGES = 60;
/** Around the instant at which a rate is read off the expected numbers. */
const READING_MS = 1;

const usersFor = (ratePerS: number, interactionMs: number, maxVus: number): number =>
  Math.min(maxVus, Math.ceil(ratePerS * sFromMs(interactionMs) * SPARE_RATIO) + SPARE_VUS);

/** The rate at an instant: of the expected number of arrivals right after it, or right before at the end. */
function rateAt({ model, interactionsPerS, spanMs }: ArrivalExecutorInputs, atMs: number): number {
  const fromMs = Math.min(atMs, spanMs - READING_MS);
  const span = { ratePerS: interactionsPerS, fromMs, toMs: fromMs + READING_MS };
  return model.computeExpected(span) * (MS_PER_S / READING_MS);
}

function stagesOf(inputs: ArrivalExecutorInputs): { target: number; duration: string }[] {
  const stageMs = inputs.spanMs / STAGES;
  return Array.from({ length: STAGES }, (_, i) => ({
    target: perUnit(rateAt(inputs, (i + 1) * stageMs)),
    duration: ms(stageMs),
  }));
}

/** k6's own open loop: a constant rate, or straight pieces that follow the shape of the scenario's arrivals. */
export function arrivalExecutor(inputs: ArrivalExecutorInputs): K6Executor {
  const { model, interactionsPerS, spanMs, stopMs, interactionMs, maxVus, isStationary } = inputs;
  const peakPerS = model.computePeakPerS({ ratePerS: interactionsPerS, fromMs: 0, toMs: spanMs });
  const common = {
    timeUnit: TIME_UNIT,
    preAllocatedVUs: usersFor(peakPerS, interactionMs, maxVus),
    maxVUs: maxVus,
    gracefulStop: ms(stopMs),
  };
  if (isStationary) {
    const rate = Math.max(1, perUnit(interactionsPerS));
    return { executor: 'constant-arrival-rate', rate, duration: ms(spanMs), ...common };
  }
  return {
    executor: 'ramping-arrival-rate',
    startRate: perUnit(rateAt(inputs, 0)),
    stages: stagesOf(inputs),
    ...common,
  };
}

export interface ScheduledInputs {
  readonly shapes: readonly K6Shape[];
  /** Assumed for an answer, to know how many interactions are open at once. */
  readonly responseMs: number;
  readonly spanMs: number;
  readonly stopMs: number;
  readonly maxVus: number;
}

const lastsMs = ({ turns, from = 0 }: K6Shape, responseMs: number): number =>
  turns.slice(from).reduce((sum, [thinkTimeMs], i) => sum + responseMs + (i === 0 ? 0 : thinkTimeMs), 0);

/** The most interactions open at once, if every answer takes the nominal time. */
function peakOpen({ shapes, responseMs }: ScheduledInputs): number {
  const events = shapes.flatMap((shape) => {
    const at = shape.at ?? 0;
    return [
      { at, change: 1 },
      { at: at + lastsMs(shape, responseMs), change: -1 },
    ];
  });
  events.sort((a, b) => a.at - b.at);
  let open = 0;
  let peak = 0;
  for (const { change } of events) {
    open += change;
    peak = Math.max(peak, open);
  }
  return peak;
}

/** Virtual users that take the scheduled interactions in turn and wait until each is due; twice as many as expected. */
export function scheduledExecutor(inputs: ScheduledInputs): K6Executor {
  const iterations = Math.max(1, inputs.shapes.length);
  const wanted = 2 * peakOpen(inputs) + SPARE_VUS;
  return {
    executor: 'shared-iterations',
    // k6 refuses more users than iterations.
    vus: Math.max(1, Math.min(wanted, inputs.maxVus, iterations)),
    iterations,
    maxDuration: ms(inputs.spanMs),
    gracefulStop: ms(inputs.stopMs),
  };
}
