/** Soak: one rate for long, to see what grows. k6 run -e RATE_PER_S=10 -e DURATION_S=14400 soak.ts */

import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { checkReady, complete, numberFrom, questionAt, thresholds } from './gateway.ts';

const RATE_PER_S = numberFrom('RATE_PER_S', 5);

export const options: Options = {
  scenarios: {
    soak: {
      executor: 'constant-arrival-rate',
      // k6's rates are whole numbers: so many an hour keep a fraction of one a second.
      rate: Math.max(1, Math.round(3_600 * RATE_PER_S)),
      timeUnit: '1h',
      duration: `${numberFrom('DURATION_S', 1_800)}s`,
      preAllocatedVUs: Math.ceil(2 * RATE_PER_S),
      maxVUs: Math.ceil(40 * RATE_PER_S),
    },
  },
  thresholds: { ...thresholds, dropped_iterations: ['count==0'] },
};

export const setup = checkReady;

export default function soak(): void {
  complete([{ role: 'user', content: questionAt(exec.scenario.iterationInTest) }], 32);
}
