import { describe, expect, it } from 'vitest';
import { Pacer, SPIN_MS } from '../../../bench/drive/pacing.ts';
import { createRandom } from '../../../vocabulary/random.ts';

const until = (condition: () => boolean): Promise<void> =>
  expect.poll(condition, { timeout: 5_000, interval: 5 }).toBe(true);

describe.each([
  ['exact', SPIN_MS],
  ['timers only', 0],
])('the pacer, %s', (_name, spinMs) => {
  it('runs everything in time order, ties as they came, and never early', async () => {
    const pacer = new Pacer(spinMs);
    const random = createRandom(1);
    const startMs = performance.now() + 20;
    const plan = Array.from({ length: 400 }, (_, i) => ({
      i,
      atMs: startMs + Math.floor(random.next() * 150),
    }));
    const ran: number[] = [];
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const { i, atMs } of plan) {
      pacer.at(atMs, () => {
        ran.push(i);
        earliestMs = Math.min(earliestMs, performance.now() - atMs);
      });
    }
    await until(() => ran.length === plan.length);
    expect(ran).toEqual([...plan].sort((a, b) => a.atMs - b.atMs || a.i - b.i).map(({ i }) => i));
    expect(earliestMs).toBeGreaterThanOrEqual(0);
    expect(pacer.pending).toBe(0);
  });

  it('takes work that is added while it runs, earlier than what it waits for', async () => {
    const pacer = new Pacer(spinMs);
    const ran: string[] = [];
    const nowMs = performance.now();
    pacer.at(nowMs + 5_000, () => ran.push('far'));
    pacer.at(nowMs + 10, () => {
      ran.push('near');
      pacer.at(nowMs + 5, () => ran.push('late'));
    });
    await until(() => ran.length === 2);
    expect(ran).toEqual(['near', 'late']);
    pacer.stop();
  });

  it('runs nothing more once stopped, and can be stopped from within', async () => {
    const pacer = new Pacer(spinMs);
    const ran: number[] = [];
    const nowMs = performance.now();
    pacer.at(nowMs + 5, () => {
      ran.push(1);
      pacer.stop();
    });
    pacer.at(nowMs + 5, () => ran.push(2));
    pacer.at(nowMs + 10, () => ran.push(3));
    await until(() => ran.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 30));
    pacer.at(performance.now(), () => ran.push(4));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(ran).toEqual([1]);
  });
});

describe('work that is late', () => {
  it('is caught up in parts: the loop turns in between, so that sockets are read', async () => {
    const pacer = new Pacer(0);
    const dueMs = performance.now() + 5;
    const ran: number[] = [];
    const turns: number[] = [];
    for (let i = 0; i < 1_000; i++) pacer.at(dueMs, () => ran.push(i));
    const watch = (): void => {
      turns.push(ran.length);
      if (ran.length < 1_000) setImmediate(watch);
    };
    watch();
    await until(() => ran.length === 1_000);
    expect(ran).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
    const largest = Math.max(...turns.slice(1).map((count, i) => count - (turns[i] ?? 0)));
    expect(largest).toBeLessThanOrEqual(100);
  });
});

describe('waiting by spinning', () => {
  it('is counted, and is a small part of a long wait', async () => {
    const pacer = new Pacer();
    let waits = 0;
    // On a machine that is busy a whole wait may pass without a turn of the loop that only waited.
    while (pacer.spunMs === 0 && waits < 20) {
      let isDone = false;
      pacer.at(performance.now() + 100, () => {
        isDone = true;
      });
      await until(() => isDone);
      waits++;
    }
    expect(pacer.spunMs).toBeGreaterThan(0);
    expect(pacer.spunMs).toBeLessThan(20 * waits);
  });
});
