import { expect, it } from 'vitest';
import { CircuitBreaker } from '../../../runtime/llm/breaker.ts';
import { VirtualClock } from '../../../vocabulary/clock.ts';

function open(clock = new VirtualClock()) {
  const breaker = new CircuitBreaker({ maxFailures: 3, openMs: 1000 }, clock);
  const fail = () => {
    expect(breaker.tryEnter()).toBe(true);
    breaker.record('provider_error');
  };
  return { breaker, fail, clock };
}

it('opens after so many failures in a row and lets one trial in after the rest', async () => {
  const { breaker, fail, clock } = open();
  fail();
  fail();
  expect(breaker.state).toBe('closed');
  fail();
  expect(breaker.state).toBe('open');
  expect(breaker.tryEnter()).toBe(false);
  await clock.advanceTo(999);
  expect([breaker.tryEnter(), breaker.waitMs]).toEqual([false, 1]);
  await clock.advanceTo(1000);
  expect(breaker.state).toBe('half-open');
  expect(breaker.tryEnter()).toBe(true);
  expect(breaker.tryEnter()).toBe(false);
  breaker.record(undefined);
  expect([breaker.state, breaker.tryEnter()]).toEqual(['closed', true]);
});

it('a failed trial opens it again at once', async () => {
  const { breaker, fail, clock } = open();
  for (let n = 0; n < 3; n++) fail();
  await clock.advanceTo(1000);
  fail();
  expect(breaker.state).toBe('open');
  expect(breaker.waitMs).toBe(1000);
});

it('an answer in between starts the count anew', () => {
  const { breaker, fail } = open();
  for (let n = 0; n < 10; n++) {
    fail();
    fail();
    breaker.tryEnter();
    breaker.record(undefined);
  }
  expect(breaker.state).toBe('closed');
});

it.each([
  'provider_overloaded',
  'provider_rate_limited',
  'caller_disconnected',
  'caller_context_too_long',
] as const)('%s is no outage, and frees the trial', async (fault) => {
  const { breaker, fail, clock } = open();
  for (let n = 0; n < 50; n++) {
    breaker.tryEnter();
    breaker.record(fault);
  }
  expect(breaker.state).toBe('closed');
  for (let n = 0; n < 3; n++) fail();
  await clock.advanceTo(1000);
  breaker.tryEnter();
  breaker.record(fault);
  expect(breaker.tryEnter()).toBe(true);
});
