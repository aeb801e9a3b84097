import { describe, expect, it } from 'vitest';
import { drawUnderWay, Feed } from '../../../bench/run/feed.ts';
import type { PlannedInteraction } from '../../../bench/workload/schedule.ts';

/** What a feed puts on its pacer, run by the test in order of time. */
class HandPacer {
  readonly #due: { atMs: number; run: () => void }[] = [];

  at(atMs: number, run: () => void): void {
    this.#due.push({ atMs, run });
    this.#due.sort((a, b) => a.atMs - b.atMs);
  }

  next(): { atMs: number; run: () => void } | undefined {
    return this.#due.shift();
  }
}

const interaction = (i: number, arrivalAtMs: number): PlannedInteraction => ({
  id: `i${i}`,
  arrivalAtMs,
  firstTurn: 0,
  firstTurnAtMs: arrivalAtMs,
  systemPromptTokens: 0,
  turns: [],
});

const STARTED_AT_MS = 1_000;

function feed(arrivals: readonly number[]) {
  const pacer = new HandPacer();
  const started: number[] = [];
  const feed = new Feed({
    interactions: arrivals.map((atMs, i) => interaction(i, atMs)),
    pacer,
    stepStartedAtMs: STARTED_AT_MS,
    start: ({ arrivalAtMs }) => started.push(arrivalAtMs),
  });
  return { pacer, started, feed };
}

describe('what is under way as a step begins', () => {
  it.each([[[-30, -20, -10, 0, 5, 9]], [[-2, -1]], [[3, 4]], [[]]])(
    'is drawn before its clock starts, and the rest as it is asked for: %j',
    (arrivals) => {
      let drawn = 0;
      function* draw() {
        for (const atMs of arrivals) {
          drawn++;
          yield interaction(drawn, atMs);
        }
      }
      const items = drawUnderWay(draw());
      const before = arrivals.filter((atMs) => atMs < 0).length;
      expect(drawn).toBe(Math.min(arrivals.length, before + 1));
      expect([...items].map(({ arrivalAtMs }) => arrivalAtMs)).toEqual(arrivals);
    },
  );
});

describe('drawing a step piece by piece', () => {
  it.each([
    ['20,000 a second', Array.from({ length: 20_000 }, (_, i) => i / 20)],
    ['10 a second', Array.from({ length: 100 }, (_, i) => i * 100)],
    ['5,000 in one instant, as traces of whole seconds have them', Array.from({ length: 5_000 }, () => 300)],
    ['a pause of a minute', [0, 60_000, 60_001]],
  ])('starts each once, in order, in good time, few in one go: %s', (_name, arrivals) => {
    const { pacer, started } = feed(arrivals);
    for (let due = pacer.next(); due !== undefined; due = pacer.next()) {
      const before = started.length;
      // All that is due by now was started by an earlier turn, or sends would be late by the feed's fault.
      expect(arrivals[before] ?? Number.POSITIVE_INFINITY).toBeGreaterThan(due.atMs - STARTED_AT_MS);
      due.run();
      expect(started.length - before).toBeLessThanOrEqual(8);
    }
    expect(started).toEqual(arrivals);
  });

  it('is no faster for a generator that is late: what waits stays small', () => {
    const { pacer, started } = feed(Array.from({ length: 20_000 }, (_, i) => i / 20));
    // However late this runs by the clock, it draws what its place in the schedule asks for.
    for (let turn = 0; turn < 10; turn++) pacer.next()?.run();
    expect(started.length).toBeLessThan(200 + 11 * 8);
  });

  it('draws at once what is asked for by an instant, and goes on from there', () => {
    const arrivals = Array.from({ length: 2_000 }, (_, i) => i);
    const { pacer, started, feed: fed } = feed(arrivals);
    fed.feedUntil(STARTED_AT_MS + 1_500);
    expect(started).toHaveLength(1_500);
    for (let due = pacer.next(); due !== undefined; due = pacer.next()) due.run();
    expect(started).toEqual(arrivals);
  });
});
