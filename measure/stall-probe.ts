import { MS_PER_S } from '../vocabulary/units.ts';

/**
 * How often an idle core of this machine is taken away: spins and looks at the clock, in a process of its own so that it can be
 * given a core. Prints `Stalls` as JSON. What is taken from a spin is taken from whatever is measured on the core.
 */
export interface Stalls {
  /** Share of the time in gaps of more than half a millisecond. */
  readonly stalledRatio: number;
  readonly over1MsPerS: number;
  readonly longestMs: number;
}

const SPIN_MS = 4_000;
const GAP_MS = 0.5;

function spin(): Stalls {
  const startMs = performance.now();
  let lastMs = startMs;
  let [stalledMs, over1Ms, longestMs] = [0, 0, 0];
  while (lastMs - startMs < SPIN_MS) {
    const nowMs = performance.now();
    const gapMs = nowMs - lastMs;
    lastMs = nowMs;
    if (gapMs < GAP_MS) continue;
    stalledMs += gapMs;
    if (gapMs > 1) over1Ms++;
    longestMs = Math.max(longestMs, gapMs);
  }
  return { stalledRatio: stalledMs / SPIN_MS, over1MsPerS: (over1Ms * MS_PER_S) / SPIN_MS, longestMs };
}

process.stdout.write(`${JSON.stringify(spin())}\n`);
