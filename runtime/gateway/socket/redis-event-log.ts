import type { Redis } from 'ioredis';
import { OpenMap } from '../../../vocabulary/open-map.ts';
import { createRedis, type RedisConnectionOptions } from '../../store/redis-connection.ts';
import type { TextSeal } from '../../store/text-seal.ts';
import type { EventLog, EventLogOptions, LoggedEvent, ReadAfter } from './event-log.ts';

export interface RedisEventLogOptions extends EventLogOptions, RedisConnectionOptions {
  readonly keyPrefix: string;
  /** In which form events lie there. */
  readonly seal: TextSeal;
}

/** Ids from one counter, the events of one call in a row, and word to those who follow: all or nothing. */
const APPEND = `
local seq = tonumber(redis.call('GET', KEYS[1]))
if not seq then
  local t = redis.call('TIME')
  seq = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end
for i = 4, #ARGV do
  seq = seq + 1
  redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[2], string.format('%d-0', seq), 'e', ARGV[i])
end
redis.call('SET', KEYS[1], string.format('%d', seq), 'PX', ARGV[1])
if #ARGV > 3 then
  redis.call('PEXPIRE', KEYS[2], ARGV[1])
  redis.call('PUBLISH', ARGV[3], string.format('%d', seq))
end
return seq`;

/** Where the events of an interaction are, and what goes with them. */
export const eventKey = (keyPrefix: string, interactionId: string, what: 'seq' | 'events' | 'news'): string =>
  `${keyPrefix}socket:{${interactionId}}:${what}`;

const idOf = (entry: string): number => Number(entry.slice(0, entry.indexOf('-')));

interface Follower {
  /** Key of the id of the last event. */
  readonly seq: string;
  readonly onNews: (lastId: number) => void;
}

/** Keeps events in Redis streams, so that a client may come back to another gateway. */
export class RedisEventLog implements EventLog {
  readonly #redis: Redis;
  readonly #subscriber: Redis;
  readonly #options: RedisEventLogOptions;
  /** By channel. */
  readonly #followers = new OpenMap<string, Follower>();

  constructor(options: RedisEventLogOptions) {
    this.#options = options;
    this.#redis = createRedis(options);
    this.#subscriber = createRedis(options);
    this.#subscriber.on('message', (channel, id) => this.#followers.get(channel)?.onNews(Number(id)));
    // Redis restores what was subscribed only for a connection that had it; this also covers what came while it was away.
    this.#subscriber.on('ready', () => {
      for (const [channel] of this.#followers.entries()) this.#subscribe(channel);
    });
    // It is asked for the last id, and may come back later than the other.
    this.#redis.on('ready', () => {
      for (const [channel] of this.#followers.entries()) this.#tellLast(channel).catch(() => undefined);
    });
  }

  #name(interactionId: string, what: 'seq' | 'events' | 'news'): string {
    return eventKey(this.#options.keyPrefix, interactionId, what);
  }

  async append(interactionId: string, events: readonly string[]): Promise<number> {
    const seq = this.#name(interactionId, 'seq');
    const stream = this.#name(interactionId, 'events');
    const { ttlMs, maxEvents } = this.#options;
    const sealed = await this.#options.seal.seal({ kind: 'event', interactionId }, events);
    const values = [ttlMs, maxEvents, this.#name(interactionId, 'news'), ...sealed];
    return Number(await this.#redis.eval(APPEND, 2, seq, stream, ...values));
  }

  async readAfter(interactionId: string, afterId: number): Promise<ReadAfter> {
    const lastId = await this.append(interactionId, []);
    if (afterId === lastId) return { kind: 'events', events: [], lastId };
    if (afterId > lastId) return { kind: 'gap', lastId };
    const stream = this.#name(interactionId, 'events');
    const entries = await this.#redis.xrange(stream, `${afterId + 1}-0`, '+');
    const events = await this.#opened(interactionId, entries);
    if (events === undefined || events[0]?.id !== afterId + 1) return { kind: 'gap', lastId };
    return { kind: 'events', events, lastId: events.at(-1)?.id ?? lastId };
  }

  /** Undefined where one of them is none of ours: without it the others are not what happened. */
  async #opened(
    interactionId: string,
    entries: readonly [id: string, fields: string[]][],
  ): Promise<readonly LoggedEvent[] | undefined> {
    const { seal } = this.#options;
    const events: LoggedEvent[] = [];
    for (const [id, fields] of entries) {
      const json = await seal.open({ kind: 'event', interactionId }, fields[1] ?? '');
      if (json === undefined) return undefined;
      events.push({ id: idOf(id), json });
    }
    return events;
  }

  async forget(interactionId: string): Promise<void> {
    await this.#redis.del(this.#name(interactionId, 'events'));
  }

  follow(interactionId: string, onNews: (lastId: number) => void): () => void {
    const channel = this.#name(interactionId, 'news');
    this.#followers.set(channel, { seq: this.#name(interactionId, 'seq'), onNews });
    this.#subscribe(channel);
    return () => {
      this.#followers.delete(channel);
      this.#subscriber.unsubscribe(channel).catch(() => undefined);
    };
  }

  /** Not subscribed now is subscribed when the connection is ready again. */
  #subscribe(channel: string): void {
    this.#subscriber
      .subscribe(channel)
      .then(() => this.#tellLast(channel))
      .catch(() => undefined);
  }

  /** Word of what was written before the subscription stood went to nobody here. */
  async #tellLast(channel: string): Promise<void> {
    const follower = this.#followers.get(channel);
    const lastId = follower === undefined ? null : await this.#redis.get(follower.seq);
    if (lastId !== null) follower?.onNews(Number(lastId));
  }

  async followersElsewhere(interactionId: string): Promise<number> {
    const channel = this.#name(interactionId, 'news');
    const [, followers] = (await this.#redis.pubsub('NUMSUB', channel)) as [string, number];
    return Number(followers) - (this.#followers.has(channel) ? 1 : 0);
  }

  async close(): Promise<void> {
    this.#followers.clear();
    this.#redis.disconnect();
    this.#subscriber.disconnect();
  }
}
