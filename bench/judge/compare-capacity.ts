import type { ResultFile } from '../../vocabulary/result-file.ts';
import { type Assessment, assessSides, widenByRuns } from './assessment.ts';
import { type CapacityEstimate, estimateCapacity, isCapacitySearch } from './capacity.ts';
import type { ComparePolicy } from './comparison.ts';
import type { Evidence } from './evidence.ts';
import { medianOf } from './series.ts';

/** Rates between which a search saw the capacity: 0 and ∞ where an end was not seen. */
interface Bracket {
  readonly heldPerS: number;
  readonly missedPerS: number;
}

function bracketOf(capacity: CapacityEstimate): Bracket | undefined {
  switch (capacity.kind) {
    case 'bracketed':
      return { heldPerS: capacity.turnsPerS, missedPerS: capacity.missedTurnsPerS };
    case 'at-least':
      return { heldPerS: capacity.turnsPerS, missedPerS: Number.POSITIVE_INFINITY };
    case 'below':
      return { heldPerS: 0, missedPerS: capacity.missedTurnsPerS };
    case 'unknown':
      return undefined;
  }
}

/** The rate that stands for a bracket: the one that held, else the lowest that did not. */
const rateOf = ({ heldPerS, missedPerS }: Bracket): number => (heldPerS > 0 ? heldPerS : missedPerS);

const logRatio = (above: number, below: number): number => Math.log(above) - Math.log(below);

const BARE = {
  probability: 0,
  test: 'brackets of two searches',
  scale: 'log',
  blocks: 1,
  unit: 'runs',
  leastProbability: 0,
} as const;

/**
 * Two searches: their capacities lie somewhere in their brackets, so the ratio lies between those of opposite ends. Whether it is one at
 * all is as improbable as the nearer end makes it, with what runs differ by: the policy's assumption, for one search cannot show it.
 */
function assessBrackets(a: Bracket, b: Bracket, runToRunRatio: number): Assessment | undefined {
  const low = logRatio(b.heldPerS, a.missedPerS);
  const high = logRatio(b.missedPerS, a.heldPerS);
  if (!Number.isFinite(low) && !Number.isFinite(high)) return undefined;
  const towardsZero = low > 0 ? low : Math.min(0, high);
  // The end nearer to no difference as if it were known exactly; its distance is what the noise between runs must explain.
  const nearest = widenByRuns(
    { ...BARE, shift: towardsZero, low: towardsZero, high: towardsZero },
    runToRunRatio,
  );
  const reach = nearest.high - towardsZero;
  return {
    ...nearest,
    shift: logRatio(rateOf(b), rateOf(a)),
    low: low - reach,
    high: high + reach,
    probability: towardsZero === 0 ? 1 : nearest.probability,
  };
}

const bracketsOf = (runs: readonly ResultFile[]): Bracket[] =>
  runs.flatMap((run) => bracketOf(estimateCapacity(run)) ?? []);

/** Of several searches, those that saw both ends are samples. */
function weighSearches(baseline: readonly ResultFile[], candidate: readonly ResultFile[]): Evidence {
  const ratesOf = (runs: readonly ResultFile[]): number[] =>
    bracketsOf(runs)
      .filter(({ heldPerS, missedPerS }) => heldPerS > 0 && missedPerS < Number.POSITIVE_INFINITY)
      .map(({ heldPerS }) => heldPerS);
  const [before, after] = [ratesOf(baseline), ratesOf(candidate)];
  const fewer = Math.min(before.length, after.length);
  if (fewer === 0) return { kind: 'none', reason: 'one side has no bracketed capacity', blocks: 0 };
  return { kind: 'assessed', assessment: assessSides(before, after, { scale: 'log', unit: 'runs' }) };
}

/** The rate that stands for what the runs found: the middle one that held. Undefined where none held. */
export function readCapacity(runs: readonly ResultFile[]): number | undefined {
  const held = bracketsOf(runs).flatMap(({ heldPerS }) => (heldPerS > 0 ? [heldPerS] : []));
  return held.length === 0 ? undefined : medianOf(held);
}

/** Whether both sides are searches, whose capacities can be compared though their rates differ. */
export const areSearches = (baseline: readonly ResultFile[], candidate: readonly ResultFile[]): boolean =>
  baseline.length > 0 && candidate.length > 0 && [...baseline, ...candidate].every(isCapacitySearch);

/** How the capacity that searches found differs: by their brackets, or over several runs by rank. */
export function weighCapacity(
  baseline: readonly ResultFile[],
  candidate: readonly ResultFile[],
  policy: ComparePolicy,
): Evidence {
  if (baseline.length > 1 || candidate.length > 1) return weighSearches(baseline, candidate);
  const [[before], [after]] = [bracketsOf(baseline), bracketsOf(candidate)];
  if (before === undefined || after === undefined)
    return { kind: 'none', reason: 'a search finished no step that saw an arrival', blocks: 0 };
  const assessment = assessBrackets(before, after, policy.runToRunRatio);
  if (assessment !== undefined) return { kind: 'assessed', assessment };
  return { kind: 'none', reason: 'neither search saw both ends of its capacity', blocks: 1 };
}
