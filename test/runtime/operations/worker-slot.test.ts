import { expect, it } from 'vitest';
import {
  createSlot,
  delayAfterDeath,
  isHung,
  isSilent,
  restartDelayMs,
} from '../../../runtime/operations/worker-slot.ts';

it('doubles the wait with each short life, up to ten seconds and no further', () => {
  const delaysMs = Array.from({ length: 12 }, (_, index) => restartDelayMs(index + 1));
  expect(delaysMs).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000, 10_000, 10_000]);
  expect(restartDelayMs(2000)).toBe(10_000);
});

it('begins again after a healthy life only, and a worker that was never ready had none', () => {
  const slot = createSlot(0);
  const die = (atMs: number) => {
    const delayMs = delayAfterDeath(slot, atMs);
    slot.isReady = false;
    return delayMs;
  };
  const answerFrom = (atMs: number) => {
    slot.isReady = true;
    slot.readyAtMs = atMs;
  };
  answerFrom(0);
  expect(die(1000)).toBe(100);
  answerFrom(1500);
  expect(die(2000)).toBe(200);
  // It hung for a minute before it was ready.
  expect(die(62_000)).toBe(400);
  answerFrom(70_000);
  expect(die(100_000)).toBe(100);
});

it('calls a worker silent before it calls it hung, and only one that was ready', () => {
  const slot = createSlot(0);
  slot.missedBeats = 100;
  expect([isSilent(slot), isHung(slot)]).toEqual([false, false]);
  slot.isReady = true;
  const seen = [0, 1, 2, 3, 4, 5].map((missedBeats) => {
    slot.missedBeats = missedBeats;
    return isHung(slot) ? 'hung' : isSilent(slot) ? 'silent' : 'well';
  });
  expect(seen).toEqual(['well', 'well', 'well', 'silent', 'silent', 'hung']);
});
