import { msFromS, S_PER_HOUR, S_PER_MIN } from '../../vocabulary/units.ts';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** What a vendor's headers say of its limits. */
export interface RateLimitReport {
  readonly requestsRemaining?: number;
  readonly tokensRemaining?: number;
  /** Time until a limit that is used up opens again; absent when none is. */
  readonly exhaustedForMs?: number;
}

const DURATION = /(\d+(?:\.\d+)?)(ms|s|m|h)/g;
const UNIT_MS: Record<string, number> = {
  ms: 1,
  s: msFromS(1),
  m: msFromS(S_PER_MIN),
  h: msFromS(S_PER_HOUR),
};

/** OpenAI writes spans such as `6m0s` or `12ms`; Anthropic writes RFC 3339 instants. */
export function parseResetMs(text: string | undefined, nowUnixMs: number): number | undefined {
  if (text === undefined) return undefined;
  const atUnixMs = text.includes('T') ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(atUnixMs)) return Math.max(0, atUnixMs - nowUnixMs);
  const parts = [...text.matchAll(DURATION)];
  if (parts.length === 0) return undefined;
  return parts.reduce((sum, [, figure, unit]) => sum + Number(figure) * (UNIT_MS[unit ?? ''] ?? 0), 0);
}

const firstOf = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header;

const PAIRS = [
  ['requestsRemaining', 'x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests'],
  ['tokensRemaining', 'x-ratelimit-remaining-tokens', 'x-ratelimit-reset-tokens'],
  ['requestsRemaining', 'anthropic-ratelimit-requests-remaining', 'anthropic-ratelimit-requests-reset'],
  ['tokensRemaining', 'anthropic-ratelimit-tokens-remaining', 'anthropic-ratelimit-tokens-reset'],
] as const;

/** The limits in `x-ratelimit-*` and `anthropic-ratelimit-*`; undefined when a response names none. */
export function readRateLimits(headers: Headers, nowUnixMs: number): RateLimitReport | undefined {
  const report: { -readonly [K in keyof RateLimitReport]: RateLimitReport[K] } = {};
  for (const [field, remainingName, resetName] of PAIRS) {
    const remaining = firstOf(headers[remainingName]);
    if (remaining === undefined || !/^\d+$/.test(remaining)) continue;
    report[field] = Number(remaining);
    const resetMs = report[field] === 0 ? parseResetMs(firstOf(headers[resetName]), nowUnixMs) : undefined;
    if (resetMs !== undefined) report.exhaustedForMs = Math.max(report.exhaustedForMs ?? 0, resetMs);
  }
  return Object.keys(report).length === 0 ? undefined : report;
}
