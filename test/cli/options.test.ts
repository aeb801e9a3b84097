import { describe, expect, it } from 'vitest';
import { choiceOption, listOption, numberOption, urlOption } from '../../cli/options.ts';

describe('numberOption', () => {
  const parse = numberOption('--budget-s', { min: 5, max: 60, integer: true });

  it.each([
    ['5', 5],
    ['60', 60],
    [' 7 ', 7],
  ])('reads %j', (text, value) => expect(parse(text)).toBe(value));

  it.each(['', ' ', '4', '61', '5.5', 'NaN', 'Infinity', '1e9', 'ten', '0x'])(
    'refuses %j, naming the flag and the range',
    (text) => {
      expect(() => parse(text)).toThrow(`--budget-s: expected a whole number from 5 to 60, got "${text}"`);
    },
  );
});

describe('choiceOption', () => {
  it('takes a listed word and refuses another by naming the list', () => {
    const parse = choiceOption('--engine', ['llama', 'simulated']);
    expect(parse('llama')).toBe('llama');
    expect(() => parse('gpu')).toThrow('--engine: expected one of llama, simulated, got "gpu"');
  });
});

describe('listOption', () => {
  it('splits and trims, and refuses an empty part', () => {
    expect(listOption('--modes')('demo, onprem')).toEqual(['demo', 'onprem']);
    expect(() => listOption('--modes')('demo,,onprem')).toThrow('--modes');
  });
});

describe('urlOption', () => {
  it('drops a trailing slash', () =>
    expect(urlOption('--url')('http://127.0.0.1:80/')).toBe('http://127.0.0.1:80'));
  it.each(['', 'localhost:80', 'ftp://x', 'http//x'])('refuses %j', (text) => {
    expect(() => urlOption('--url')(text)).toThrow('--url: expected an http or https URL');
  });
});
