import { existsSync } from 'node:fs';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { postgresBinary, startPostgres } from './postgres.ts';
import { redisBinary, startRedis } from './redis.ts';

const isRunning = (pid: number): boolean => existsSync(`/proc/${pid}/status`);

describe.skipIf(redisBinary() === undefined)('a real Redis for tests (skipped without redis-server)', () => {
  it('keeps what was written over a kill and a restart when it is append-only', async () => {
    const redis = await startRedis({ appendOnly: true, args: ['--appendfsync', 'always'] });
    try {
      const client = new Redis(redis.url, { retryStrategy: () => 50 });
      client.on('error', () => undefined);
      await client.set('key', 'value');
      const before = redis.pid;
      await redis.kill();
      expect(isRunning(before)).toBe(false);
      await redis.restart();
      expect(redis.pid).not.toBe(before);
      expect(await client.get('key')).toBe('value');
      client.disconnect();
    } finally {
      await redis.stop();
    }
    expect(isRunning(redis.pid)).toBe(false);
  });
});

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe.skipIf(postgresBinary() === undefined)(
  'a real PostgreSQL for tests (skipped without postgres)',
  () => {
    it('keeps what was committed over a kill and a restart, with fsync on', async () => {
      const postgres = await startPostgres();
      try {
        expect(await query(postgres.url, 'show fsync')).toEqual([{ fsync: 'on' }]);
        await query(postgres.url, 'create table t as select 7 as n');
        const before = postgres.pid;
        await postgres.kill();
        expect(isRunning(before)).toBe(false);
        await postgres.restart();
        expect(await query(postgres.url, 'select n from t')).toEqual([{ n: 7 }]);
      } finally {
        await postgres.stop();
      }
      expect(isRunning(postgres.pid)).toBe(false);
    });
  },
);
