import { MS_PER_S, S_PER_MIN } from '../../vocabulary/units.ts';

/** Whole seconds and the fraction apart: a double of Unix ms would lose the 100 ns digits. */
export interface Instant {
  readonly unixS: number;
  readonly fractionS: number;
}

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(\.\d{1,9})?(?:(Z)|([+-])(\d\d):?(\d\d))?$/;
const SECONDS_END = 19;

/** `YYYY-MM-DD HH:MM:SS.fff`, `T` between or not, with a zone or in UTC. Undefined for a date that is none. */
export function parseDateTime(text: string): Instant | undefined {
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const unixMs = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC rolls an impossible date over into the next month or day: 30 February is refused here.
  const isReal = new Date(unixMs).toISOString().startsWith(text.slice(0, SECONDS_END).replace(' ', 'T'));
  if (!isReal) return undefined;
  const aheadMin = Number(match[10] ?? 0) * S_PER_MIN + Number(match[11] ?? 0);
  const ahead = match[9] === '-' ? -aheadMin : aheadMin;
  return { unixS: unixMs / MS_PER_S - ahead * S_PER_MIN, fractionS: Number(match[7] ?? 0) };
}

const AZURE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,7})?$/;

/** Only what the Azure traces write: a blank between, at most 100 ns, no zone. */
export const parseAzureInstant = (text: string): Instant | undefined =>
  AZURE.test(text) ? parseDateTime(text) : undefined;

const NUMBER = /^\d{1,15}(\.\d+)?(e[+-]?\d{1,2})?$/i;

/** A number ≥ 0 of units, `perS` of them in a second. Undefined for anything else, NaN and signs included. */
export function parseCount(value: unknown, perS: number): Instant | undefined {
  const number = typeof value === 'number' ? value : NUMBER.test(String(value)) ? Number(value) : Number.NaN;
  if (!Number.isFinite(number) || number < 0) return undefined;
  // The remainder of whole units is exact, which a quotient would not be.
  const unixS = Math.floor(number / perS);
  return { unixS, fractionS: (number - unixS * perS) / perS };
}

/** From one instant to another, exact to far below 100 ns. */
export const msBetween = (from: Instant, to: Instant): number =>
  (to.unixS - from.unixS) * MS_PER_S + (to.fractionS - from.fractionS) * MS_PER_S;
