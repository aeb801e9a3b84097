/** Conversion constants and functions. The only home of bare 1000, 60, 3600 and their kin. */
export const MS_PER_S = 1000;
export const US_PER_MS = 1000;
export const S_PER_MIN = 60;
export const MIN_PER_HOUR = 60;
export const S_PER_HOUR = 3600;
export const HOURS_PER_DAY = 24;
export const DAYS_PER_WEEK = 7;
export const HOURS_PER_WEEK = HOURS_PER_DAY * DAYS_PER_WEEK;
export const S_PER_DAY = 86_400;
/** Hours in an average month, as cloud bills use it (365 × 24 / 12). */
export const HOURS_PER_MONTH = 730;
export const HOURS_PER_YEAR = 8760;
export const MONTHS_PER_YEAR = 12;
/** Days in an average month (730 h / 24 h). */
export const DAYS_PER_MONTH = HOURS_PER_MONTH / HOURS_PER_DAY;
/** Vendors quote token prices per million tokens. */
export const TOKENS_PER_PRICE_UNIT = 1_000_000;
export const BYTES_PER_MIB = 1_048_576;
export const BYTES_PER_GIB = 1_073_741_824;
export const PERCENT = 100;

export const msFromS = (seconds: number): number => seconds * MS_PER_S;
export const sFromMs = (ms: number): number => ms / MS_PER_S;
export const usFromMs = (ms: number): number => ms * US_PER_MS;
export const msFromUs = (us: number): number => us / US_PER_MS;
export const mibFromBytes = (bytes: number): number => bytes / BYTES_PER_MIB;
export const perSFromPerDay = (perDay: number): number => perDay / S_PER_DAY;
export const percentFromRatio = (ratio: number): number => ratio * PERCENT;
export const ratioFromPercent = (percent: number): number => percent / PERCENT;

/** Cost in USD of `tokens` at a price quoted in USD per million tokens. */
export const usdFromTokens = (tokens: number, usdPerMillionTokens: number): number =>
  (tokens * usdPerMillionTokens) / TOKENS_PER_PRICE_UNIT;
