/** Smoke: one user, ten seconds. Does the gateway answer at all, and whole? k6 run smoke.ts */

import { sleep } from 'k6';
import type { Options } from 'k6/options';
import { checkReady, complete, numberFrom, questionAt, thresholds } from './gateway.ts';

export const options: Options = {
  scenarios: {
    smoke: { executor: 'constant-vus', vus: 1, duration: `${numberFrom('DURATION_S', 10)}s` },
  },
  thresholds: { ...thresholds, checks: ['rate==1'] },
};

export const setup = checkReady;

const PAUSE_S = 0.5;

export default function smoke(): void {
  complete([{ role: 'user', content: questionAt(__ITER) }], 16);
  sleep(PAUSE_S);
}
