import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'undici';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { MS_PER_S, sFromMs } from '../../vocabulary/units.ts';
import { startServe } from '../support/serve-process.ts';
import { scratchFolder } from './command.ts';

/** Callers that each send the next request as soon as the last was answered: more than one process can serve. */
const CALLERS = { few: 40, many: 1500 } as const;
const FLOOD_MS = 6000;
const CALM_MS = 3000;
/** The first seconds of a flood open its connections. */
const SETTLE_MS = 2000;
const BODY = JSON.stringify({ model: 'any', messages: [{ role: 'user', content: 'Where is my parcel?' }] });
const REQUEST = {
  path: '/v1/chat/completions',
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: BODY,
} as const;

/** What callers saw of the requests that they sent after the settling time. */
class Seen {
  refused = 0;
  readonly latenciesMs: number[] = [];
  readonly otherStatuses: number[] = [];
  readonly retryAfter = new Set<string | undefined>();

  note(status: number, latencyMs: number, retryAfter: string | undefined): void {
    if (status === 200) this.latenciesMs.push(latencyMs);
    else if (status === 503) {
      this.refused++;
      this.retryAfter.add(retryAfter);
    } else this.otherStatuses.push(status);
  }
}

/** Closed loop: `callers` connections, each sending as soon as it can, for so long. */
async function flood(url: string, callers: number, durationMs: number, settleMs: number): Promise<Seen> {
  const startMs = performance.now();
  const seen = new Seen();
  const one = async (): Promise<void> => {
    const client = new Client(url);
    while (performance.now() - startMs < durationMs) {
      const sentMs = performance.now();
      const { statusCode, headers, body } = await client.request(REQUEST);
      await body.dump();
      if (sentMs - startMs < settleMs) continue;
      seen.note(statusCode, performance.now() - sentMs, headers['retry-after']?.toString());
    }
    await client.close();
  };
  await Promise.all(Array.from({ length: callers }, one));
  return seen;
}

it('past the knee it goes on serving, refuses the rest, answers its probes, and is whole at once after', async () => {
  const folder = scratchFolder();
  const config = join(folder, 'gateway.yaml');
  writeFileSync(config, stringify({ providers: [{ kind: 'keyword', name: 'keyword' }], logLevel: 'silent' }));
  const gateway = await startServe(['--config', config]);
  const calm = await flood(gateway.url, CALLERS.few, CALM_MS, MS_PER_S);
  const calmPerS = calm.latenciesMs.length / sFromMs(CALM_MS - MS_PER_S);

  const flooding = flood(gateway.url, CALLERS.many, FLOOD_MS, SETTLE_MS);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const probe = await fetch(`${gateway.url}/health`);
  expect(probe.status).toBe(200);
  const { refused, latenciesMs, otherStatuses, retryAfter } = await flooding;
  const served = latenciesMs.length;

  expect(otherStatuses).toEqual([]);
  expect(refused).toBeGreaterThan(served);
  expect([...retryAfter].every((seconds) => Number(seconds) >= 1)).toBe(true);
  // Not a speed: a collapse leaves nothing, and both figures are of this run.
  expect(served / sFromMs(FLOOD_MS - SETTLE_MS)).toBeGreaterThan(calmPerS / 20);
  const p50Ms = latenciesMs.toSorted((a, b) => a - b)[Math.floor(latenciesMs.length / 2)];
  expect(p50Ms).toBeLessThan(2 * MS_PER_S);

  const after = await fetch(`${gateway.url}${REQUEST.path}`, REQUEST);
  expect(after.status).toBe(200);
}, 60_000);
