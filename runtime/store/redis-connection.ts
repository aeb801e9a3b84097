import type { Redis } from 'ioredis';
import { loadRedisDriver } from './drivers.ts';

export interface RedisConnectionOptions {
  readonly url: string;
  /** One attempt to connect, and how long the start of the gateway waits for the first. */
  readonly connectMs: number;
  /** A command without an answer after this has failed. */
  readonly commandMs: number;
}

const RETRY_MS = 100;
const MAX_RETRY_MS = 1000;

/**
 * A connection that comes back by itself. Commands fail at once while it is gone: what was not sent has not happened,
 * and what may have happened is never sent again.
 */
export function createRedis(options: RedisConnectionOptions): Redis {
  const { Redis: Client } = loadRedisDriver();
  const redis = new Client(options.url, {
    connectTimeout: options.connectMs,
    commandTimeout: options.commandMs,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(RETRY_MS * times, MAX_RETRY_MS),
  });
  // Each command reports its own failure; without a listener the client would write to the console.
  redis.on('error', () => undefined);
  return redis;
}

/** Resolves when the connection is ready, or after the limit: it may come later, and readiness says so. */
export function whenReady(redis: Redis, limitMs: number): Promise<void> {
  if (redis.status === 'ready') return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(fuse);
      redis.off('ready', done);
      resolve();
    };
    const fuse = setTimeout(done, limitMs);
    redis.once('ready', done);
  });
}
