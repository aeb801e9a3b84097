/** Conversation: customers with several turns and time to think, over the dialog API. k6 run -e CUSTOMERS=20 conversation.ts */

import { sleep } from 'k6';
import exec from 'k6/execution';
import { Trend } from 'k6/metrics';
import type { Options } from 'k6/options';
import { checkReady, numberFrom, openInteraction, questionAt, sendTurn, thresholds } from './gateway.ts';

const TURNS = numberFrom('TURNS', 5);
const THINK_S = numberFrom('THINK_S', 8);

/** From the opening of an interaction to the answer of its last turn, thinking included. */
const interactionSpan = new Trend('interaction_span', true);

export const options: Options = {
  scenarios: {
    conversation: {
      executor: 'constant-vus',
      vus: numberFrom('CUSTOMERS', 10),
      duration: `${numberFrom('DURATION_S', 60)}s`,
      gracefulStop: '30s',
    },
  },
  thresholds,
};

export const setup = checkReady;

export default function conversation(): void {
  const startedAtMs = Date.now();
  const id = openInteraction();
  if (id === undefined) {
    sleep(THINK_S);
    return;
  }
  for (let turn = 0; turn < TURNS; turn++) {
    // Each customer thinks for another time: exponential around the mean.
    if (turn > 0) sleep(-THINK_S * Math.log(1 - Math.random()));
    if (!sendTurn(id, `m${turn}`, questionAt(exec.vu.idInTest + turn))) return;
  }
  interactionSpan.add(Date.now() - startedAtMs);
}
