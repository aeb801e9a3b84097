import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock, VirtualClock } from '../../vocabulary/clock.ts';

describe('VirtualClock', () => {
  it('takes its listener off the signal when a sleeper wakes', async () => {
    const clock = new VirtualClock();
    const { signal } = new AbortController();
    const sleeps = [1, 2, 3].map((atMs) => clock.sleepUntil(atMs, signal));
    expect(getEventListeners(signal, 'abort')).toHaveLength(3);
    await clock.advanceTo(3);
    await Promise.all(sleeps);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('wakes sleepers in time order, ties in the order they came, each at its own instant', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 30 }), async (instants) => {
        const clock = new VirtualClock();
        const woken: (readonly [number, number])[] = [];
        const sleeps = instants.map(async (atMs, order) => {
          await clock.sleepUntil(atMs);
          expect(clock.nowMs()).toBe(atMs);
          woken.push([atMs, order]);
        });
        await clock.advanceTo(20);
        await Promise.all(sleeps);
        expect(woken).toEqual([...woken].sort((a, b) => a[0] - b[0] || a[1] - b[1]));
        expect(woken.length).toBe(instants.length);
      }),
      { numRuns: 30 },
    );
  });

  it('wakes those who go to sleep again on the way', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    const ticking = (async () => {
      for (let at = 10; at <= 50; at += 10) {
        await clock.sleepUntil(at);
        seen.push(clock.nowMs());
      }
    })();
    await clock.advanceTo(35);
    expect(seen).toEqual([10, 20, 30]);
    expect(clock.nowMs()).toBe(35);
    await clock.advanceTo(50);
    await ticking;
    expect(seen).toEqual([10, 20, 30, 40, 50]);
  });

  it('never goes back, and wakes at once who sleeps until the past', async () => {
    const clock = new VirtualClock();
    await clock.advanceTo(100);
    await clock.advanceTo(40);
    expect(clock.nowMs()).toBe(100);
    const sleep = clock.sleepUntil(1);
    await clock.advanceTo(100);
    await sleep;
    expect(clock.nowMs()).toBe(100);
  });

  it('keeps the wall clock in step', async () => {
    const clock = new VirtualClock(1_000_000);
    await clock.advanceTo(250);
    expect(clock.unixMs()).toBe(1_000_250);
  });

  it('rejects with the reason of the signal, before and during sleep, and lets the others sleep on', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const aborted = clock.sleepUntil(10, controller.signal);
    const other = clock.sleepUntil(20);
    const reason = new Error('stopped');
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    await expect(clock.sleepUntil(10, controller.signal)).rejects.toBe(reason);
    await clock.advanceTo(20);
    await expect(other).resolves.toBeUndefined();
  });
});

describe('systemClock', () => {
  it('sleeps until the instant or after, and at once for the past', async () => {
    const atMs = systemClock.nowMs() + 5;
    await systemClock.sleepUntil(atMs);
    expect(systemClock.nowMs()).toBeGreaterThanOrEqual(atMs - 1);
    await systemClock.sleepUntil(0);
  });

  it('stops sleeping when told', async () => {
    const controller = new AbortController();
    const startMs = systemClock.nowMs();
    const sleep = systemClock.sleepUntil(startMs + 60_000, controller.signal);
    controller.abort('enough');
    await expect(sleep).rejects.toBe('enough');
    expect(systemClock.nowMs() - startMs).toBeLessThan(5_000);
  });
});
