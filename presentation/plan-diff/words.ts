import type { InputChange, NumberChange, WordsChange } from '../../vocabulary/plan-diff.ts';
import type { Setting } from '../../vocabulary/plan-sections/inputs.ts';
import { PERCENT } from '../../vocabulary/units.ts';
import { ABSENT, formatNumber, formatUsd } from '../numbers.ts';

type Format = (value: number) => string;

const end = (value: number | undefined, format: Format): string =>
  value === undefined ? ABSENT : format(value);

const isSame = (before: number | undefined, after: number | undefined, format: Format): boolean =>
  before === after || (before !== undefined && after !== undefined && format(before) === format(after));

const signed = (value: number, format: Format): string =>
  `${value < 0 ? '−' : '+'}${format(Math.abs(value))}`;

/** `+62 %`, `× 4.0` from a doubling on; nothing where there is no ratio. */
export function formatGrowth({ before, after }: NumberChange): string {
  if (before === undefined || after === undefined || before <= 0 || after < 0) return '';
  const ratio = after / before;
  return ratio >= 2 || (ratio > 0 && ratio <= 0.5)
    ? `× ${formatNumber(ratio)}`
    : `${signed((ratio - 1) * PERCENT, formatNumber)} %`;
}

/** `4`, or `4 → 6`. */
export const formatEnds = ({ before, after }: NumberChange, format: Format = formatNumber): string =>
  isSame(before, after, format) ? end(after, format) : `${end(before, format)} → ${end(after, format)}`;

/** `$1,200 → $3,203 (+$2,003, × 2.67)`, or the figure alone where it stayed. */
export function formatUsdChange(change: NumberChange): string {
  const { before, after } = change;
  const ends = formatEnds(change, formatUsd);
  if (before === undefined || after === undefined || isSame(before, after, formatUsd)) return ends;
  const growth = formatGrowth(change);
  return `${ends} (${signed(after - before, formatUsd)}${growth === '' ? '' : `, ${growth}`})`;
}

/** `+$2,003`; `$0` where nothing moved. */
export const formatUsdDelta = (usd: number): string =>
  Math.abs(usd) < 0.005 ? '$0' : signed(usd, formatUsd);

/** `a → b`, or the words alone where they stayed. */
export const formatWordsChange = ({ before, after }: WordsChange): string =>
  before === after ? (after ?? ABSENT) : `${before ?? ABSENT} → ${after ?? ABSENT}`;

const settingWords = (value: Setting | undefined): string =>
  value === undefined ? ABSENT : typeof value === 'number' ? formatNumber(value) : String(value);

const asNumbers = ({ before, after }: InputChange): NumberChange | undefined =>
  typeof before === 'number' && typeof after === 'number' ? { before, after } : undefined;

/** `25,000 → 100,000 interactions per day (× 4)`; the figure alone where only what it rests on changed. */
export function formatInputValues(change: InputChange): string {
  const { before, after, unit } = change;
  const numbers = asNumbers(change);
  const isSameText = before === after || settingWords(before) === settingWords(after);
  const ends = isSameText ? settingWords(after) : `${settingWords(before)} → ${settingWords(after)}`;
  const growth = numbers === undefined || isSameText ? '' : formatGrowth(numbers);
  return [ends, unit, growth === '' ? undefined : `(${growth})`]
    .filter((part) => part !== undefined)
    .join(' ');
}

/** Mode and tier that an input belongs to, in words; empty where it belongs to all. */
export const formatInputPlace = ({ mode, tier }: InputChange): string =>
  [mode, tier].filter((part) => part !== undefined).join(', ');

/** A changed input in one phrase, as a reason: `interactionsPerDay 25,000 → 100,000 interactions per day (× 4)`. */
export function formatInput(change: InputChange): string {
  const { kind, name, rests } = change;
  const what = kind === 'version' && name !== 'seed' ? `release of ${name}` : name;
  const isOnlyRests = change.before === change.after && rests !== undefined;
  return isOnlyRests
    ? `${what} rests on ${formatWordsChange(rests)}`
    : `${what} ${formatInputValues(change)}`;
}
