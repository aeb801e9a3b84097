import { MIN_PER_HOUR } from '../../vocabulary/units.ts';

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;
const MIN_PER_DAY = 24 * MIN_PER_HOUR;
const HOURS_PER_WEEK = 168;

/** When a vendor charges its peak price, in UTC. A span that ends before it starts runs past midnight. */
export interface PeakHours {
  readonly spans: readonly { readonly startMinute: number; readonly endMinute: number }[];
  /** 0 is Monday. */
  readonly days: ReadonlySet<number>;
}

const SPAN = /(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})/g;
const DAY_RANGE = /\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:\s*-\s*(Mon|Tue|Wed|Thu|Fri|Sat|Sun))?\b/g;

const dayIndex = (name: string): number => DAYS.indexOf(name as (typeof DAYS)[number]);

function daysOf(text: string): Set<number> {
  const days = new Set<number>();
  for (const [, first = '', last = first] of text.matchAll(DAY_RANGE)) {
    const end = dayIndex(last);
    for (let day = dayIndex(first); ; day = (day + 1) % DAYS.length) {
      days.add(day);
      if (day === end) break;
    }
  }
  return days.size === 0 ? new Set(DAYS.keys()) : days;
}

const minuteOf = (hour: string, minute: string): number => Number(hour) * MIN_PER_HOUR + Number(minute);

/**
 * Reads `01:00-04:00 and 06:00-10:00 Mon-Fri`: spans of a day in UTC and the days they hold on, every day when none is
 * named. Words such as `except public holidays` are not read: the peak is then counted on those days too. Undefined
 * when no span can be read.
 */
export function parsePeakHours(text: string): PeakHours | undefined {
  const spans = [...text.matchAll(SPAN)].map(([, h1 = '', m1 = '', h2 = '', m2 = '']) => ({
    startMinute: minuteOf(h1, m1),
    endMinute: minuteOf(h2, m2),
  }));
  const sound = spans.every(
    ({ startMinute, endMinute }) => startMinute < MIN_PER_DAY && endMinute <= MIN_PER_DAY,
  );
  return spans.length === 0 || !sound ? undefined : { spans, days: daysOf(text) };
}

/** Minutes of [from, to) that the span covers on its own day and, when it runs past midnight, on the next. */
function overlap(from: number, to: number, span: PeakHours['spans'][number]): [own: number, next: number] {
  const covered = (start: number, end: number): number =>
    Math.max(0, Math.min(to, end) - Math.max(from, start));
  if (span.endMinute > span.startMinute) return [covered(span.startMinute, span.endMinute), 0];
  return [covered(span.startMinute, MIN_PER_DAY), covered(0, span.endMinute)];
}

/** Share of one hour of the week (0 is Monday 00:00 UTC) that is peak. */
export function peakRatioOfHour(peak: PeakHours, hourOfWeek: number): number {
  const day = Math.floor(hourOfWeek / 24);
  const before = (day + DAYS.length - 1) % DAYS.length;
  const from = (hourOfWeek % 24) * MIN_PER_HOUR;
  let minutes = 0;
  for (const span of peak.spans) {
    const [own, next] = overlap(from, from + MIN_PER_HOUR, span);
    minutes += (peak.days.has(day) ? own : 0) + (peak.days.has(before) ? next : 0);
  }
  return Math.min(1, minutes / MIN_PER_HOUR);
}

/**
 * Share of the traffic that meets the peak price, for weights of the 168 hours of a week in UTC from Monday 00:00.
 * Without weights every hour is alike.
 */
export function computePeakShare(peak: PeakHours, hourWeights?: readonly number[]): number {
  let total = 0;
  let inPeak = 0;
  for (let hour = 0; hour < HOURS_PER_WEEK; hour++) {
    const weight = hourWeights?.[hour] ?? (hourWeights === undefined ? 1 : 0);
    total += weight;
    inPeak += weight * peakRatioOfHour(peak, hour);
  }
  return total > 0 ? inPeak / total : 0;
}
