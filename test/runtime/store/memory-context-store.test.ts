import { expect, it } from 'vitest';
import { MemoryContextStore } from '../../../runtime/store/memory-context-store.ts';
import { VirtualClock } from '../../../vocabulary/clock.ts';
import { describeContextStore } from '../../contracts/store-context.ts';

describeContextStore('memory', async () => {
  const clock = new VirtualClock();
  const store = new MemoryContextStore({ maxContexts: 100, clock });
  return { store, pass: (ms) => clock.advanceTo(clock.nowMs() + ms) };
});

const context = (interactionId: string) => ({ interactionId, turns: 0, messages: [] });

it('never holds more than its limit, and the least recently used go first', async () => {
  const store = new MemoryContextStore({ maxContexts: 3, clock: new VirtualClock() });
  for (const id of ['a', 'b', 'c']) await store.set(context(id), 1000);
  await store.get('a');
  await store.set(context('d'), 1000);
  expect(store.entries).toBe(3);
  expect(await store.get('b')).toBeUndefined();
  expect(await store.get('a')).toBeDefined();
  for (let n = 0; n < 500; n++) {
    await store.set(context(`x${n}`), 1000);
    expect(store.entries).toBeLessThanOrEqual(3);
  }
});

it('sheds expired entries while others are written, without a timer', async () => {
  const clock = new VirtualClock();
  const store = new MemoryContextStore({ maxContexts: 10_000, clock });
  for (let n = 0; n < 100; n++) await store.set(context(`old${n}`), 10);
  await clock.advanceTo(1000);
  for (let n = 0; n < 100; n++) await store.set(context(`new${n}`), 1000);
  expect(store.entries).toBe(100);
});
