import { Redis } from 'ioredis';

/** The value of a key as text, by its type: what Redis dumps is packed, and a search would miss it. */
async function readKey(redis: Redis, key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case 'string':
      return redis.get(key);
    case 'hash':
      return redis.hgetall(key);
    case 'list':
      return redis.lrange(key, '0', '-1');
    case 'set':
      return redis.smembers(key);
    case 'zset':
      return redis.zrange(key, '0', '-1');
    case 'stream':
      return redis.xrange(key, '-', '+');
    default:
      throw new Error(`a key of a type that is not read: ${key}`);
  }
}

/** Everything that a Redis holds. */
export async function dumpRedis(url: string): Promise<{ readonly keys: number; readonly text: string }> {
  const redis = new Redis(url);
  try {
    const keys = await redis.keys('*');
    const values = await Promise.all(keys.map((key) => readKey(redis, key)));
    return { keys: keys.length, text: JSON.stringify([keys, values]) };
  } finally {
    redis.disconnect();
  }
}
