import { describe, expect, test } from 'vitest';
import { explainEntry, listRow } from '../../cli/commands/price-text.ts';
import { standingOf } from '../../scenarios/catalogue/standing.ts';
import { type CatalogueEntry, readCatalogue } from '../../scenarios/catalogue.ts';
import { unwrap } from '../../vocabulary/errors.ts';

const catalogue = unwrap(readCatalogue());
const NOW = Date.UTC(2026, 10, 21);
const entryOf = (id: string): CatalogueEntry => {
  const found = catalogue.entries.get(id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
};
const explain = (id: string): string => explainEntry(entryOf(id), standingOf(entryOf(id), NOW));
const row = (id: string): string => listRow(entryOf(id), standingOf(entryOf(id), NOW));

describe('prices explain', () => {
  test('figures with units, source, date and age', () => {
    const text = explain('aws/alb');
    expect(text).toContain('usdPerLcuMonth');
    expect(text).toContain('5.84 USD per LCU-month');
    expect(text).toContain('source:     infracost');
    expect(text).toContain('873 days old, keeps for 365: stale');
    expect(text).toContain('note:       check');
  });

  test('tiers, peak hours, changes and disputes of tokens', () => {
    expect(explain('openai/gpt-5.6-terra')).toContain('above 272000 input tokens: 4 in, 18 out');
    expect(explain('deepseek/deepseek-flash')).toContain(
      'in peak hours (01:00-04:00 and 06:00-10:00 Mon-Fri',
    );
    expect(explain('anthropic/claude-sonnet-5')).toContain('from 2026-09-01: 3 in, 15 out (cancelled)');
    expect(explain('openai/gpt-5.6-sol')).toContain('the sources disagree');
    expect(explain('google/gemini-3.6-flash')).toContain(
      'status:     google/gemini-3.6-flash is a promotional price',
    );
  });

  test('a range with its likeliest value', () => {
    expect(explain('default/busy-hour-share')).toContain('0.08 to 0.18, likeliest 0.15 ratio');
  });

  test('every entry can be explained and listed, and says its unit', () => {
    for (const found of catalogue.entries.values()) {
      const standing = standingOf(found, NOW);
      const text = explainEntry(found, standing);
      expect(text).not.toMatch(/undefined|NaN|\[object/);
      expect(listRow(found, standing)).not.toMatch(/undefined|NaN|\[object/);
    }
  });
});

describe('prices list', () => {
  test('what it costs, and what to doubt', () => {
    expect(row('openai/gpt-4o-mini')).toMatch(/0\.15 in, 0\.6 out USD per million tokens +\(.*stale/);
    expect(row('aws/c7i.large')).toMatch(/0\.08925 USD per hour +\(2026-07-20\)$/);
    expect(row('aws/p5.48xlarge')).toContain('8 × H100-80GB: 55.04 USD per hour, and 1 more');
    expect(row('deepseek/deepseek-v4-flash')).toContain('retired');
    expect(row('openai/gpt-5.6-sol')).toContain('disputed');
    expect(row('stt/deepgram')).toContain('low confidence');
    // An entry of nothing but a rule shows the rule.
    expect(row('telephony/note')).toContain('STT is metered for the whole call');
  });
});
