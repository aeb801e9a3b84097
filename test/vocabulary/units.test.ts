import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readinessSchema, wireTimingsSchema } from '../../vocabulary/readiness.ts';
import { PROCESS_METRICS, SERVER_GAUGES, SERVER_HISTOGRAMS } from '../../vocabulary/server-metrics.ts';
import * as units from '../../vocabulary/units.ts';

describe('units', () => {
  it('are those of the calendar and of the SI', () => {
    expect(units.S_PER_HOUR).toBe(units.S_PER_MIN * units.MIN_PER_HOUR);
    expect(units.S_PER_DAY).toBe(units.S_PER_HOUR * units.HOURS_PER_DAY);
    expect(units.HOURS_PER_YEAR).toBe(365 * units.HOURS_PER_DAY);
    expect(units.HOURS_PER_MONTH).toBe(units.HOURS_PER_YEAR / 12);
    expect(units.DAYS_PER_MONTH).toBeCloseTo(30.4167, 4);
    expect(units.BYTES_PER_GIB).toBe(2 ** 30);
    expect(units.BYTES_PER_MIB).toBe(2 ** 20);
  });

  it('convert by the right thousand', () => {
    expect(units.msFromS(1.5)).toBe(1500);
    expect(units.sFromMs(1500)).toBe(1.5);
    expect(units.usFromMs(2)).toBe(2000);
    expect(units.msFromUs(2500)).toBe(2.5);
    expect(units.mibFromBytes(3 * 1024 * 1024)).toBe(3);
    expect(units.perSFromPerDay(86_400)).toBe(1);
    expect(units.percentFromRatio(0.25)).toBe(25);
    expect(units.ratioFromPercent(25)).toBe(0.25);
  });

  it('convert back', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e9, noNaN: true }), (value) => {
        expect(units.sFromMs(units.msFromS(value)) / value).toBeCloseTo(1, 12);
        expect(units.msFromUs(units.usFromMs(value)) / value).toBeCloseTo(1, 12);
      }),
    );
  });

  it('price tokens by the million: 2,500 in at $0.15 and 1,000 out at $0.60 are $0.000975', () => {
    expect(units.usdFromTokens(2500, 0.15) + units.usdFromTokens(1000, 0.6)).toBeCloseTo(0.000975, 12);
  });
});

describe('names that server and bench share', () => {
  it('follow Prometheus: base units at the end, no name twice', () => {
    for (const name of Object.values(SERVER_HISTOGRAMS)) expect(name).toMatch(/^busyhour_[a-z_]+_seconds$/);
    for (const name of Object.values(SERVER_GAUGES))
      expect(name).toMatch(/^busyhour_[a-z_]+_(requests|tokens)$/);
    const all = [SERVER_HISTOGRAMS, SERVER_GAUGES, PROCESS_METRICS].flatMap((table) =>
      Object.values<string>(table),
    );
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('readiness', () => {
  const engine = {
    kind: 'simulated',
    simulated: true,
    model: 'm',
    device: 'H100 80 GB (simulated)',
    version: '1',
    contextTokens: 8192,
    maxSequences: 64,
    kvCapacityTokens: 400_000,
  };
  const ready = {
    status: 'ready',
    version: '0.1.0',
    providers: [{ name: 'local', kind: 'grpc', state: 'up', engine }],
  };

  it('carries what the engine says of itself, and ignores what it does not know', () => {
    expect(readinessSchema.parse({ ...ready, later: 1 })).toEqual(ready);
  });

  it.each([
    [{ ...ready, status: 'fine' }],
    [
      {
        ...ready,
        providers: [{ name: 'x', kind: 'grpc', state: 'up', engine: { ...engine, contextTokens: 0 } }],
      },
    ],
    [{ version: '1' }],
  ])('refuses %j', (value) => expect(readinessSchema.safeParse(value).success).toBe(false));

  it('has timings that are never negative', () => {
    const timings = {
      queue_wait_ms: 0,
      prefill_ms: 1,
      decode_ms: 2,
      batch_sequences: 1,
      cached_prompt_tokens: 0,
    };
    expect(wireTimingsSchema.safeParse(timings).success).toBe(true);
    expect(wireTimingsSchema.safeParse({ ...timings, prefill_ms: -1 }).success).toBe(false);
  });
});
