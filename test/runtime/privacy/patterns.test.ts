import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { privacySchema } from '../../../runtime/config/privacy.ts';
import { createConfiguredRedactor } from '../../../runtime/privacy/create-redactor.ts';
import { parsePattern } from '../../../runtime/privacy/custom-patterns.ts';
import { computePatternCost } from '../../../runtime/privacy/pattern-cost.ts';
import { unwrap } from '../../../vocabulary/errors.ts';

describe('patterns of an installation', () => {
  it('are replaced by the kind that they are given', () => {
    const config = privacySchema.parse({
      patterns: [
        { kind: 'account', pattern: 'KD-\\d{6,8}' },
        { kind: 'phone', pattern: 'ext\\. ?\\d{3,5}' },
      ],
    });
    const { text } = createConfiguredRedactor(config).redact(
      'kd-8842017 at ext. 4410, not KD-12 nor XKD-884201',
    );
    expect(text).toBe('[account] at [phone], not KD-12 nor XKD-884201');
  });

  it.each([
    ['(a+)+b'],
    ['\\d*'],
    ['x{3,}'],
    ['(?=abc)def'],
    ['(abc)\\1'],
    ['(?<n>abc)'],
    ['abc)'],
    ['(abc'],
    ['[abc'],
    ['a?b?c?'],
    ['\\d{0,64}\\d{0,64}\\d{3}'],
    ['(?:\\d|\\d){9}'],
    ['\\d{200}'],
    ['^abc$'],
    ['\\p{L}{3}'],
  ])('%s is refused, for it may cost without bound or match nothing', (pattern) => {
    expect(parsePattern(pattern, 'account').kind).toBe('failed');
    const parsed = privacySchema.safeParse({ patterns: [{ kind: 'account', pattern }] });
    expect(parsed.error?.issues[0]?.path).toEqual(['patterns', 0, 'pattern']);
  });

  it('their lengths are those that the expression itself shows', () => {
    const part = fc.constantFrom(
      '\\d',
      '[A-C]',
      'x',
      '(?:ab|c)',
      '(?:de)?',
      'y{2}',
      '\\d{1,3}',
      '(?:ab|cde){1,2}',
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), fc.nat(2 ** 31), (parts, seed) => {
        const pattern = parts.join('');
        const { minChars, maxChars } = unwrap(computePatternCost(pattern));
        const [text] = fc.sample(fc.stringMatching(new RegExp(`^(?:${pattern})$`)), { numRuns: 1, seed });
        expect(text?.length).toBeGreaterThanOrEqual(minChars);
        expect(text?.length).toBeLessThanOrEqual(maxChars);
      }),
    );
  });
});
