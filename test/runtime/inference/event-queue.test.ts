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
