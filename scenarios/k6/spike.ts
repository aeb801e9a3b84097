/** Spike: a calm rate, a sudden peak, calm again: is it survived, and how long does it echo? k6 run -e PEAK_PER_S=80 spike.ts */

import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { checkReady, complete, numberFrom, questionAt, thresholds } from './gateway.ts';

const BASE_PER_S = numberFrom('BASE_PER_S', 5);
const PEAK_PER_S = numberFrom('PEAK_PER_S', 50);
const CALM_S = numberFrom('CALM_S', 30);
const PEAK_S = numberFrom('PEAK_S', 15);

export const options: Options = {
  scenarios: {
    spike: {
      executor: 'ramping-arrival-rate',
      startRate: BASE_PER_S,
      timeUnit: '1s',
      stages: [
        { target: BASE_PER_S, duration: `${CALM_S}s` },
        { target: PEAK_PER_S, duration: '1s' },
        { target: PEAK_PER_S, duration: `${PEAK_S}s` },
        { target: BASE_PER_S, duration: '1s' },
        { target: BASE_PER_S, duration: `${CALM_S}s` },
      ],
      preAllocatedVUs: Math.ceil(PEAK_PER_S),
      maxVUs: Math.ceil(20 * PEAK_PER_S),
    },
  },
  thresholds,
};

export const setup = checkReady;

export default function spike(): void {
  complete([{ role: 'user', content: questionAt(exec.scenario.iterationInTest) }], 32);
}
