/** Stress: the rate rises in steps to PEAK_PER_S, where goodput stops following. k6 run -e PEAK_PER_S=100 stress.ts */

import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { checkReady, complete, numberFrom, questionAt, thresholds } from './gateway.ts';

const PEAK_PER_S = numberFrom('PEAK_PER_S', 50);
const STEP_S = numberFrom('STEP_S', 30);
const STEPS = 5;

/** Up to each level in a tenth of the step, then hold it. */
const stages = Array.from({ length: STEPS }, (_, i) => Math.round(((i + 1) * PEAK_PER_S) / STEPS)).flatMap(
  (target) => [
    { target, duration: `${Math.max(1, Math.round(STEP_S / 10))}s` },
    { target, duration: `${STEP_S}s` },
  ],
);

export const options: Options = {
  scenarios: {
    stress: {
      executor: 'ramping-arrival-rate',
      startRate: 0,
      timeUnit: '1s',
      stages,
      preAllocatedVUs: Math.ceil(PEAK_PER_S),
      maxVUs: Math.ceil(20 * PEAK_PER_S),
    },
  },
  thresholds: { ...thresholds, dropped_iterations: ['count==0'] },
};

export const setup = checkReady;

export default function stress(): void {
  complete([{ role: 'user', content: questionAt(exec.scenario.iterationInTest) }], 32);
}
