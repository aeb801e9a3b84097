import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Reservation } from '../../../runtime/tenants/ledger.ts';
import { MemoryLedger } from '../../../runtime/tenants/memory-ledger.ts';
import { VirtualClock } from '../../../vocabulary/clock.ts';
import { describeLedger } from '../../contracts/ledger.ts';
import { tenantOf } from '../../contracts/ledger-tenant.ts';

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

const weigh = (grants: readonly Grant[]): number => grants.reduce((sum, grant) => sum + weightOf(grant), 0);
const isRateLimit = (error: { code: string }): boolean => error.code === 'policy_rate_limited';

/** Plays the ledger beside a list of everything that was granted, and holds each decision against the list. */
class Play {
  readonly #clock: VirtualClock;
  readonly #ledger: MemoryLedger;
  readonly #limits: { readonly requestsPerMin: number; readonly tokensPerMin: number };
  readonly grants: Grant[] = [];

  constructor(limits: { readonly requestsPerMin: number; readonly tokensPerMin: number }) {
    ({ clock: this.#clock, ledger: this.#ledger } = open());
    this.#limits = limits;
  }

  pass(ms: number): Promise<void> {
    return this.#clock.advanceTo(this.#clock.nowMs() + ms);
  }

  async settle(which: number, usedRatio: number): Promise<void> {
    const grant = this.grants[which % Math.max(1, this.grants.length)];
    if (grant === undefined || grant.settled !== undefined) return;
    grant.settled = Math.floor(usedRatio * grant.tokens);
    await this.#ledger.settle(grant.reservation, { tokens: grant.settled, costUsd: 0 });
  }

  /** What counts at an instant: all since the begin of the slice that lies 60 slices back. */
  #countingAt(ms: number): Grant[] {
    const slice = Math.floor(ms / SLICE_MS);
    return this.grants.filter((grant) => Math.floor(grant.atMs / SLICE_MS) >= slice - 60);
  }

  #hasRoom(limit: 'requests' | 'tokens', tokens: number, atMs: number): boolean {
    const counting = this.#countingAt(atMs);
    return limit === 'requests'
      ? counting.length + 1 <= this.#limits.requestsPerMin
      : weigh(counting) + tokens <= this.#limits.tokensPerMin;
  }

  async reserve(tokens: number): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const result = await this.#ledger.reserve(tenantOf(this.#limits), { tokens, costUsd: 0 });
    const fits = this.#hasRoom('requests', tokens, nowMs) && this.#hasRoom('tokens', tokens, nowMs);
    expect(result.kind).toBe(fits ? 'granted' : 'refused');
    if (result.kind === 'granted') {
      this.grants.push({ atMs: nowMs, reservation: result.reservation, tokens, settled: undefined });
      return;
    }
    const waitMs = result.fault.retryAfterMs ?? Number.NaN;
    const limit = isRateLimit(result.fault) ? 'requests' : 'tokens';
    expect(this.#hasRoom(limit, tokens, nowMs + waitMs)).toBe(true);
    expect(this.#hasRoom(limit, tokens, nowMs + waitMs - 1)).toBe(false);
  }
}

describe('the memory ledger against a list of everything that happened', () => {
  it('never exceeds a limit in any minute, refuses only for cause, and names the exact wait', async () => {
    const limits = fc.record({
      requestsPerMin: fc.integer({ min: 1, max: 8 }),
      tokensPerMin: fc.integer({ min: 40, max: 120 }),
    });
    await fc.assert(
      fc.asyncProperty(limits, fc.array(step, { maxLength: 60 }), async (limit, steps) => {
        const play = new Play(limit);
        for (const { passMs, tokens, settle } of steps) {
          await play.pass(passMs);
          if (settle !== null) await play.settle(settle.which, settle.usedRatio);
          await play.reserve(tokens);
        }
        for (const { atMs } of play.grants) {
          const within = play.grants.filter((grant) => grant.atMs >= atMs && grant.atMs < atMs + MINUTE_MS);
          expect(within.length).toBeLessThanOrEqual(limit.requestsPerMin);
          expect(weigh(within)).toBeLessThanOrEqual(limit.tokensPerMin);
        }
      }),
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
