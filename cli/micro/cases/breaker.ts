import type { MicroCase } from '../../../bench/engines/tinybench/micro-case.ts';
import { CircuitBreaker, DEFAULT_BREAKER } from '../../../runtime/llm/breaker.ts';
import { systemClock } from '../../../vocabulary/clock.ts';
import { createRandom } from '../../../vocabulary/random.ts';
import { repeated } from './repeated.ts';

const OPERATIONS = 200;
/** One request in so many fails, which a breaker must count and bear. */
const FAILS_EVERY = 50;

/** Entering a closed breaker and telling it how the request ended. */
export const breaker: MicroCase = {
  name: 'breaker',
  prepare: () => {
    const circuit = new CircuitBreaker(DEFAULT_BREAKER, systemClock, createRandom(1));
    return repeated(OPERATIONS, (i) => {
      const entry = circuit.tryEnter();
      if (entry === undefined) throw new Error('the breaker opened');
      circuit.record(entry, i % FAILS_EVERY === 0 ? 'provider_error' : undefined);
      return entry.epoch;
    });
  },
};
