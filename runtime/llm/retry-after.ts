import { msFromS } from '../../vocabulary/units.ts';

/** Retry-After as seconds or as an HTTP date (RFC 9110, 10.2.3); undefined when absent or unreadable. */
export function parseRetryAfterMs(header: string | undefined, nowUnixMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(header)) return msFromS(Number(header));
  const atUnixMs = Date.parse(header);
  return Number.isNaN(atUnixMs) ? undefined : Math.max(0, atUnixMs - nowUnixMs);
}
