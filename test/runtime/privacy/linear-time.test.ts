import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../runtime/privacy/create-redactor.ts';
import { parsePattern } from '../../../runtime/privacy/custom-patterns.ts';
import { unwrap } from '../../../vocabulary/errors.ts';

const redactor = createRedactor({
  patterns: [unwrap(parsePattern('[A-Z]{2,4}-?\\d{3,9}', 'account'))],
});
const context = {
  names: ['Anna Schmidt'],
  previousAnswer: 'What is your name and account number, and a phone number?',
};

/** Repeated, each is the worst of its kind: long runs that almost match, at every place. */
const HOSTILE: Readonly<Record<string, string>> = {
  'one word': 'a',
  'one capital word': 'A',
  digits: '7',
  'digits and spaces': '0 ',
  'spaced zeros in parentheses': '+44 (0) ',
  'almost cards': '4111 1111 1111 1112 ',
  'at signs': '@',
  'almost addresses': 'a.b@',
  'domains without end': 'a@b.',
  'spelt addresses': 'a dot ',
  'almost ibans': 'DE89 ',
  dashes: '-',
  spaces: ' ',
  'line breaks': '\n',
  names: 'Anna ',
  'cues without names': 'my name is ',
  titles: 'Dr. ',
  particles: 'Von der ',
  'account cues': 'account number ',
  'account values': 'A-',
  'sign-offs': 'Regards, ',
  placeholders: '[name]',
  'names that uncover names': 'Mr Anna Smith ',
  'numbers that uncover numbers': 'card 4242424242424242 12345678 ',
  'marks without width': '\u200b',
  'other digits': '٤',
  'spoken digits': 'four one double five ',
  'spoken tens': 'forty-two ',
  'cards over lines': '4111, 1111,\n',
  underscores: '4111_',
  'listed accounts': 'account 12345678, 12345678 and ',
  'pairs of capitals': 'Xandu Bellor ',
  'spelt letters': 'A-',
  compounds: 'lånenummer 1234567 ',
  'chinese names': '我叫周',
  'japanese names': '名前は山',
  'korean names': '이름은김',
  'linked persons': 'my boss is ',
  'halves of surrogate pairs': '\ud835',
};

const MICROS_PER_MS = 1000;

/** Processor time, so that what else runs on the machine does not count; of several tries the least. */
function leastMs(work: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 5; attempt++) {
    const before = process.cpuUsage().user;
    work();
    least = Math.min(least, (process.cpuUsage().user - before) / MICROS_PER_MS);
  }
  return least;
}

const readMs = (unit: string, chars: number): number => {
  const text = unit.repeat(Math.ceil(chars / unit.length));
  return leastMs(() => redactor.redact(text, context));
};

describe('time grows with the text and not with its square', () => {
  it.each(Object.entries(HOSTILE))('for 40 kB and 160 kB of %s', (_what, unit) => {
    const quarter = readMs(unit, 40_000);
    const whole = readMs(unit, 160_000);
    // A line makes 4 of it, a square 16; under 2 ms the collector of memory decides, not the text.
    expect(whole).toBeLessThan(10 * Math.max(quarter, 2));
  });
});
