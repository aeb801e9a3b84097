import { describe, expect, it } from 'vitest';
import {
  agrees,
  agreesAsShare,
  constant,
  minus,
  over,
  plus,
  roundingOf,
  standsFor,
  times,
} from '../../../planner/check/quantity.ts';
import { show, showRange, slipBehind } from '../../../planner/check/text.ts';

const claim = (low: number, high = low, decimals?: number) => ({ path: 'x', low, high, decimals });
const range = (low: number, high = low) => ({ low, high, from: [] });

describe('what rounding explains', () => {
  it.each([
    [0.002, 0.0005],
    [0.0138, 0.00005],
    [33.3, 0.05],
    [25, 0.5],
    [1.5e-7, 0.5e-8],
    [70_000, 3_500],
    [432_000, 500],
    [0, 0],
  ])('%d is written to ±%d', (value, rounding) => {
    expect(roundingOf(value)).toBeCloseTo(rounding, 12);
  });

  it('counts trailing zeros where the document wrote them', () => {
    expect(standsFor(0.02, 0.022)).toBe(true);
    expect(standsFor(0.02, 0.022, 3)).toBe(false);
    expect(standsFor(0.022, 0.0222, 3)).toBe(true);
  });

  it('takes no factor of two for rounding, and nothing infinite for a number', () => {
    for (const value of [0.37, 12, 960, 41_000, 7_300_000]) expect(standsFor(value * 2, value)).toBe(false);
    expect(standsFor(Number.POSITIVE_INFINITY, 10)).toBe(false);
    expect(standsFor(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)).toBe(true);
  });
});

describe('whether a claim agrees with what follows', () => {
  it.each([
    ['a point with a point', claim(33.3), range(33.333), true],
    ['a point with another', claim(25), range(33.333), false],
    ['a point inside a range', claim(0.05), range(0.02, 0.07), true],
    ['a point outside', claim(0.01), range(0.022, 0.069), false],
    ['a range that holds a point', claim(5, 10), range(10), false],
    ['a range with both ends', claim(50, 80), range(50, 80), true],
    ['a range with one end wrong', claim(50, 200), range(50, 80), false],
    ['at least, all above', claim(0.9, Number.POSITIVE_INFINITY), range(0.94), true],
    ['at least, some below', claim(0.9, Number.POSITIVE_INFINITY), range(0.65, 0.95), false],
    ['at most, all below', claim(0, 2), range(1.5, 1.9), true],
    ['at most, some above', claim(0, 2), range(1.5, 4.5), false],
  ])('%s', (_, said, expected, agreed) => {
    expect(agrees(said, expected)).toBe(agreed);
  });

  it('tells 99 % from 99.9 %, and takes 99.0 % for 99.004 %', () => {
    expect(agrees(claim(0.99), range(0.999))).toBe(true);
    expect(agreesAsShare(claim(0.99), range(0.999))).toBe(false);
    expect(agreesAsShare(claim(0.99), range(0.999 ** 10))).toBe(true);
    expect(agreesAsShare(claim(0.25), range(0.25))).toBe(true);
  });
});

describe('interval arithmetic', () => {
  it('takes the ends that are least and most', () => {
    expect(plus(range(1, 2), range(10, 20))).toMatchObject({ low: 11, high: 22 });
    expect(minus(range(10, 20), range(1, 2))).toMatchObject({ low: 8, high: 19 });
    expect(times(range(2, 4), range(25_000, 100_000))).toMatchObject({ low: 50_000, high: 400_000 });
    expect(over(range(220, 690), range(10_000))).toMatchObject({ low: 0.022, high: 0.069 });
  });

  it('says nothing where nothing follows', () => {
    expect(over(range(1), range(0, 2))).toBeUndefined();
    expect(times(range(0), range(Number.POSITIVE_INFINITY))).toBeUndefined();
    expect(plus(undefined, constant(1))).toBeUndefined();
  });

  it('keeps the claims that it rests on', () => {
    const a = { ...range(1), from: [{ path: 'a', line: 3 }] };
    const b = { ...range(2), from: [{ path: 'b', line: 9 }] };
    expect(times(a, b)?.from).toEqual([...a.from, ...b.from]);
  });
});

describe('figures in sentences', () => {
  it.each([
    [0.001785, 'USD', '$0.001785'],
    [2.51, 'USD', '$2.51'],
    [0.99004, 'ratio', '99 %'],
    [432_000, 'per day', '432,000'],
    [33.333, 'per s', '33.3'],
    [Number.POSITIVE_INFINITY, '', 'unlimited'],
  ])('%d %s is %s', (value, unit, text) => {
    expect(show(value, unit)).toBe(text);
  });

  it('writes ranges and open ends', () => {
    expect(showRange(range(5, 10), '')).toBe('5–10');
    expect(showRange(range(0.9, Number.POSITIVE_INFINITY), 'ratio')).toBe('at least 90 %');
    expect(showRange(range(0, 2), 's')).toBe('at most 2');
  });

  it('names a mix-up of units by the factor that it leaves, and no other', () => {
    expect(slipBehind(60, 1, 's')).toBe('seconds and minutes');
    expect(slipBehind(2147.48, 2000, 'MB')).toBe('GB and GiB');
    expect(slipBehind(730, 24, 'per day')).toBe('days and months');
    expect(slipBehind(0.5, 50, 'ratio')).toBe('a share and per cent');
    expect(slipBehind(25, 33.3, 'per s')).toBeUndefined();
    // Eight times the tokens are eight turns, not bits.
    expect(slipBehind(8, 1, 'tokens')).toBeUndefined();
  });
});
