import { formatNumber, formatUsd } from '../../presentation/numbers.ts';
import {
  BYTES_PER_GIB,
  BYTES_PER_MIB,
  DAYS_PER_MONTH,
  HOURS_PER_DAY,
  PERCENT,
  S_PER_DAY,
  S_PER_HOUR,
  S_PER_MIN,
} from '../../vocabulary/units.ts';
import type { Ends } from './quantity.ts';

/** Unit of a finding's figures: `USD` and `ratio` are written their own way, any other follows the number. */
export type Unit = string;

const USD_DIGITS = 4;
const PERCENT_FORMAT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
const percentText = (value: number): string => `${PERCENT_FORMAT.format(value * PERCENT)} %`;

/** One figure as a sentence says it; fractions of a dollar with four digits, since some are thousandths of a cent. */
export function show(value: number, unit: Unit): string {
  if (value === Number.POSITIVE_INFINITY) return 'unlimited';
  if (unit === 'ratio') return percentText(value);
  if (unit !== 'USD') return formatNumber(value);
  return value < 1 ? `$${Number(value.toPrecision(USD_DIGITS))}` : formatUsd(value).replace(/\.00$/, '');
}

/** A claim as it was written: with its trailing zeros. */
export function showClaim(claim: Ends & { readonly decimals?: number | undefined }, unit: Unit): string {
  const { low, high, decimals } = claim;
  if (decimals === undefined || low !== high || unit === 'ratio') return showRange(claim, unit);
  return `${unit === 'USD' ? '$' : ''}${low.toFixed(decimals)}`;
}

/** A range as a sentence says it: `5–10`, `at least 90 %`, `33.3`. */
export function showRange({ low, high }: Ends, unit: Unit): string {
  if (low === high || show(low, unit) === show(high, unit)) return show(low, unit);
  if (high === Number.POSITIVE_INFINITY) return `at least ${show(low, unit)}`;
  if (low === 0) return `at most ${show(high, unit)}`;
  return `${show(low, unit).replace(/ %$/, '')}–${show(high, unit).replace(/^\$/, '')}`;
}

const MONTH_OF_DAYS = 30;
const DAYS_PER_YEAR = 365;
const BITS_PER_BYTE = 8;
const THOUSAND = 1000;

type Slip = readonly [factor: number, name: string];

/** Conversions that people forget, by the factor that they leave behind and the units in which they are made. */
const SLIPS: readonly { readonly units: RegExp; readonly slips: readonly Slip[] }[] = [
  {
    units: /^per |^s$|^min$|^ms$/,
    slips: [
      [S_PER_MIN, 'seconds and minutes'],
      [S_PER_HOUR, 'seconds and hours'],
      [S_PER_DAY, 'seconds and days'],
      [HOURS_PER_DAY, 'hours and days'],
      [DAYS_PER_MONTH, 'days and months'],
      [MONTH_OF_DAYS, 'days and months'],
      [DAYS_PER_YEAR, 'days and years'],
    ],
  },
  {
    units: /^MB/,
    slips: [
      [BITS_PER_BYTE, 'bits and bytes'],
      [BYTES_PER_MIB / 1e6, 'MB and MiB'],
      [BYTES_PER_GIB / 1e9, 'GB and GiB'],
    ],
  },
  {
    units: /./,
    slips: [
      [PERCENT, 'a share and per cent'],
      [THOUSAND, 'ones and thousands'],
      [THOUSAND ** 2, 'ones and millions'],
    ],
  },
];
const SLIP_TOLERANCE = 0.005;

/** The mix-up of units that explains a ratio of two figures in a unit, if it is one of the usual ones. */
export function slipBehind(claimed: number, right: number, unit: Unit): string | undefined {
  if (!(claimed > 0 && right > 0)) return undefined;
  const factor = Math.max(claimed / right, right / claimed);
  return SLIPS.filter(({ units }) => units.test(unit))
    .flatMap(({ slips }) => slips)
    .find(([known]) => Math.abs(factor / known - 1) < SLIP_TOLERANCE)?.[1];
}
