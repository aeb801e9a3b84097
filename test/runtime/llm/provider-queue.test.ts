import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairLine } from '../../../runtime/llm/fair-line.ts';
import { createFault, FaultError } from '../../../runtime/llm/fault.ts';
import type { QueueResult } from '../../../runtime/llm/llm-observer.ts';
import { type Entrance, ProviderQueue, type QueueOptions } from '../../../runtime/llm/provider-queue.ts';
import { type VendorLimitOptions, VendorLimits } from '../../../runtime/llm/vendor-limits.ts';
import { VirtualClock } from '../../../vocabulary/clock.ts';

const OPTIONS: QueueOptions = { maxConcurrent: 1, maxQueued: 10, maxWaitMs: 1000 };

function open(options: Partial<QueueOptions> = {}, limitOptions: VendorLimitOptions = {}) {
  const clock = new VirtualClock();
  const limits = new VendorLimits(limitOptions, clock);
  const ends: [QueueResult, number][] = [];
  const queue = new ProviderQueue({
    options: { ...OPTIONS, ...options },
    limits,
    clock,
    onEnd: (result, waitMs) => ends.push([result, waitMs]),
  });
  const enter = async (tenant = 't', signal = new AbortController().signal): Promise<Entrance> =>
    queue.enter({ tenant, tokens: 100 }, signal);
  const placeOf = (entrance: Entrance) => {
    if (entrance.kind !== 'entered') throw new Error(entrance.fault.code);
    return entrance.place;
  };
  return { queue, clock, limits, ends, enter, placeOf };
}

type Action =
  | { readonly kind: 'enter'; readonly tenant: string }
  | { readonly kind: 'leave'; readonly which: number }
  | { readonly kind: 'release'; readonly which: number }
  | { readonly kind: 'wait'; readonly ms: number };

/** Plays any actions in any order; the line must keep to its places and forget nobody. */
async function play(places: number, actions: readonly Action[]): Promise<void> {
  const { queue, clock, enter } = open({ maxConcurrent: places });
  const held: { release(tokens: number): void }[] = [];
  const leavers: AbortController[] = [];
  let settled = 0;
  const come = (tenant: string): void => {
    const leaver = new AbortController();
    leavers.push(leaver);
    void enter(tenant, leaver.signal).then((entrance) => {
      settled++;
      if (entrance.kind === 'entered') held.push(entrance.place);
    });
  };
  for (const action of actions) {
    if (action.kind === 'enter') come(action.tenant);
    else if (action.kind === 'leave') leavers[action.which]?.abort();
    else if (action.kind === 'release') held[action.which]?.release(0);
    else await clock.advanceTo(clock.nowMs() + action.ms);
    await new Promise((resolve) => setImmediate(resolve));
    expect(queue.running).toBeLessThanOrEqual(places);
    expect(queue.depth).toBe(leavers.length - settled);
  }
  await clock.advanceTo(clock.nowMs() + 5000);
  expect([queue.depth, settled]).toEqual([0, leavers.length]);
  for (const place of held) place.release(0);
  expect(queue.running).toBe(0);
}

describe('the line before a provider', () => {
  it('serves tenants in turn, and each in its own order', async () => {
    const { enter, placeOf } = open();
    let place = placeOf(await enter());
    const order: string[] = [];
    const waiting = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1'].map(async (name) => {
      const entrance = await enter(name[0]);
      order.push(name);
      return entrance;
    });
    for (const _ of waiting) {
      place.release(0);
      await new Promise((resolve) => setImmediate(resolve));
      place = placeOf(
        (await waiting[['a1', 'a2', 'a3', 'b1', 'b2', 'c1'].indexOf(order.at(-1) ?? '')]) as Entrance,
      );
    }
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  it('turns away whom it has no room for, who waited too long, and who left, each as what it is', async () => {
    const { queue, clock, ends, enter } = open({ maxQueued: 2 });
    await enter();
    const leaving = new AbortController();
    const patient = enter('a');
    const left = enter('b', leaving.signal);
    expect(await enter('c')).toMatchObject({ kind: 'refused', fault: { code: 'provider_overloaded' } });
    expect(queue.depth).toBe(2);
    leaving.abort(new FaultError(createFault('gateway_draining')));
    expect(await left).toMatchObject({ fault: { code: 'gateway_draining' } });
    expect(queue.depth).toBe(1);
    await clock.advanceTo(999);
    expect(queue.depth).toBe(1);
    await clock.advanceTo(1000);
    expect(await patient).toMatchObject({ kind: 'refused', fault: { code: 'provider_overloaded' } });
    expect(queue.depth).toBe(0);
    expect(ends).toEqual([
      ['full', 0],
      ['left', 0],
      ['waited_too_long', 1000],
    ]);
  });

  it('turns away at once whom it could not serve in time, and says when to come back', async () => {
    const { clock, enter, placeOf, ends } = open({ maxConcurrent: 2 });
    // Each visit takes 800 ms, so with two places one comes free every 400 ms.
    const [one, two] = [placeOf(await enter()), placeOf(await enter())];
    await clock.advanceTo(800);
    one.release(0);
    two.release(0);
    await Promise.all([enter(), enter()]);
    void enter();
    void enter();
    // Third in line: 3 × 400 ms, longer than the 1000 ms that anybody may wait.
    const refused = await enter();
    expect(refused).toMatchObject({
      kind: 'refused',
      fault: { code: 'provider_overloaded', retryAfterMs: 1200 },
    });
    expect(ends).toEqual([['hopeless', 0]]);
  });

  it('never lets more in than there are places, and forgets nobody, whatever happens in which order', async () => {
    const action: fc.Arbitrary<Action> = fc.oneof(
      fc.record({ kind: fc.constant('enter' as const), tenant: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ kind: fc.constant('leave' as const), which: fc.nat(20) }),
      fc.record({ kind: fc.constant('release' as const), which: fc.nat(20) }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(700) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.array(action, { maxLength: 60 }),
        (places, actions) => play(places, actions),
      ),
      { seed: 4, numRuns: 150 },
    );
  });

  it('who would be served before a newcomer is what a line drained step by step says', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 30 }),
        fc.constantFrom('a', 'b', 'e'),
        (tenants, mine) => {
          const line = new FairLine<{ tenant: string; n: number }>();
          for (const [n, tenant] of tenants.entries()) line.push({ tenant, n });
          const expected = line.aheadOf(mine);
          const newcomer = { tenant: mine, n: -1 };
          line.push(newcomer);
          let served = 0;
          while (line.shift() !== newcomer) served++;
          // Tenants that have their turn after ours in the last round are counted: at most one for each.
          expect(served).toBeLessThanOrEqual(expected);
          expect(served).toBeGreaterThanOrEqual(expected - 3);
        },
      ),
      { seed: 2, numRuns: 300 },
    );
  });
});

describe('the limits of a vendor', () => {
  it('let a sixth of a minute go at once and the rest evenly: never more than the limit in any minute', async () => {
    const { clock, enter, placeOf } = open(
      { maxConcurrent: 1000, maxQueued: 1000, maxWaitMs: 600_000 },
      { requestsPerMin: 60 },
    );
    const enteredAtMs: number[] = [];
    for (let n = 0; n < 200; n++) {
      void enter().then((entrance) => {
        placeOf(entrance).release(0);
        enteredAtMs.push(clock.nowMs());
      });
    }
    await clock.advanceTo(240_000);
    expect(enteredAtMs).toHaveLength(200);
    expect(enteredAtMs.filter((atMs) => atMs === 0)).toHaveLength(10);
    for (const fromMs of enteredAtMs) {
      const inMinute = enteredAtMs.filter((atMs) => atMs >= fromMs && atMs < fromMs + 60_000).length;
      expect(inMinute).toBeLessThanOrEqual(60);
    }
    // 10 at once, then one a second, and a second lost of each minute.
    expect(Math.max(...enteredAtMs)).toBeGreaterThan(189_000);
    expect(Math.max(...enteredAtMs)).toBeLessThanOrEqual(194_000);
  });

  it('reserve the most that a request may use and give back what it did not', () => {
    const { limits } = open({}, { tokensPerMin: 6000 });
    limits.take(900);
    expect(limits.waitMs(200)).toBeCloseTo(1000, 6); // 100 left of 1000; 100 more at 100 per second.
    limits.settle(900, 300);
    expect(limits.waitMs(200)).toBe(0);
    limits.take(5000); // More than the bucket holds goes when it is full, and leaves it in debt.
    expect(limits.waitMs(1)).toBeGreaterThan(40_000);
  });

  it('follow what the headers say, down but not up, and a pause that was asked for', async () => {
    const { limits, clock } = open({}, { requestsPerMin: 600, tokensPerMin: 60_000 });
    limits.learn({ requestsRemaining: 100_000, tokensRemaining: 50 });
    expect(limits.waitMs(1050)).toBeCloseTo(1000, 6);
    limits.learn({ requestsRemaining: 0, exhaustedForMs: 4000 });
    expect(limits.waitMs(1)).toBe(4000);
    await clock.advanceTo(4000);
    expect(limits.waitMs(1)).toBe(0);
  });

  it('make those who find them used up wait in line, or hear when to come back', async () => {
    const { clock, enter, limits } = open({ maxConcurrent: 5 });
    limits.pauseFor(600);
    const waiting = enter();
    await clock.advanceTo(599);
    limits.pauseFor(0);
    await clock.advanceTo(601);
    expect(await waiting).toMatchObject({ kind: 'entered' });
    limits.pauseFor(30_000);
    expect(await enter()).toMatchObject({
      kind: 'refused',
      fault: { code: 'provider_rate_limited', retryAfterMs: 30_000 },
    });
  });
});
