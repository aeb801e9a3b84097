import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Readiness, readinessSchema } from '../../vocabulary/readiness.ts';
import { postgresBinary, startPostgres } from '../support/postgres.ts';
import { redisBinary, startRedis } from '../support/redis.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';
import type { RealServer } from '../support/server-process.ts';

const LIMIT_MS = 30_000;
const POLL_MS = 100;

async function readinessOf(serve: ServeProcess): Promise<Readiness & { readonly httpStatus: number }> {
  const response = await fetch(`${serve.url}/ready`);
  return { ...readinessSchema.parse(await response.json()), httpStatus: response.status };
}

/** Polls /ready until the named dependency is in that state. */
async function untilDependency(serve: ServeProcess, name: string, state: 'up' | 'down') {
  const untilMs = performance.now() + LIMIT_MS;
  for (;;) {
    const readiness = await readinessOf(serve);
    const found = readiness.dependencies?.find((dependency) => dependency.name === name);
    if (found?.state === state) return { readiness, found };
    if (performance.now() > untilMs) throw new Error(`${name} is not ${state}: ${JSON.stringify(readiness)}`);
    await sleep(POLL_MS);
  }
}

async function post(url: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { 'content-type': 'application/json' };
  const signal = AbortSignal.timeout(LIMIT_MS);
  const response = await fetch(url, { method: 'POST', headers, signal, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function openInteraction(serve: ServeProcess): Promise<string> {
  const created = await post(`${serve.url}/v1/interactions`, {});
  expect(created.status).toBe(201);
  return `${serve.url}/v1/interactions/${created.body.id ?? created.body.interactionId}/turns`;
}

/** Sends the turn again until it is answered: what a client does with 503. */
async function turnUntilAnswered(url: string, messageId: string): Promise<void> {
  const untilMs = performance.now() + LIMIT_MS;
  for (;;) {
    const answer = await post(url, { messageId, text: 'Where is my parcel?' });
    if (answer.status === 200) return;
    if (performance.now() > untilMs) throw new Error(`not answered: ${JSON.stringify(answer)}`);
    await sleep(POLL_MS);
  }
}

const missing = redisBinary() === undefined || postgresBinary() === undefined;

describe.skipIf(missing)('readiness with real stores (skipped without redis-server and postgres)', () => {
  const servers: Record<'redis' | 'postgres', RealServer | undefined> = {
    redis: undefined,
    postgres: undefined,
  };
  const server = (kind: 'redis' | 'postgres'): RealServer => {
    const running = servers[kind];
    if (running === undefined) throw new Error(`${kind} was not started`);
    return running;
  };
  const environment = (): Record<string, string> => ({
    BUSYHOUR_REDIS_URL: server('redis').url,
    BUSYHOUR_POSTGRES_URL: server('postgres').url,
  });

  beforeAll(async () => {
    servers.redis = await startRedis({ appendOnly: true });
    servers.postgres = await startPostgres();
  });
  afterAll(async () => {
    await servers.redis?.stop();
    await servers.postgres?.stop();
  });

  it('takes the servers of the environment for contexts, order and history, and is ready with them', async () => {
    const serve = await startServe([], environment());
    const readiness = await readinessOf(serve);
    expect(readiness.httpStatus).toBe(200);
    expect(readiness.dependencies).toEqual([
      { name: 'history', kind: 'postgres', state: 'up' },
      { name: 'contexts', kind: 'redis', state: 'up' },
      { name: 'lock', kind: 'redis', state: 'up' },
      { name: 'ledger', kind: 'redis', state: 'up' },
    ]);
    serve.kill('SIGTERM');
    expect(await serve.exited).toBe(0);
  }, 90_000);

  for (const [kind, name] of [
    ['postgres', 'history'],
    ['redis', 'lock'],
  ] as const) {
    it(`is not ready while ${kind} is down, refuses turns with the reason, and recovers by itself`, async () => {
      const serve = await startServe([], environment());
      const turns = await openInteraction(serve);
      await turnUntilAnswered(turns, 'before');
      await server(kind).kill();
      try {
        const { readiness, found } = await untilDependency(serve, name, 'down');
        expect(readiness).toMatchObject({ httpStatus: 503, status: 'not-ready' });
        expect(found.detail).toBeTruthy();
        const refused = await post(turns, { messageId: 'during', text: 'Where is my parcel?' });
        expect(refused).toMatchObject({
          status: 503,
          body: { error: { code: 'gateway_store_unavailable' } },
        });
        expect((await fetch(`${serve.url}/health`)).status).toBe(200);
      } finally {
        await server(kind).restart();
      }
      const { readiness } = await untilDependency(serve, name, 'up');
      expect(readiness.dependencies?.length).toBe(4);
      await turnUntilAnswered(turns, 'during');
      await turnUntilAnswered(turns, 'before');
      serve.kill('SIGTERM');
      expect(await serve.exited).toBe(0);
    }, 120_000);
  }

  it('starts while its database is down, and is ready when it comes', async () => {
    await server('postgres').kill();
    let serve: ServeProcess;
    try {
      serve = await startServe([], environment());
      const { readiness } = await untilDependency(serve, 'history', 'down');
      expect(readiness.httpStatus).toBe(503);
    } finally {
      await server('postgres').restart();
    }
    await untilDependency(serve, 'history', 'up');
    const turns = await openInteraction(serve);
    await turnUntilAnswered(turns, 'm-1');
    serve.kill('SIGTERM');
    expect(await serve.exited).toBe(0);
  }, 120_000);
});
