import { expect, it } from 'vitest';
import { type BreakerOptions, CircuitBreaker, DEFAULT_BREAKER } from '../../../runtime/llm/breaker.ts';
import { VirtualClock } from '../../../vocabulary/clock.ts';
import type { FaultCode } from '../../../vocabulary/faults.ts';
import type { Random } from '../../../vocabulary/random.ts';

/** Draws the top of every range, so that spans are as configured. */
const LONGEST: Random = { next: () => 1, fork: () => LONGEST };

function open(options: Partial<BreakerOptions> = {}, clock = new VirtualClock(), random = LONGEST) {
  const breaker = new CircuitBreaker(
    { ...DEFAULT_BREAKER, maxFailures: 3, openMs: 1000, ...options },
    clock,
    random,
  );
  const pass = (fault: FaultCode | undefined) => {
    const entry = breaker.tryEnter();
    if (entry === undefined) throw new Error('not let in');
    breaker.record(entry, fault);
  };
  return { breaker, pass, fail: () => pass('provider_error'), clock };
}

it('opens after so many failures in a row and lets one probe in after the rest', async () => {
  const { breaker, fail, clock } = open();
  fail();
  fail();
  expect(breaker.state).toBe('closed');
  fail();
  expect(breaker.state).toBe('open');
  expect(breaker.tryEnter()).toBeUndefined();
  await clock.advanceTo(999);
  expect([breaker.tryEnter(), breaker.waitMs]).toEqual([undefined, 1]);
  await clock.advanceTo(1000);
  expect(breaker.state).toBe('half-open');
  const probe = breaker.tryEnter();
  if (probe === undefined) throw new Error('no probe');
  expect(breaker.tryEnter()).toBeUndefined();
  breaker.record(probe, undefined);
  expect([breaker.state, breaker.mayEnter]).toEqual(['closed', true]);
});

it('a failed probe opens it again for twice as long, up to the longest, and an answer starts that anew', async () => {
  const { breaker, fail, pass, clock } = open({ maxOpenMs: 3000 });
  for (let n = 0; n < 3; n++) fail();
  for (const spanMs of [1000, 2000, 3000, 3000]) {
    expect(breaker.waitMs).toBe(spanMs);
    await clock.advanceTo(clock.nowMs() + spanMs);
    if (spanMs !== 3000 || clock.nowMs() < 9000) fail();
  }
  pass(undefined);
  for (let n = 0; n < 3; n++) fail();
  expect(breaker.waitMs).toBe(1000);
});

it('stays open for 80 % to 100 % of the span, as chance has it', () => {
  const spans = [0, 0.5, 1].map((draw) => {
    const fixed: Random = { next: () => draw, fork: () => fixed };
    const { breaker, fail } = open({}, new VirtualClock(), fixed);
    for (let n = 0; n < 3; n++) fail();
    return breaker.waitMs;
  });
  expect(spans).toEqual([800, 900, 1000]);
});

it('opens at a share of failures too, once the window holds enough', async () => {
  const options = { maxFailures: 100, failureRatio: 0.5, minRequests: 10, windowMs: 1000 };
  const { breaker, fail, pass, clock } = open(options);
  for (let n = 0; n < 4; n++) {
    fail();
    pass(undefined);
  }
  fail();
  expect(breaker.state).toBe('closed'); // 5 of 9: one short of enough requests.
  pass(undefined);
  fail();
  expect(breaker.state).toBe('open'); // 6 of 11.
  await clock.advanceTo(1000);
  pass(undefined);
  for (let n = 0; n < 9; n++) pass(n < 4 ? 'provider_error' : undefined);
  expect(breaker.state).toBe('closed'); // 4 of 9.
  await clock.advanceTo(3000);
  for (let n = 0; n < 6; n++) fail();
  expect(breaker.state).toBe('closed'); // The earlier ones have left the window: 6 of 6, fewer than 10.
});

it('lets so many probes in at once and closes after as many answers', async () => {
  const { breaker, fail, clock } = open({ probes: 2 });
  for (let n = 0; n < 3; n++) fail();
  await clock.advanceTo(1000);
  const probes = [breaker.tryEnter(), breaker.tryEnter()];
  expect(breaker.tryEnter()).toBeUndefined();
  for (const probe of probes) {
    expect(breaker.state).toBe('half-open');
    if (probe !== undefined) breaker.record(probe, undefined);
  }
  expect(breaker.state).toBe('closed');
});

it('a request from before it opened does not count as a probe', async () => {
  const { breaker, fail, clock } = open();
  const early = breaker.tryEnter();
  for (let n = 0; n < 3; n++) fail();
  await clock.advanceTo(1000);
  if (early !== undefined) breaker.record(early, undefined);
  expect(breaker.state).toBe('half-open');
  if (early !== undefined) breaker.record(early, 'provider_error');
  expect(breaker.state).toBe('half-open');
});

it('an answer in between starts the count anew', () => {
  const { breaker, fail, pass } = open({ failureRatio: 1 });
  for (let n = 0; n < 10; n++) {
    fail();
    fail();
    pass(undefined);
  }
  expect(breaker.state).toBe('closed');
});

it.each([
  'provider_overloaded',
  'provider_rate_limited',
  'caller_disconnected',
  'caller_context_too_long',
] as const)('%s is no outage, and frees the probe', async (fault) => {
  const { breaker, fail, pass, clock } = open();
  for (let n = 0; n < 50; n++) pass(fault);
  expect(breaker.state).toBe('closed');
  for (let n = 0; n < 3; n++) fail();
  await clock.advanceTo(1000);
  pass(fault);
  expect(breaker.state).toBe('half-open');
  expect(breaker.tryEnter()).toMatchObject({ isProbe: true });
});
