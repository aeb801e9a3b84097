import { describe, expect, it } from 'vitest';
import { createFault, FaultError } from '../../runtime/llm/fault.ts';
import type { InteractionLock } from '../../runtime/store/interaction-lock.ts';

/** Waiting places that every lock under test has. */
export const MAX_WAITING = 16;

const never = new AbortController().signal;

/** Whether a promise settles on its own within so much time. */
async function isPending(promise: Promise<unknown>, ms = 60): Promise<boolean> {
  const pending = Symbol('pending');
  const timeout = new Promise((resolve) => setTimeout(() => resolve(pending), ms));
  return (await Promise.race([promise, timeout])) === pending;
}

/** What every lock does. `open` is called twice where two processes share a store: both must agree. */
export function describeInteractionLock(name: string, open: () => Promise<InteractionLock>): void {
  describe(`${name} as an interaction lock`, () => {
    it('lets one in at a time, and others in the order in which they came', async () => {
      const lock = await open();
      const order: number[] = [];
      let inside = 0;
      const work = Array.from({ length: MAX_WAITING }, async (_, n) => {
        const release = await lock.acquire('a', never);
        expect(++inside).toBe(1);
        order.push(n);
        await new Promise((resolve) => setTimeout(resolve, 1));
        inside--;
        release();
      });
      await Promise.all(work);
      expect(order).toEqual(Array.from({ length: MAX_WAITING }, (_, n) => n));
      await lock.close();
    });

    it('does not let interactions wait for one another', async () => {
      const lock = await open();
      const releases = await Promise.all(['a', 'b', 'c'].map((id) => lock.acquire(id, never)));
      for (const release of releases) release();
      await lock.close();
    });

    it('a release counts once', async () => {
      const lock = await open();
      const first = await lock.acquire('a', never);
      first();
      const second = await lock.acquire('a', never);
      first();
      const third = lock.acquire('a', never);
      expect(await isPending(third)).toBe(true);
      second();
      (await third)();
      await lock.close();
    });

    it('a waiter that gives up leaves its place to the next, with the fault of its signal', async () => {
      const lock = await open();
      const first = await lock.acquire('a', never);
      const leaving = new AbortController();
      const second = lock.acquire('a', leaving.signal);
      const third = lock.acquire('a', never);
      expect(await isPending(third)).toBe(true);
      leaving.abort(new FaultError(createFault('caller_disconnected')));
      await expect(second).rejects.toMatchObject({ fault: { code: 'caller_disconnected' } });
      first();
      (await third)();
      (await lock.acquire('a', never))();
      await lock.close();
    });

    it('refuses at once under a signal that is aborted already', async () => {
      const lock = await open();
      const gone = AbortSignal.abort(new FaultError(createFault('gateway_draining')));
      await expect(lock.acquire('a', gone)).rejects.toMatchObject({ fault: { code: 'gateway_draining' } });
      (await lock.acquire('a', never))();
      await lock.close();
    });

    it('refuses who comes when all places to wait are taken', async () => {
      const lock = await open();
      const first = await lock.acquire('a', never);
      const waiting = Array.from({ length: MAX_WAITING }, () => lock.acquire('a', never));
      expect(await isPending(Promise.race(waiting))).toBe(true);
      await expect(lock.acquire('a', never)).rejects.toMatchObject({ fault: { code: 'gateway_overloaded' } });
      first();
      for (const next of waiting) (await next)();
      await lock.close();
    });

    it('closes twice', async () => {
      const lock = await open();
      await lock.close();
      await lock.close();
    });
  });
}
