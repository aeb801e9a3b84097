import { createHash } from 'node:crypto';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { redisBinary, startRedis } from '../support/redis.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';
import { childrenOf } from './children.ts';
import { eventually, ROOT, scratchFolder } from './command.ts';

const KEY = 'operator';
const DESK = join(ROOT, 'scenarios/scripts/telecom-service-desk/1.0.0');
const LIMIT = { timeout: 120_000 };
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
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function untilAllAreAt(serve: ServeProcess, version: string): Promise<void> {
  const untilMs = performance.now() + 20_000;
  for (let inARow = 0; inARow < IN_A_ROW; ) {
    const { activeVersion } = (await ask(serve, '/v1/admin/scripts')).body;
    inARow = activeVersion === version ? inARow + 1 : 0;
    if (performance.now() > untilMs) throw new Error(`a worker stays at ${String(activeVersion)}`);
  }
}

describe.skipIf(redisBinary() === undefined)('two workers (skipped without redis-server)', () => {
  it(
    'begin with the script that one of them was asked to activate, also a worker that is started later',
    LIMIT,
    async () => {
      const redis = await startRedis();
      onTestFinished(() => redis.stop());
      const folder = scratchFolder();
      const scripts = join(folder, 'scripts');
      for (const version of ['1.0.0', '2.0.0']) cpSync(DESK, join(scripts, version), { recursive: true });
      const sha256 = createHash('sha256').update(KEY).digest('hex');
      const config = join(folder, 'gateway.yaml');
      writeFileSync(config, `tenants: [{ name: ops, admin: true, keys: ['${sha256}'] }]\n`);
      const history = join(folder, 'history.sqlite');
      const args = ['--workers', '2', '--history', history, '--config', config, '--scripts', scripts];
      const serve = await startServe(args, { BUSYHOUR_REDIS_URL: redis.url });
      await untilAllAreAt(serve, '2.0.0');
      expect((await ask(serve, '/v1/admin/scripts/activate', { version: '1.0.0' })).status).toBe(200);
      await untilAllAreAt(serve, '1.0.0');
      const before = childrenOf(serve.pid);
      process.kill(before[0] ?? 0, 'SIGKILL');
      await eventually(() => /worker is ready again/.test(serve.stderr()), 30_000);
      await untilAllAreAt(serve, '1.0.0');
      // The file of the folder is the later word.
      writeFileSync(join(scripts, 'active'), '2.0.0\n');
      await untilAllAreAt(serve, '2.0.0');
      serve.kill('SIGTERM');
      expect(await serve.exited).toBe(0);
    },
  );
});
