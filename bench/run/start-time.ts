import { failed, ok, type Result } from '../../vocabulary/errors.ts';
import { msFromS } from '../../vocabulary/units.ts';
import { waitUntil } from './wait-until.ts';

/** Waits for an instant of the wall clock; ends at once when it has passed or the signal aborts. */
export function waitUntilUnix(atUnixMs: number, signal: AbortSignal): Promise<void> {
  return waitUntil(performance.now() + (atUnixMs - Date.now()), signal);
}

const RELATIVE = /^\+(\d+(?:\.\d+)?)s?$/;

/**
 * When shards begin: `2026-03-01T12:00:00Z`, Unix seconds, or `+30s` from now. One that has passed is refused, because
 * shards that start late measure another load than they say.
 */
export function parseStartAt(text: string, nowUnixMs: number): Result<number> {
  const relative = RELATIVE.exec(text);
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  const atUnixMs =
    relative === null
      ? Number.isNaN(seconds)
        ? Date.parse(text)
        : msFromS(seconds)
      : nowUnixMs + msFromS(Number(relative[1]));
  if (Number.isNaN(atUnixMs)) {
    return failed('USAGE', `--start-at: expected a time such as 2026-03-01T12:00:00Z or +30s, got "${text}"`);
  }
  return atUnixMs >= nowUnixMs
    ? ok(atUnixMs)
    : failed('USAGE', `--start-at: ${new Date(atUnixMs).toISOString()} has passed`);
}
