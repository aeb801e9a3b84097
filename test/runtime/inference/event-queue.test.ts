import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../../runtime/inference/event-queue.ts';

const ignore = (): void => {};

async function readAll<T>(queue: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of queue) items.push(item);
  return items;
}

describe('the event queue', () => {
  it('gives a slow reader everything in order', async () => {
    const queue = new EventQueue<number>(ignore);
    for (let i = 0; i < 1000; i++) queue.push(i);
    queue.end();
    expect(queue.unread).toBe(1000);
    expect(await readAll(queue)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(queue.unread).toBe(0);
  });

  it('gives a waiting reader each item as it comes', async () => {
    const queue = new EventQueue<string>(ignore);
    const first = queue.next();
    queue.push('a');
    expect(await first).toEqual({ value: 'a', done: false });
    const end = queue.next();
    queue.end();
    expect(await end).toEqual({ value: undefined, done: true });
  });

  it('fails after what is unread, and only once', async () => {
    const queue = new EventQueue<string>(ignore);
    queue.push('a');
    queue.fail(new Error('broken'));
    queue.push('lost');
    expect(await queue.next()).toEqual({ value: 'a', done: false });
    await expect(queue.next()).rejects.toThrow('broken');
    expect(await queue.next()).toEqual({ value: undefined, done: true });
  });

  it('rejects a reader that waits', async () => {
    const queue = new EventQueue<string>(ignore);
    const waiting = queue.next();
    queue.fail(new Error('broken'));
    await expect(waiting).rejects.toThrow('broken');
  });

  it('tells once that a reader left early, and not of one that read to the end', async () => {
    let left = 0;
    const early = new EventQueue<number>(() => left++);
    early.push(1);
    early.push(2);
    for await (const item of early) if (item === 1) break;
    await early.return();
    expect(left).toBe(1);
    early.push(3);
    expect(early.unread).toBe(0);

    const whole = new EventQueue<number>(() => left++);
    whole.push(1);
    whole.end();
    await readAll(whole);
    expect(left).toBe(1);
  });
});

describe('the event queue that hands over', () => {
  it('gives what was unread, then each item within its push, and one that is pushed meanwhile after it', async () => {
    const queue = new EventQueue<number>(ignore);
    const seen: (number | string)[] = [];
    queue.push(1);
    const end = queue.handTo((item) => {
      seen.push(`begin ${item}`);
      if (item === 2) queue.push(3);
      seen.push(`end ${item}`);
      return undefined;
    });
    expect(seen).toEqual(['begin 1', 'end 1']);
    queue.push(2);
    expect(seen.slice(2)).toEqual(['begin 2', 'end 2', 'begin 3', 'end 3']);
    queue.end();
    await end;
  });

  it('waits while the taker holds, and closes only after what is unread', async () => {
    const queue = new EventQueue<number>(ignore);
    const seen: number[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    let isOver = false;
    const end = queue
      .handTo((item) => {
        seen.push(item);
        return item === 1 ? promise : undefined;
      })
      .catch((error: unknown) => {
        isOver = true;
        throw error;
      });
    for (const item of [1, 2, 3]) queue.push(item);
    queue.fail(new Error('broken'));
    await Promise.resolve();
    expect([seen, queue.unread, isOver]).toEqual([[1], 2, false]);
    resolve();
    await expect(end).rejects.toThrow('broken');
    expect(seen).toEqual([1, 2, 3]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('defect');
      },
    ],
    ['rejects', () => Promise.reject(new Error('defect'))],
  ])('a taker that %s has left: it gets no more, and the producer is told once', async (_what, take) => {
    let left = 0;
    const queue = new EventQueue<number>(() => left++);
    let taken = 0;
    const end = queue.handTo(() => {
      taken++;
      return take();
    });
    queue.push(1);
    queue.push(2);
    await expect(end).rejects.toThrow('defect');
    queue.push(3);
    expect([taken, left]).toEqual([1, 1]);
  });
});
