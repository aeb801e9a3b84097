import type { Arrivals } from '../../scenarios/arrivals.ts';
import { createRandom } from '../../vocabulary/random.ts';
import { createArrivalModel } from './arrivals.ts';

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

export interface SketchOptions {
  readonly ratePerS: number;
  readonly durationMs: number;
  readonly columns: number;
  readonly seed: number;
}

/** One line of bars, the arrivals of one draw in equal parts of the time, from none to the most of any part. */
export function sketchArrivals(arrivals: Arrivals, options: SketchOptions): string {
  const { ratePerS, durationMs, columns, seed } = options;
  const span = { ratePerS, fromMs: 0, toMs: durationMs };
  const counts = new Array<number>(columns).fill(0);
  for (const atMs of createArrivalModel(arrivals).draw(span, createRandom(seed))) {
    const column = Math.min(columns - 1, Math.floor((atMs / durationMs) * columns));
    counts[column] = (counts[column] ?? 0) + 1;
  }
  const most = Math.max(1, ...counts);
  return counts
    .map((count) => (count === 0 ? ' ' : (BARS[Math.ceil((count / most) * BARS.length) - 1] ?? ' ')))
    .join('');
}
