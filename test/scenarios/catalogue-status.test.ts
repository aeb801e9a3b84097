import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computePeakShare, parsePeakHours, peakRatioOfHour } from '../../scenarios/catalogue/peak-hours.ts';
import { catalogueOn, priceInForce } from '../../scenarios/catalogue/price-status.ts';
import { findLlmPrice, type LlmPrice, readCatalogue } from '../../scenarios/catalogue.ts';
import { unwrap } from '../../vocabulary/errors.ts';

const catalogue = unwrap(readCatalogue());
const priceOf = (id: string): LlmPrice => unwrap(findLlmPrice(catalogue, id));
const NOW = Date.UTC(2026, 10, 21);
const NEW_YEAR = Date.UTC(2027, 0, 1);

describe('how a price stands on a day', () => {
  test('a promotion holds through its last day, then the announced price does', () => {
    const price = priceOf('google/gemini-3.6-flash');
    expect(price).toMatchObject({ status: 'promotional', statusUntil: '2026-12-31' });
    const before = priceInForce(price, NOW);
    expect(before.standing).toBe('promotional');
    expect(before.sentence).toContain('through 2026-12-31, then 1.5/7.5');
    expect(priceInForce(price, NEW_YEAR - 1).price.inputUsdPerMTokens).toBe(0.75);
    const after = priceInForce(price, NEW_YEAR);
    expect(after.standing).toBe('promotion-ended');
    // The announcement names no price for cached input: it stays a tenth of the input's.
    expect(after.price).toMatchObject({
      inputUsdPerMTokens: 1.5,
      cachedInputUsdPerMTokens: 0.15,
      outputUsdPerMTokens: 7.5,
    });
  });

  test('a scheduled price is not a price: when due and unconfirmed, both are in the range', () => {
    const price = priceOf('google/gemini-3.8-flash');
    expect(priceInForce(price, NOW)).toMatchObject({ standing: 'scheduled-change' });
    const due = priceInForce(price, NEW_YEAR);
    expect(due.standing).toBe('change-due');
    expect(due.price).toMatchObject({ inputUsdPerMTokens: 0.75, sourcesAgree: false });
    expect(due.price.crossChecks?.at(-1)).toMatchObject({
      inputUsdPerMTokens: 1.5,
      outputUsdPerMTokens: 7.5,
    });
  });

  test('the increase that was cancelled never holds', () => {
    const price = priceOf('anthropic/claude-sonnet-5');
    expect(price.scheduled).toEqual([
      {
        effectiveFrom: '2026-09-01',
        inputUsdPerMTokens: 3,
        cachedInputUsdPerMTokens: 0.3,
        cacheWriteUsdPerMTokens: 3.75,
        outputUsdPerMTokens: 15,
        state: 'cancelled',
      },
    ]);
    for (const at of [NOW, NEW_YEAR]) {
      expect(priceInForce(price, at)).toMatchObject({
        standing: 'effective',
        price: { inputUsdPerMTokens: 2 },
      });
    }
  });

  test('one that somebody confirmed holds from its day on', () => {
    const change = { effectiveFrom: '2026-12-01', inputUsdPerMTokens: 5, state: 'effective' as const };
    const price: LlmPrice = { ...priceOf('openai/gpt-4o'), scheduled: [change] };
    expect(priceInForce(price, NOW).price.inputUsdPerMTokens).toBe(2.5);
    const after = priceInForce(price, Date.UTC(2026, 11, 1)).price;
    expect(after).toMatchObject({
      inputUsdPerMTokens: 5,
      cachedInputUsdPerMTokens: 2.5,
      outputUsdPerMTokens: 10,
    });
  });

  test('a sale without a stated end, and what is retired', () => {
    expect(priceInForce(priceOf('mistral/mistral-large-4'), NOW).sentence).toContain(
      'no stated end, then 1.36/4.18',
    );
    const retired = priceInForce(priceOf('deepseek/deepseek-v4-flash'), NOW);
    expect(retired.standing).toBe('retired');
    expect(retired.sentence).toContain('2026-09-10');
  });

  test('a plan of a later day reads the prices of that day, all other entries as they are', () => {
    const later = catalogueOn(catalogue, NEW_YEAR);
    expect(unwrap(findLlmPrice(later, 'google/gemini-3.6-flash')).inputUsdPerMTokens).toBe(1.5);
    expect(later.entries.size).toBe(catalogue.entries.size);
    expect(later.entries.get('aws/c7i.large')).toBe(catalogue.entries.get('aws/c7i.large'));
    expect(catalogueOn(catalogue, NOW).entries.get('openai/gpt-4o')).toBe(
      catalogue.entries.get('openai/gpt-4o'),
    );
  });
});

describe('peak hours', () => {
  const peak = parsePeakHours('01:00-04:00 and 06:00-10:00 Mon-Fri except public holidays');
  if (peak === undefined) throw new Error('unread');

  test('7 hours of five days', () => {
    expect(computePeakShare(peak)).toBeCloseTo(35 / 168, 12);
    expect(peakRatioOfHour(peak, 1)).toBe(1);
    expect(peakRatioOfHour(peak, 4)).toBe(0);
    expect(peakRatioOfHour(peak, 5 * 24 + 1)).toBe(0);
  });

  test('traffic that lies wholly in the peak meets it wholly, and none at night', () => {
    const only = (hour: number) => Array.from({ length: 168 }, (_, other) => (other === hour ? 3 : 0));
    expect(computePeakShare(peak, only(7))).toBe(1);
    expect(computePeakShare(peak, only(12))).toBe(0);
    expect(computePeakShare(peak, new Array<number>(168).fill(0))).toBe(0);
  });

  test('minute by minute, past midnight and over the end of the week too', () => {
    const minute = fc.integer({ min: 0, max: 1439 });
    const clock = (at: number): string =>
      `${String(Math.floor(at / 60)).padStart(2, '0')}:${String(at % 60).padStart(2, '0')}`;
    const day = fc.integer({ min: 0, max: 6 });
    const names = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
    fc.assert(
      fc.property(minute, minute, day, (start, end, first) => {
        fc.pre(start !== end);
        const parsed = parsePeakHours(`${clock(start)}-${clock(end)} ${names[first]}`);
        if (parsed === undefined) throw new Error('unread');
        let minutes = 0;
        for (let at = start; at !== end; at = (at + 1) % 1440) minutes++;
        expect(computePeakShare(parsed)).toBeCloseTo(minutes / 10_080, 9);
      }),
    );
  });

  test.each(['', 'at night', '25:00-26:00', '08-10'])('%j is not read', (text) => {
    expect(parsePeakHours(text)).toBeUndefined();
  });
});

describe('every group of facts', () => {
  test('has entries, each with source, date and a status that holds today', () => {
    const groups = new Map<string, number>();
    for (const [id, { group, entry }] of catalogue.entries) {
      groups.set(group, (groups.get(group) ?? 0) + 1);
      expect(entry.source.length, id).toBeGreaterThan(3);
      expect(entry.date, id).toMatch(/^\d{4}/);
    }
    expect([...groups.keys()].sort()).toEqual([
      'cpu-instances',
      'demand',
      'facility',
      'gpu-hardware',
      'gpu-prices',
      'llm-discounts',
      'llm-prices',
      'managed-services',
      'people',
      'planning-defaults',
      'provisioned-llm',
      'rate-limits',
      'serverless',
      'voice',
    ]);
    for (const [group, count] of groups) expect(count, group).toBeGreaterThan(3);
  });

  test('the three prices on which the stored feeds disagree are marked so', () => {
    const disputed = [...catalogue.entries.values()].filter(
      ({ group, entry }) => group === 'llm-prices' && entry.sourcesAgree === false,
    );
    const ids = disputed.map(({ entry }) => entry.id);
    for (const id of ['openai/gpt-5.6-sol', 'anthropic/claude-sonnet-5', 'deepseek/deepseek-v4-pro']) {
      expect(ids).toContain(id);
    }
  });
});
