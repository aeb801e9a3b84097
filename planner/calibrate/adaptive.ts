import { createServingCurve, type ServingPoint } from './closed-loop-curve.ts';
import { findServingCapacity, type ServingLimits } from './serving-capacity.ts';

/** After the fixed points so many where the limit is predicted to be crossed. */
export const ADAPTIVE_POINTS = 2;

/** Loads this close say the same twice. */
const SAME_LOAD_RATIO = 0.02;

export interface NextLoadInput {
  /** Measured so far, in ascending concurrency. */
  readonly points: readonly ServingPoint[];
  readonly outputTokens: number;
  readonly limits: ServingLimits;
  /** Concurrencies that can be measured; any whole number where absent. */
  readonly available?: readonly number[];
}

const distance = (a: number, b: number): number => Math.abs(Math.log(a / b));

/** Ends and their geometric middle, rounded: where a calibration begins. */
export const startingConcurrencies = (min: number, max: number): number[] => [
  ...new Set([min, Math.round(Math.sqrt(min * max)), max]),
];

/**
 * The concurrency that tells most about the capacity within limits: the one nearest to where the curve so far crosses
 * them, and not measured yet. Undefined where nothing is crossed or everything near is known.
 */
export function chooseNextConcurrency(input: NextLoadInput): number | undefined {
  const { points, outputTokens, limits, available } = input;
  const capacity = findServingCapacity(createServingCurve(points, outputTokens), limits);
  if (capacity.kind !== 'crossed') return undefined;
  const isNew = (load: number): boolean =>
    points.every(({ concurrency }) => distance(load, concurrency) > SAME_LOAD_RATIO);
  const crossing = capacity.concurrency;
  if (available === undefined) {
    return [Math.ceil(crossing), Math.floor(crossing)].find((load) => load > 0 && isNew(load));
  }
  return available.filter(isNew).sort((a, b) => distance(a, crossing) - distance(b, crossing))[0];
}

/** Asks for loads one after the other, each placed by all that is known by then; given no point it ends with those it has. */
function* adaptiveLoads(
  start: readonly ServingPoint[],
  input: Omit<NextLoadInput, 'points'>,
): Generator<number, ServingPoint[], ServingPoint | undefined> {
  let points = [...start];
  for (let i = 0; i < ADAPTIVE_POINTS; i++) {
    const next = chooseNextConcurrency({ ...input, points });
    const point = next === undefined ? undefined : yield next;
    if (point === undefined) break;
    points = [...points, point].sort((a, b) => a.concurrency - b.concurrency);
  }
  return points;
}

/**
 * Adaptive calibration: the fixed points, then up to two more, each placed by all that is known by then. Points in
 * ascending concurrency. `measure` gives undefined where a load cannot be measured, which ends it.
 */
export async function calibrateAdaptively(
  start: readonly ServingPoint[],
  input: Omit<NextLoadInput, 'points'>,
  measure: (concurrency: number) => Promise<ServingPoint | undefined> | ServingPoint | undefined,
): Promise<ServingPoint[]> {
  const loads = adaptiveLoads(start, input);
  let asked = loads.next();
  while (asked.done !== true) asked = loads.next(await measure(asked.value));
  return asked.value;
}

/** The same where every answer is at hand: on points of a file, and on engines that are replayed. */
export function calibrateAtOnce(
  start: readonly ServingPoint[],
  input: Omit<NextLoadInput, 'points'>,
  measure: (concurrency: number) => ServingPoint | undefined,
): ServingPoint[] {
  const loads = adaptiveLoads(start, input);
  let asked = loads.next();
  while (asked.done !== true) asked = loads.next(measure(asked.value));
  return asked.value;
}
