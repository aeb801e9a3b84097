import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MinuteWindow } from '../../../runtime/llm/minute-window.ts';
import { VendorLimits } from '../../../runtime/llm/vendor-limits.ts';
import { VirtualClock } from '../../../vocabulary/clock.ts';

const MINUTE_MS = 60_000;

/** The most in any minute, by looking at each that begins with a request: the definition, written out. */
const mostInAMinute = (atMs: readonly number[]): number =>
  Math.max(0, ...atMs.map((from) => atMs.filter((at) => at >= from && at < from + MINUTE_MS).length));

it('lets no minute hold more than the limit, whenever it begins, and wastes none of it for long', async () => {
  const gapsMs = fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 9 }), gapsMs, async (limit, gaps) => {
      const clock = new VirtualClock();
      const window = new MinuteWindow(limit, clock);
      const sentAtMs: number[] = [];
      for (const gapMs of gaps) {
        await clock.advanceTo(clock.nowMs() + gapMs);
        const waitMs = window.waitMs();
        // With room in the last 61 s nobody waits; without it nobody waits past the second after.
        const recent = sentAtMs.filter((at) => at > clock.nowMs() - MINUTE_MS - 1000).length;
        if (recent < limit) expect(waitMs).toBe(0);
        expect(waitMs).toBeLessThanOrEqual(MINUTE_MS + 1000);
        await clock.advanceTo(clock.nowMs() + waitMs);
        expect(window.waitMs()).toBe(0);
        window.note();
        sentAtMs.push(clock.nowMs());
      }
      expect(mostInAMinute(sentAtMs)).toBeLessThanOrEqual(limit);
    }),
    { seed: 7, numRuns: 300 },
  );
});

it('a vendor that is asked as often as its limits allow gets its limit in the first minute, and no request more', async () => {
  const clock = new VirtualClock();
  const limits = new VendorLimits({ requestsPerMin: 60 }, clock);
  const sentAtMs: number[] = [];
  while (clock.nowMs() < 10 * MINUTE_MS) {
    await clock.advanceTo(clock.nowMs() + Math.max(limits.waitMs(1), 0));
    limits.take(1);
    sentAtMs.push(clock.nowMs());
  }
  expect(mostInAMinute(sentAtMs)).toBe(60);
  // Ten minutes at 60: what is lost to counting by seconds is one part in sixty.
  expect(sentAtMs.length).toBeGreaterThan(580);
});
