import { MAX_INTERACTIONS_PER_DAY } from '../../../scenarios/demand.ts';

/** Points in each factor of ten: adjacent volumes differ by a third, less than most steps of whole machines. */
const PER_DECADE = 8;
/** The chart spans these volumes at least, and a factor of ten beyond the plan on either side. */
const LOWEST_PER_DAY = 1_000;
const HIGHEST_PER_DAY = 10_000_000;

/** Volumes from small to large, evenly spaced on a log axis, the planned one among them. */
export function breakEvenVolumes(plannedPerDay: number): number[] {
  const from = Math.floor(Math.log10(Math.min(LOWEST_PER_DAY, plannedPerDay / 10)));
  const last = Math.min(MAX_INTERACTIONS_PER_DAY, Math.max(HIGHEST_PER_DAY, plannedPerDay * 10));
  const to = Math.ceil(Math.log10(last));
  const steps = (to - from) * PER_DECADE;
  const even = Array.from({ length: steps + 1 }, (_, step) => 10 ** (from + step / PER_DECADE));
  return [...new Set([...even, plannedPerDay])].sort((a, b) => a - b);
}
