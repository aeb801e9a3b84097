import type { MicroCase } from '../../../bench/engines/tinybench/micro-case.ts';
import { LatencyHistogram } from '../../../vocabulary/histogram.ts';
import { createRandom, sampleExponential } from '../../../vocabulary/random.ts';
import { repeated } from './repeated.ts';

const OPERATIONS = 512;
const MEAN_MS = 40;

/** One latency into the bench's histogram. */
export const histogramRecord: MicroCase = {
  name: 'histogram-record',
  prepare: () => {
    const random = createRandom(1);
    const spansMs = Array.from({ length: OPERATIONS }, () => sampleExponential(random, MEAN_MS));
    const histogram = new LatencyHistogram();
    return repeated(OPERATIONS, (i) => {
      const spanMs = spansMs[i] ?? 0;
      histogram.record(spanMs);
      return spanMs;
    });
  },
};
