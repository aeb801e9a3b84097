import { type MeasuredBlock, runBlock } from './blocks.ts';
import type { Target } from './targets.ts';

const WARM_UP_MS = 3000;
const OVERLOAD_S = 12;
const AFTER_S = 12;
/** The first seconds of an overload fill the queues. */
const SETTLE_S = 2;
const RECOVERED_RATIO = 0.95;

export interface Overload {
  readonly saturationPerS: number;
  /** Completed within the objective at twice the saturation load ÷ the most that any load gave. */
  readonly goodputAtTwiceSaturationRatio: number;
  /** From the end of the overload until goodput is back at 95 % of a load of half the saturation; NaN when it never was. */
  readonly recoveryS: number;
  readonly refusedByStatus: Readonly<Record<string, number>>;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function recoveryOf(block: MeasuredBlock, ratePerS: number): number {
  const after = block.goodPerSlice.slice(OVERLOAD_S, OVERLOAD_S + AFTER_S);
  // Poisson arrivals: two standard deviations below the expected count are no loss.
  const enough = RECOVERED_RATIO * ratePerS - 2 * Math.sqrt(ratePerS);
  const seconds = after.findIndex((_, index) => after.slice(index).every((good) => good >= enough));
  return seconds === -1 ? Number.NaN : seconds;
}

/** Half the saturation load, twice of it, half of it again, in one run without a pause. */
export async function measureOverload(target: Target, saturationPerS: number): Promise<Overload> {
  const half = saturationPerS / 2;
  const block = await runBlock(target, {
    seed: 1,
    phases: [
      { ratePerS: half, durationMs: WARM_UP_MS, isWarmUp: true },
      { ratePerS: 2 * saturationPerS, durationMs: OVERLOAD_S * 1000 },
      { ratePerS: half, durationMs: AFTER_S * 1000 },
    ],
  });
  return {
    saturationPerS,
    goodputAtTwiceSaturationRatio: mean(block.goodPerSlice.slice(SETTLE_S, OVERLOAD_S)) / saturationPerS,
    recoveryS: recoveryOf(block, half),
    refusedByStatus: block.failedByStatus,
  };
}
