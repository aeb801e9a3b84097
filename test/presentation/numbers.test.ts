import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml, escapeMarkdown, fencedBlock, shellCommand } from '../../presentation/escape.ts';
import {
  formatDuration,
  formatInstant,
  formatNumber,
  formatRatio,
  formatReading,
  formatUsd,
  formatUsdInterval,
} from '../../presentation/numbers.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

describe('numbers', () => {
  it.each([
    [0, '0'],
    [0.012345, '0.0123'],
    [1.2345, '1.23'],
    [12.345, '12.3'],
    [123.45, '123'],
    [12_345.6, '12,346'],
    [-4.5, '-4.5'],
  ])('%d is shown as %s', (value, shown) => expect(formatNumber(value)).toBe(shown));

  it('shows a figure within half a percent of what it is', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (value) => {
        const read = Number(formatNumber(value).replaceAll(',', ''));
        expect(Math.abs(read - value) / value).toBeLessThanOrEqual(0.0051);
      }),
    );
  });

  it.each([
    [0, '$0'],
    [0.001785, '$0.00179'],
    [0.02975, '$0.0298'],
    [0.1, '$0.10'],
    [2.51, '$2.51'],
    [99.999, '$100.00'],
    [12_345.4, '$12,345'],
  ])('%d USD is shown as %s', (usd, shown) => expect(formatUsd(usd)).toBe(shown));

  it('shows a median with its P10 and P90', () => {
    expect(formatUsdInterval({ p10: 0.0251, p50: 0.0298, p90: 0.034 })).toBe('$0.0298 [0.0251–0.034]');
  });

  it('never rounds some to none or most to all', () => {
    expect(formatRatio(0)).toBe('0 %');
    expect(formatRatio(0.00001)).toBe('< 0.01 %');
    expect(formatRatio(0.0856)).toBe('8.56 %');
    expect(formatRatio(0.999)).toBe('99.9 %');
    expect(formatRatio(0.9999999)).toBe('> 99.999 %');
    expect(formatRatio(1)).toBe('100 %');
  });

  it('withholds with the count', () => {
    expect(formatReading({ kind: 'withheld', value: 5, samples: 80, minSamples: 130 })).toBe(
      'withheld (n=80 < 130)',
    );
    expect(formatReading({ kind: 'empty' })).toBe('—');
  });

  it('says instants in UTC and spans in fitting units', () => {
    expect(formatInstant(0)).toBe('1970-01-01 00:00:00 UTC');
    expect(formatDuration(840)).toBe('840 ms');
    expect(formatDuration(12_500)).toBe('12.5 s');
    expect(formatDuration(200_000)).toBe('3 min 20 s');
  });
});

describe('escaping', () => {
  it('leaves no markup character of HTML, and loses nothing that can be seen', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const escaped = escapeHtml(text);
        expect(escaped).not.toMatch(/[<>"']/);
        const back = escaped
          .replaceAll('&#39;', "'")
          .replaceAll('&quot;', '"')
          .replaceAll('&gt;', '>')
          .replaceAll('&lt;', '<')
          .replaceAll('&amp;', '&');
        expect(back).toBe(text.replace(UNSAFE, '\ufffd'));
      }),
    );
  });

  it('keeps identifiers readable in Markdown and emphasis out', () => {
    expect(escapeMarkdown('a_b c|d *e* _f_')).toBe('a_b c\\|d \\*e\\* \\_f\\_');
  });

  it('fences code longer than any fence inside it', () => {
    expect(fencedBlock('a ```` b', 'sh')).toBe('`````sh\na ```` b\n`````');
  });

  it('quotes words that a shell would split or expand', () => {
    expect(shellCommand(['busyhour', 'plan', "it's", '$HOME', ''])).toBe(
      `busyhour plan 'it'\\''s' '$HOME' ''`,
    );
  });
});
