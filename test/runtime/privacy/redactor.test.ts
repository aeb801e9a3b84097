import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { privacySchema } from '../../../runtime/config/privacy.ts';
import { createConfiguredRedactor, createRedactor } from '../../../runtime/privacy/create-redactor.ts';
import { PII_KINDS } from '../../../runtime/privacy/redactor.ts';

const redactor = createRedactor();
const redacted = (text: string) => redactor.redact(text).text;

describe('a redactor', () => {
  it.each([
    ['my name is Anna Schmidt, hello', 'my name is [name], hello'],
    ['write to a.b+c@mail.example.co.uk.', 'write to [email].'],
    ['ring +44 (0)20 7946 0018 now', 'ring [phone] now'],
    ['card 4111-1111-1111-1111 please', 'card [card] please'],
    ['from DE89 3704 0044 0532 0130 00 today', 'from [iban] today'],
    ['my account number is 4711-2299.', 'my account number is [account].'],
    ['My SSN is 512-44-9081.', 'My SSN is [account].'],
  ])('%s', (text, expected) => {
    expect(redacted(text)).toBe(expected);
  });

  it('counts what it replaced by kind and names no kind that it did not find', () => {
    expect(redactor.redact('call 07700 900142 or 07700 900143, a@example.com').found).toEqual({
      phone: 2,
      email: 1,
    });
    expect(redactor.redact('nothing here').found).toEqual({});
  });

  it.each([
    ['full-width digits', 'ring ０７７００ ９００１４２ now', 'ring [phone] now'],
    ['Arabic-Indic digits', 'card ٤١١١ ١١١١ ١١١١ ١١١١ now', 'card [card] now'],
    ['Devanagari digits', 'call ९८७६५ ४३२१० now', 'call [phone] now'],
    ['mathematical digits beyond the basic plane', 'card 𝟒𝟏𝟏𝟏 𝟏𝟏𝟏𝟏 𝟏𝟏𝟏𝟏 𝟏𝟏𝟏𝟏 now', 'card [card] now'],
    ['non-breaking spaces', 'card 4111\u00a01111\u00a01111\u00a01111 now', 'card [card] now'],
    ['en dashes', 'card 4111–1111–1111–1111 now', 'card [card] now'],
    ['direction marks around', 'ring \u202a+44 7700 900142\u202c now', 'ring \u202a[phone] now'],
    ['joiners within', 'a\u200b.b@exam\u2060ple.com', '[email]'],
    ['a full-width at sign', 'a.b＠example.com', '[email]'],
    ['emoji beside', '😀Anna Schmidt😀 my name is Zoltan😀', '😀[name]😀 my name is [name]😀'],
  ])('reads %s and replaces them where they stand', (_what, text, expected) => {
    expect(redacted(text)).toBe(expected);
  });

  it('replaces the names that the caller knows, in any case, except where they are words', () => {
    const names = ['Mark van der Oosterhout', 'Bill Świerczewski'];
    const text = 'oosterhout here; please mark the bill as paid. Mark and ŚWIERCZEWSKI agree, said Bill.';
    expect(redactor.redact(text, { names }).text).toBe(
      '[name] here; please mark the bill as paid. [name] and [name] agree, said [name].',
    );
    expect(redacted('please tell oosterhout')).toBe('please tell oosterhout');
  });

  it.each([
    ['What is your name, please?', 'zoltan', '[name]'],
    ['Could I get your full name?', "it's bo zoltanski", "it's [name]"],
    ['What is your account number?', 'sure, 48213377', 'sure, [account]'],
    ['Wie lautet Ihre Kundennummer?', 'KD-4477', '[account]'],
    ['Which number can we reach you on?', '4401 2299', '[phone]'],
  ])('takes a bare answer to %s for what was asked', (previousAnswer, text, expected) => {
    expect(redactor.redact(text, { previousAnswer }).text).toBe(expected);
    expect(redacted(text)).toBe(text);
  });

  it('leaves alone the kinds that are switched off, or everything', () => {
    const text = 'my name is Anna, mail a@example.com, ring +44 7700 900142';
    expect(createRedactor({ kinds: ['email'] }).redact(text).text).toBe(
      'my name is Anna, mail [email], ring +44 7700 900142',
    );
    const off = createConfiguredRedactor(privacySchema.parse({ redact: false }));
    expect(off.redact(text)).toEqual({ text, found: {} });
  });

  it('is on for every kind unless the configuration says otherwise', () => {
    const config = privacySchema.parse({});
    expect(config).toEqual({
      redact: true,
      kinds: [...PII_KINDS],
      patterns: [],
      sendOriginalToProviders: true,
      forgetEveryMs: 5000,
    });
    expect(createConfiguredRedactor(config).redact('card 4242424242424242').text).toBe('card [card]');
  });
});

const fragment = fc.oneof(
  fc.constantFrom(
    'my name is ',
    'Anna',
    'Schmidt ',
    'mr ',
    'Dr. ',
    'account number ',
    'is ',
    'call ',
    '+44 ',
    '00',
    '(0)',
    '020 7946 0018',
    '4111 1111 1111 1111',
    ' ',
    '-',
    '.',
    '/',
    '@',
    'example.com',
    'a.b',
    'DE89 3704 0044 0532 0130 00',
    '12345',
    '[name]',
    '[account]',
    'order ',
    'IBAN ',
    'Regards,\n',
    'von ',
    '\n',
    ': ',
    '😀',
    '\ud83d',
    '٤',
    '１',
    'é',
    '512-44-9081',
    'KD',
    'My ',
    'number',
    ' here',
    'name:',
    ' is my account number',
    'at',
    ' dot ',
    '(at)',
  ),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.nat({ max: 99_999_999 }).map(String),
);
const messy = fc.array(fragment, { maxLength: 24 }).map((parts) => parts.join(''));

it('takes a text of a hundred thousand numbers and names', () => {
  const text = '+44 7700 900142, Anna, '.repeat(100_000);
  expect(redactor.redact(text).found).toEqual({ phone: 100_000, name: 100_000 });
});

describe('for any text', () => {
  it('redacting twice is redacting once', () => {
    fc.assert(
      fc.property(messy, (text) => {
        const once = redacted(text);
        expect(redactor.redact(once)).toEqual({ text: once, found: {} });
      }),
      { numRuns: 3000 },
    );
  });

  it('well-formed text stays well-formed, and what is not replaced stays as it was', () => {
    fc.assert(
      fc.property(messy, (raw) => {
        const text = raw.toWellFormed();
        const once = redacted(text);
        expect(once.isWellFormed()).toBe(true);
        let from = 0;
        for (const kept of once.split(/\[(?:name|email|phone|card|iban|account)\]/)) {
          from = text.indexOf(kept, from);
          expect(from).toBeGreaterThanOrEqual(0);
          from += kept.length;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('every card number that passes the check digit is found, however it is grouped', () => {
    const digits = fc.array(fc.nat({ max: 9 }), { minLength: 14, maxLength: 14 });
    fc.assert(
      fc.property(digits, fc.constantFrom('', ' ', '-'), (middle, separator) => {
        const card = withCheckDigit(`4${middle.join('')}`);
        const grouped = card.replace(/(\d{4})(?=\d)/g, `$1${separator}`);
        expect(redacted(`it is ${grouped}, thanks`)).toBe('it is [card], thanks');
      }),
    );
  });
});

/** The only last digit for which the sum of ISO/IEC 7812 ends in 0, by trying all ten. */
function withCheckDigit(head: string): string {
  for (let last = 0; last < 10; last++) {
    const all = `${head}${last}`;
    const sum = [...all].reduceRight(
      (total, digit, at) =>
        total +
        ((all.length - at) % 2 === 0 ? ([0, 2, 4, 6, 8, 1, 3, 5, 7, 9][Number(digit)] ?? 0) : Number(digit)),
      0,
    );
    if (sum % 10 === 0) return all;
  }
  throw new Error('one of ten digits fits');
}
