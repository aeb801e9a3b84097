import { compareResults, DEFAULT_POLICY } from '../../bench/judge/compare.ts';
import { deviationOf, meanOf } from '../../bench/judge/series.ts';
import { type Random, sampleNormal } from '../../vocabulary/random.ts';
import { resultFrom } from './result.ts';

/** Figures of one block, in ms: what a gate on a closed loop compares. */
export interface BlockFigures {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly meanMs: number;
}

/** Two blocks that ran side by side. */
export type Pair = readonly [BlockFigures, BlockFigures];

/** So many neighbouring pairs stay together, with whatever disturbed them all. */
const STRETCH = 5;

const logRatioOf = ([a, b]: Pair): number => Math.log(b.p50Ms / a.p50Ms);

/**
 * How far two processes of the same code lie apart for as long as they live (memory layout, compiled code): variance between sets of
 * processes beyond what the pairs within explain, as in an analysis of variance.
 */
export function estimateProcessRatio(sets: readonly (readonly Pair[])[]): number {
  const logs = sets.map((pairs) => pairs.map(logRatioOf));
  const between = deviationOf(logs.map(meanOf)) ** 2;
  const within = meanOf(logs.map((values) => deviationOf(values) ** 2 / values.length));
  return Math.sqrt(Math.max(0, between - within));
}

/** Measured pairs with stretches in another order, none used twice: the same noise as a gate that was never run. */
function drawPairs(stretches: readonly (readonly Pair[])[], pairs: number, random: Random): Pair[] {
  const left = [...stretches];
  const drawn: Pair[] = [];
  while (drawn.length < pairs && left.length > 0)
    drawn.push(...(left.splice(Math.floor(random.next() * left.length), 1)[0] ?? []));
  return drawn.slice(0, pairs);
}

const NS_PER_MS = 1_000_000;

/** The verdict of the gate's own comparison on these pairs, the candidate made slower by `shift` (a logarithm). */
function isCalledWorse(pairs: readonly Pair[], shift: number): boolean {
  const casesOf = (side: 0 | 1, factor: number) =>
    (['p50Ms', 'p95Ms', 'meanMs'] as const).map((figure) => ({
      case: figure,
      nsPerOp: pairs.map((pair) => pair[side][figure] * factor * NS_PER_MS),
    }));
  const [before, after] = [
    resultFrom({ micro: casesOf(0, 1) }),
    resultFrom({ micro: casesOf(1, Math.exp(shift)) }),
  ];
  return compareResults(before, after, { ...DEFAULT_POLICY, pairing: 'paired' }).verdict === 'worse';
}

export interface ResampleOptions {
  readonly gates: number;
  readonly pairsPerGate: number;
  readonly processRatio: number;
  /** Slowdown put on the measured candidate, 0.03 for 3 %; 0 to take it as measured. */
  readonly slowdownRatio?: number;
  readonly random: Random;
}

/** Share of resampled gates that call the candidate worse. */
export function resampleGates(sets: readonly (readonly Pair[])[], options: ResampleOptions): number {
  const { gates, pairsPerGate, processRatio, slowdownRatio = 0, random } = options;
  const stretches = sets.flatMap((pairs) =>
    Array.from({ length: Math.floor(pairs.length / STRETCH) }, (_, i) =>
      pairs.slice(i * STRETCH, (i + 1) * STRETCH),
    ),
  );
  let worse = 0;
  for (let gate = 0; gate < gates; gate++) {
    const shift = Math.log1p(slowdownRatio) + processRatio * sampleNormal(random);
    if (isCalledWorse(drawPairs(stretches, pairsPerGate, random), shift)) worse++;
  }
  return worse / gates;
}

const STEP_RATIO = 0.0025;
const LARGEST_RATIO = 0.5;

/** The smallest slowdown that resampled gates catch with this probability, put on blocks of equal versions; to 0.25 %. */
export function findSmallestCaught(
  sets: readonly (readonly Pair[])[],
  options: ResampleOptions,
  probability: number,
): number | undefined {
  let [low, high] = [0, Math.round(LARGEST_RATIO / STEP_RATIO)];
  const caughtAt = (steps: number): boolean =>
    resampleGates(sets, { ...options, slowdownRatio: steps * STEP_RATIO }) >= probability;
  if (!caughtAt(high)) return undefined;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (caughtAt(middle)) high = middle;
    else low = middle;
  }
  return high * STEP_RATIO;
}
