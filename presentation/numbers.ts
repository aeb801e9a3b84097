import type { PercentileReading } from '../vocabulary/percentiles.ts';
import type { Interval } from '../vocabulary/plan-file.ts';
import { MS_PER_S, PERCENT, S_PER_MIN, sFromMs } from '../vocabulary/units.ts';

const grouped = (fractionDigits: number): Intl.NumberFormat =>
  new Intl.NumberFormat('en-US', { minimumFractionDigits: 0, maximumFractionDigits: fractionDigits });

const BY_DIGITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(grouped);

/** Made once: a formatter costs more than a thousand uses of it. */
const WHOLE = grouped(0);

const DIMES = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 3 });

/** Absent figures in tables. */
export const ABSENT = '—';

/** About three significant digits, thousands grouped: 0.0123, 1.23, 12.3, 123, 12,345. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const magnitude = Math.abs(value);
  const digits = magnitude === 0 || magnitude >= 100 ? 0 : 2 - Math.floor(Math.log10(magnitude));
  return (BY_DIGITS[Math.min(9, Math.max(0, digits))] ?? grouped(9)).format(value);
}

/** Whole counts, thousands grouped. */
export const formatCount = (count: number): string => WHOLE.format(count);

const COMPACT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });

/** `25K`, `1.2M`: for axes over many decades. */
export const formatCompact = (value: number): string =>
  Math.abs(value) < 1 ? formatNumber(value) : COMPACT.format(value);

/** `$0.0298`, `$2.51`, `$12,345`: three significant digits below a dollar, cents below a hundred, then whole dollars. */
export function formatUsd(usd: number): string {
  const magnitude = Math.abs(usd);
  if (magnitude >= PERCENT) return `$${formatCount(usd)}`;
  if (usd === 0) return '$0';
  if (magnitude >= 1) return `$${usd.toFixed(2)}`;
  if (magnitude >= 0.1) return `$${DIMES.format(usd)}`;
  return `$${formatNumber(usd)}`;
}

/** `$0.0298 [0.0251–0.0340]`: median, then P10–P90. */
export const formatUsdInterval = (interval: Interval): string =>
  `${formatUsd(interval.p50)} [${formatUsd(interval.p10).slice(1)}–${formatUsd(interval.p90).slice(1)}]`;

/** Share 0 … 1 as a percentage; `0 %` only for exactly none, `100 %` only for exactly all. */
export function formatRatio(ratio: number): string {
  const percent = ratio * PERCENT;
  if (percent > 0 && percent < 0.01) return '< 0.01 %';
  if (percent < PERCENT && percent > 99.999) return '> 99.999 %';
  return `${Number(percent.toFixed(percent >= 99 ? 3 : 2))} %`;
}

/** A tier at its minimum has room for a hundred times the load: past tenfold nobody sizes by how much, and digits would hide the tight ones. */
const MAX_SLACK_RATIO = 10;

/** Load that can be added, as a percentage; `> 1,000 %` beyond. */
export const formatSlack = (ratio: number): string =>
  ratio > MAX_SLACK_RATIO ? `> ${formatCount(MAX_SLACK_RATIO * PERCENT)} %` : formatRatio(ratio);

/** `12.3`, or `withheld (n=80 < 130)` when too few samples stand behind the percentile. */
export function formatReading(reading: PercentileReading): string {
  switch (reading.kind) {
    case 'certified':
      return formatNumber(reading.value);
    case 'withheld':
      return `withheld (n=${reading.samples} < ${reading.minSamples})`;
    case 'empty':
      return ABSENT;
  }
}

/** `2026-11-21 09:28:47 UTC`. */
export const formatInstant = (unixMs: number): string =>
  `${new Date(unixMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** Duration for people: `840 ms`, `12.5 s`, `3 min 20 s`. */
export function formatDuration(ms: number): string {
  if (ms < MS_PER_S) return `${formatNumber(ms)} ms`;
  const seconds = sFromMs(ms);
  if (seconds < 2 * S_PER_MIN) return `${formatNumber(seconds)} s`;
  const whole = Math.round(seconds);
  return `${formatCount(Math.floor(whole / S_PER_MIN))} min ${whole % S_PER_MIN} s`;
}
