import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Channel } from '../../../runtime/gateway/socket/channel.ts';
import type { LoggedEvent } from '../../../runtime/gateway/socket/event-log.ts';
import { RedisEventLog } from '../../../runtime/gateway/socket/redis-event-log.ts';
import { PLAIN_SEAL } from '../../../runtime/store/text-seal.ts';
import { redisBinary, startRedis } from '../../support/redis.ts';
import type { RealServer } from '../../support/server-process.ts';
import { Cleanup, until } from '../support/gateway-rig.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

describe.skipIf(redisBinary() === undefined)('news of events in Redis (skipped without redis-server)', () => {
  let redis: RealServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  const openLog = (): RedisEventLog =>
    cleanup.add(
      new RedisEventLog({
        url: redis.url,
        keyPrefix: 'test:',
        connectMs: 1_000,
        commandMs: 1_000,
        maxEvents: 100,
        ttlMs: 60_000,
        seal: PLAIN_SEAL,
      }),
    );

  /** A log whose connection stands. */
  async function openedLog(): Promise<RedisEventLog> {
    const log = openLog();
    const stands = (): Promise<boolean> =>
      log.append('none', []).then(
        () => true,
        () => false,
      );
    await until(stands, 'a connection', 5_000);
    return log;
  }

  it('reaches a follower whose subscription came after it', async () => {
    const writer = await openedLog();
    await writer.append('i1', ['first']);
    const told: number[] = [];
    // Its connection is being opened: what is written meanwhile is published to nobody.
    openLog().follow('i1', (lastId) => told.push(lastId));
    const lastId = await writer.append('i1', ['second']);
    await until(() => told.includes(lastId), 'word of the second event', 5_000);
  });

  it('is no reason for a reader to begin anew: it hears each event once, from where it began', async () => {
    const writer = await openedLog();
    await writer.append('i2', ['before']);
    const heard: LoggedEvent[] = [];
    let losses = 0;
    const channel = new Channel('i2', await openedLog(), (error) => {
      throw error;
    });
    cleanup.add({ close: async () => channel.close() });
    channel.readers.add({
      deliver: (events) => heard.push(...events),
      lost: () => {
        losses++;
      },
    });
    const startedAt = await channel.open();
    const lastId = await writer.append('i2', ['one', 'two']);
    await until(() => heard.at(-1)?.id === lastId, 'both events', 5_000);
    expect(heard.map(({ id, json }) => [id - startedAt, json])).toEqual([
      [1, 'one'],
      [2, 'two'],
    ]);
    expect(losses).toBe(0);
  });
});
