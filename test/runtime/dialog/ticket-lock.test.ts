import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TicketLock } from '../../../runtime/dialog/ticket-lock.ts';

const never = new AbortController().signal;

it('grants in order, one at a time per key, whatever the durations; keys do not wait for each other', async () => {
  const job = fc.record({ key: fc.constantFrom('a', 'b', 'c'), turns: fc.integer({ min: 0, max: 4 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(job, { maxLength: 30 }), async (jobs) => {
      const lock = new TicketLock(100);
      const running = new Map<string, number>();
      const order = new Map<string, number[]>();
      await Promise.all(
        jobs.map(async ({ key, turns }, index) => {
          const release = await lock.acquire(key, never);
          running.set(key, (running.get(key) ?? 0) + 1);
          expect(running.get(key)).toBe(1);
          order.set(key, [...(order.get(key) ?? []), index]);
          for (let n = 0; n < turns; n++) await new Promise((resolve) => setImmediate(resolve));
          running.set(key, 0);
          release();
          release();
        }),
      );
      for (const [key, indices] of order) {
        expect(indices).toEqual(jobs.flatMap((each, index) => (each.key === key ? [index] : [])));
      }
      expect(lock.heldKeys).toBe(0);
    }),
    { seed: 1, numRuns: 60 },
  );
});

it('lets go of a waiter that was aborted, and serves the one behind it', async () => {
  const lock = new TicketLock(5);
  const release = await lock.acquire('a', never);
  const leaving = new AbortController();
  const left = lock.acquire('a', leaving.signal);
  const stayed = lock.acquire('a', never);
  leaving.abort();
  await expect(left).rejects.toMatchObject({ fault: { code: 'caller_disconnected' } });
  release();
  (await stayed)();
  expect(lock.heldKeys).toBe(0);
  await expect(lock.acquire('a', leaving.signal)).rejects.toMatchObject({ name: 'FaultError' });
});

it('refuses the waiter too many', async () => {
  const lock = new TicketLock(2);
  await lock.acquire('a', never);
  const waiting = [lock.acquire('a', never), lock.acquire('a', never)];
  await expect(lock.acquire('a', never)).rejects.toMatchObject({ fault: { code: 'gateway_overloaded' } });
  await lock.acquire('b', never);
  expect(waiting).toHaveLength(2);
});
