import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Reservation } from '../../../runtime/tenants/ledger.ts';
import { MemoryLedger } from '../../../runtime/tenants/memory-ledger.ts';
import { VirtualClock } from '../../../vocabulary/clock.ts';
import { describeLedger, tenantOf } from '../../contracts/ledger.ts';

const START_UNIX_MS = Date.UTC(2026, 2, 1, 12);
const MINUTE_MS = 60_000;
const SLICE_MS = 1000;

function open() {
  const clock = new VirtualClock(START_UNIX_MS);
  const ledger = new MemoryLedger(clock);
  return { clock, ledger };
}

describeLedger('memory', async () => {
  const { clock, ledger } = open();
  return {
    ledger,
    other: ledger,
    periods: { windowMs: MINUTE_MS, dayMs: 24 * 60 * MINUTE_MS },
    nowUnixMs: () => clock.unixMs(),
    pass: (ms) => clock.advanceTo(clock.nowMs() + ms),
    close: () => ledger.close(),
  };
});

interface Grant {
  readonly atMs: number;
  readonly reservation: Reservation;
  readonly tokens: number;
  settled: number | undefined;
}

/** What a grant counts as: what it reserved, or used in the end. */
const weightOf = (grant: Grant): number => grant.settled ?? grant.tokens;

const step = fc.record({
  passMs: fc.oneof(fc.nat({ max: 2000 }), fc.nat({ max: 70_000 })),
  tokens: fc.integer({ min: 1, max: 40 }),
  settle: fc.option(fc.record({ which: fc.nat(), usedRatio: fc.double({ min: 0, max: 1, noNaN: true }) })),
});

describe('the memory ledger against a list of everything that happened', () => {
  it('never exceeds a limit in any minute, refuses only for cause, and names the exact wait', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 40, max: 120 }),
        fc.array(step, { maxLength: 60 }),
        async (requestsPerMin, tokensPerMin, steps) => {
          const { clock, ledger } = open();
          const tenant = tenantOf({ requestsPerMin, tokensPerMin });
          const grants: Grant[] = [];
          for (const { passMs, tokens, settle } of steps) {
            await clock.advanceTo(clock.nowMs() + passMs);
            const target = settle === null ? undefined : grants[settle.which % Math.max(1, grants.length)];
            if (settle !== null && target !== undefined && target.settled === undefined) {
              target.settled = Math.floor(settle.usedRatio * target.tokens);
              await ledger.settle(target.reservation, { tokens: target.settled, costUsd: 0 });
            }
            const nowMs = clock.nowMs();
            const result = await ledger.reserve(tenant, { tokens, costUsd: 0 });
            // The naive books: all since the begin of the slice that lies 60 slices back.
            const sinceMs = (slice: number): Grant[] =>
              grants.filter((grant) => Math.floor(grant.atMs / SLICE_MS) >= slice - 60);
            const weigh = (list: Grant[]): number => list.reduce((sum, grant) => sum + weightOf(grant), 0);
            const slice = Math.floor(nowMs / SLICE_MS);
            const fits = (list: Grant[]): boolean =>
              list.length + 1 <= requestsPerMin && weigh(list) + tokens <= tokensPerMin;
            if (result.kind === 'granted') {
              expect(fits(sinceMs(slice))).toBe(true);
              grants.push({ atMs: nowMs, reservation: result.reservation, tokens, settled: undefined });
            } else {
              expect(fits(sinceMs(slice))).toBe(false);
              const waitMs = result.fault.retryAfterMs ?? Number.NaN;
              const limited = result.fault.code === 'policy_rate_limited';
              const freeAt = (ms: number): boolean => {
                const list = sinceMs(Math.floor(ms / SLICE_MS));
                return limited ? list.length + 1 <= requestsPerMin : weigh(list) + tokens <= tokensPerMin;
              };
              expect(freeAt(nowMs + waitMs)).toBe(true);
              expect(freeAt(nowMs + waitMs - 1)).toBe(false);
            }
          }
          for (const { atMs } of grants) {
            const inMinute = grants.filter((other) => other.atMs >= atMs && other.atMs < atMs + MINUTE_MS);
            expect(inMinute.length).toBeLessThanOrEqual(requestsPerMin);
            expect(inMinute.reduce((sum, grant) => sum + weightOf(grant), 0)).toBeLessThanOrEqual(
              tokensPerMin,
            );
          }
        },
      ),
      { numRuns: 300, seed: 3 },
    );
  });

  it('spends at most the budget and one reservation, and holds nothing when all is settled', async () => {
    const act = fc.record({
      costUsd: fc.double({ min: 0.001, max: 0.5, noNaN: true }),
      usedRatio: fc.double({ min: 0, max: 1, noNaN: true }),
      keep: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
        const { ledger } = open();
        const tenant = tenantOf({ dailyBudgetUsd: 1 });
        const kept: { reservation: Reservation; usedUsd: number }[] = [];
        let spentUsd = 0;
        let largestUsd = 0;
        for (const { costUsd, usedRatio, keep } of acts) {
          const result = await ledger.reserve(tenant, { tokens: 1, costUsd });
          if (result.kind === 'refused') continue;
          largestUsd = Math.max(largestUsd, costUsd);
          const usedUsd = costUsd * usedRatio;
          spentUsd += usedUsd;
          if (keep) kept.push({ reservation: result.reservation, usedUsd });
          else await ledger.settle(result.reservation, { tokens: 1, costUsd: usedUsd });
        }
        expect(spentUsd).toBeLessThanOrEqual(1 + largestUsd);
        for (const { reservation, usedUsd } of kept)
          await ledger.settle(reservation, { tokens: 1, costUsd: usedUsd });
        const totals = await ledger.read(tenant);
        expect(totals.reservedUsd).toBe(0);
        expect(totals.spentUsd).toBeCloseTo(spentUsd, 6);
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  it('a wall clock that is set back gives nothing twice', async () => {
    const clock = new VirtualClock(START_UNIX_MS);
    let offsetMs = 0;
    const ledger = new MemoryLedger({
      ...clock,
      nowMs: () => clock.nowMs(),
      unixMs: () => clock.unixMs() + offsetMs,
      sleepUntil: (atMs) => clock.sleepUntil(atMs),
    });
    const tenant = tenantOf({ requestsPerMin: 1, dailyBudgetUsd: 0.01 });
    expect((await ledger.reserve(tenant, { tokens: 1, costUsd: 0.01 })).kind).toBe('granted');
    offsetMs = -48 * 3_600_000;
    expect((await ledger.reserve(tenant, { tokens: 1, costUsd: 0.01 })).kind).toBe('refused');
  });
});
