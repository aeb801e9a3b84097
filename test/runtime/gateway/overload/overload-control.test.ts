import { describe, expect, it } from 'vitest';
import { OverloadControl } from '../../../../runtime/gateway/overload/overload-control.ts';

/** What a request and a refusal take of the one thread, ms; about what was measured. */
const REQUEST_MS = 0.2;
const REFUSAL_MS = 0.01;
const OBJECTIVE_MS = 500;
const LOOK_MS = 10;
/** More the thread cannot do: 5,000 requests/s. */
const PEAK_PER_S = 1000 / REQUEST_MS;

interface Phase {
  readonly ratePerS: number;
  readonly durationMs: number;
}

/**
 * A model of an event loop, independent of the controller: each round takes up all that arrived during the round before
 * it. Returns what was answered within the objective in each second.
 */
function simulate(phases: readonly Phase[], control: OverloadControl): number[] {
  const goodPerSecond: number[] = [];
  let [nowMs, roundMs, lookDueMs, owed, phaseEndMs] = [0, 1, LOOK_MS, 0, 0];
  for (const { ratePerS, durationMs } of phases) {
    phaseEndMs += durationMs;
    while (nowMs < phaseEndMs) {
      if (nowMs >= lookDueMs) {
        control.look(nowMs);
        lookDueMs = nowMs + LOOK_MS;
      }
      owed += (ratePerS * roundMs) / 1000;
      const arrived = Math.floor(owed);
      owed -= arrived;
      const { busyMs, good } = workThrough(arrived, roundMs, (workedMs) => control.sheds(nowMs + workedMs));
      const second = Math.floor(nowMs / 1000);
      goodPerSecond[second] = (goodPerSecond[second] ?? 0) + good;
      roundMs = Math.max(1, busyMs);
      nowMs += roundMs;
    }
  }
  return Array.from(goodPerSecond, (good) => good ?? 0);
}

/** One round: arrivals were spread evenly over the round before; each is answered when its turn has come. */
function workThrough(arrived: number, roundMs: number, sheds: (workedMs: number) => boolean) {
  let [busyMs, good] = [0, 0];
  for (let index = 0; index < arrived; index++) {
    const isShed = sheds(busyMs);
    busyMs += isShed ? REFUSAL_MS : REQUEST_MS;
    if (!isShed && roundMs * (1 - index / arrived) + busyMs <= OBJECTIVE_MS) good++;
  }
  return { busyMs, good };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const overloadedBy = (factor: number): Phase[] => [
  { ratePerS: PEAK_PER_S / 2, durationMs: 3000 },
  { ratePerS: factor * PEAK_PER_S, durationMs: 12_000 },
  { ratePerS: PEAK_PER_S / 2, durationMs: 8000 },
];

describe('shedding by the delay of the event loop, on a model of one', () => {
  it('without it, goodput at twice the capacity is lost for good', () => {
    const good = simulate(overloadedBy(2), new OverloadControl(0, 0));
    expect(mean(good.slice(6, 15))).toBeLessThan(0.05 * PEAK_PER_S);
  });

  it.each([1.2, 1.5, 2, 3])('keeps goodput up at %f times the capacity, and is back within 5 s', (factor) => {
    const control = new OverloadControl(50, 0);
    const good = simulate(overloadedBy(factor), control);
    // What is left for requests when each of the rest costs a refusal: x·R + (f − x)·r = 1.
    const most = (1 - factor * PEAK_PER_S * (REFUSAL_MS / 1000)) / (1 - REFUSAL_MS / REQUEST_MS);
    expect(mean(good.slice(5, 15))).toBeGreaterThan(0.9 * most * PEAK_PER_S);
    const after = good.slice(15, -1);
    const recoveredS = after.findIndex((_, index) =>
      after.slice(index).every((count) => count > 0.95 * (PEAK_PER_S / 2)),
    );
    expect(recoveredS).toBeGreaterThanOrEqual(0);
    expect(recoveredS).toBeLessThanOrEqual(4);
    expect(control.isOverloaded).toBe(false);
  });

  it('one long pause, or a busy loop within the target, cuts nothing', () => {
    const control = new OverloadControl(50, 0);
    let nowMs = 0;
    for (let look = 0; look < 1000; look++) {
      nowMs += 10 + (look === 500 ? 2000 : 30);
      control.look(nowMs);
    }
    expect(control.isOverloaded).toBe(false);
    expect(control.admittedRatio).toBe(1);
    expect(Array.from({ length: 100 }, () => control.sheds(nowMs))).not.toContain(true);
  });

  it('while overloaded a round takes up new work until it is half a target late, else until four targets', () => {
    const control = new OverloadControl(50, 0);
    const shedAt = (lateMs: number): boolean => control.sheds(dueMs + lateMs);
    let dueMs = 10;
    expect([shedAt(0), shedAt(199), shedAt(201)]).toEqual([false, false, true]);
    control.look(110);
    control.look(220);
    dueMs = 230;
    expect(control.isOverloaded).toBe(true);
    expect(control.admittedRatio).toBeCloseTo(2 / 3, 10);
    expect([shedAt(24), shedAt(26)]).toEqual([false, true]);
  });

  it('ends an overload after a second without a refusal', () => {
    const control = new OverloadControl(50, 0);
    control.look(110);
    control.look(220);
    let nowMs = 220;
    const calmFor = (ms: number): void => {
      for (const endMs = nowMs + ms; nowMs < endMs; control.look(nowMs)) nowMs += 10;
    };
    calmFor(900);
    control.sheds(nowMs + 100);
    calmFor(900);
    expect(control.isOverloaded).toBe(true);
    calmFor(300);
    expect(control.isOverloaded).toBe(false);
  });

  it('never sheds when it is switched off', () => {
    const control = new OverloadControl(0, 0);
    control.look(1000);
    control.look(2000);
    expect(control.sheds(5000)).toBe(false);
  });
});
