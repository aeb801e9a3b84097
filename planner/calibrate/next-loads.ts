import type { CapacityCurve } from './capacity.ts';

/** A bracket this narrow is narrower than one run repeats another. */
const NARROW_BRACKET_RATIO = 1.05;
/** The two loads lie this far on either side of the predicted crossing, and never outside the bracket. */
const BESIDE_RATIO = 1.03;
/** Where every load met the objectives the crossing lies above, nobody knows how far. */
const ABOVE_RATIOS = [1.25, 1.6];
/** Where even the lowest missed them it lies below. */
const BELOW_RATIOS = [0.25, 0.5];

/**
 * The two loads, in turns/s, that would tell most about a capacity: on either side of where the curve crosses the
 * objectives (adaptive calibration), above the highest when all were met, below the lowest when none was. None where
 * the capacity is known to 5 %, or where the measurement needs repeating rather than adding to.
 */
export function proposeNextTurnsPerS({ capacity, points }: CapacityCurve): readonly number[] {
  if (capacity.kind === 'lower-bound') return ABOVE_RATIOS.map((ratio) => capacity.turnsPerS * ratio);
  if (capacity.kind === 'refused') {
    const [lowest] = points;
    const isBelow = points.length > 0 && points.every(({ withinLimits }) => !withinLimits);
    return isBelow && lowest ? BELOW_RATIOS.map((ratio) => lowest.turnsPerS * ratio) : [];
  }
  const { turnsPerS, lowTurnsPerS, highTurnsPerS } = capacity;
  if (highTurnsPerS <= lowTurnsPerS * NARROW_BRACKET_RATIO) return [];
  const inside = (load: number): number => Math.min(highTurnsPerS, Math.max(lowTurnsPerS, load));
  const [below, above] = [inside(turnsPerS / BESIDE_RATIO), inside(turnsPerS * BESIDE_RATIO)];
  // At an end of the bracket it was measured already: the middle of what is left says more.
  const isKnown = (load: number): boolean => load === lowTurnsPerS || load === highTurnsPerS;
  return [
    isKnown(below) ? Math.sqrt(lowTurnsPerS * turnsPerS) : below,
    isKnown(above) ? Math.sqrt(turnsPerS * highTurnsPerS) : above,
  ].filter((load) => !isKnown(load));
}
