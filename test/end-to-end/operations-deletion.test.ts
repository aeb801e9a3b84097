import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { redisBinary, startRedis } from '../support/redis.ts';
import { dumpRedis } from '../support/redis-dump.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';
import { childrenOf } from './children.ts';
import { ROOT, scratchFolder } from './command.ts';

const KEY = 'operator';
const DESK = join(ROOT, 'scenarios/scripts/telecom-service-desk');
/** Each connection may meet any of the workers: so many in a row have met all. */
const IN_A_ROW = 16;

async function ask(serve: ServeProcess, path: string, body?: unknown) {
  const response = await fetch(serve.url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${KEY}`,
      connection: 'close',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    signal: AbortSignal.timeout(10_000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests read bodies of many shapes
  return { status: response.status, body: (await response.json()) as any };
}

/** Until every worker says so; what is asked between two looks is up to the caller. */
async function untilAll(serve: ServeProcess, isSo: (entries: number) => boolean, between = async () => {}) {
  const untilMs = performance.now() + 20_000;
  for (let inARow = 0; inARow < IN_A_ROW; ) {
    await between();
    const { entries } = (await ask(serve, '/v1/admin/providers')).body.cache;
    inARow = isSo(entries) ? inARow + 1 : 0;
    if (performance.now() > untilMs) throw new Error(`a worker keeps ${entries} answers`);
  }
}

describe.skipIf(redisBinary() === undefined)('two workers (skipped without redis-server)', () => {
  it('forget a customer whom one of them was asked to delete: kept answers of both, and all of Redis', {
    timeout: 120_000,
  }, async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const folder = scratchFolder();
    const sha256 = createHash('sha256').update(KEY).digest('hex');
    const config = join(folder, 'gateway.yaml');
    writeFileSync(
      config,
      `tenants: [{ name: ops, admin: true, keys: ['${sha256}'] }]\ncache: { maxEntries: 10 }\nprivacy: { forgetEveryMs: 200 }\n`,
    );
    const history = join(folder, 'history.sqlite');
    const args = ['--workers', '2', '--history', history, '--config', config, '--scripts', DESK];
    const serve = await startServe(args, { BUSYHOUR_REDIS_URL: redis.url });
    expect(childrenOf(serve.pid)).toHaveLength(2);
    const { interactionId } = (await ask(serve, '/v1/interactions', { customerId: 'c-17' })).body;
    const turns = `/v1/interactions/${interactionId}/turns`;
    await ask(serve, turns, { messageId: 'a', text: 'change to the max plan' });
    // Whichever worker takes it, the slot of the turn before is there.
    const asked = await ask(serve, turns, { messageId: 'b', text: 'it is NL100001' });
    expect(asked.body.text).toContain('Shall I do that?');
    const { text } = await dumpRedis(redis.url);
    expect(text).toContain(`context:${interactionId}`);
    expect(text).not.toContain('NL100001');
    const greedy = { temperature: 0, messages: [{ role: 'user', content: 'what does Ms Varga owe?' }] };
    await untilAll(
      serve,
      (entries) => entries > 0,
      async () => {
        await ask(serve, '/v1/chat/completions', greedy);
      },
    );
    const deleted = await ask(serve, '/v1/admin/customers/delete', { customerId: 'c-17' });
    expect(deleted.body).toMatchObject({ interactions: 1, turns: 2 });
    await untilAll(serve, (entries) => entries === 0);
    expect((await dumpRedis(redis.url)).text).not.toContain(`context:${interactionId}`);
    serve.kill('SIGTERM');
    expect(await serve.exited).toBe(0);
  });
});
