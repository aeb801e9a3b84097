import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { ContextStore, DialogContext } from './context-store.ts';
import { createRedis, type RedisConnectionOptions, whenReady } from './redis-connection.ts';
import type { TextSeal } from './text-seal.ts';

export interface RedisContextStoreOptions extends RedisConnectionOptions {
  readonly keyPrefix: string;
  /** A larger context is not kept; it is rebuilt from history. */
  readonly maxContextBytes: number;
  /** In which form contexts lie there. */
  readonly seal: TextSeal;
}

/** What another release wrote, or somebody else, is as good as nothing. */
const contextSchema = z.object({
  interactionId: z.string(),
  messages: z.array(z.looseObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })),
  tokensPerChar: z.number().optional(),
  turns: z.int().min(0),
});

function contextFromText(text: string | undefined): DialogContext | undefined {
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // Not JSON: not ours.
  }
  return contextSchema.safeParse(value).success ? (value as DialogContext) : undefined;
}

/** Where the context of an interaction is. */
export const contextKey = (keyPrefix: string, interactionId: string): string =>
  `${keyPrefix}context:${interactionId}`;

/** Contexts that all gateways share. */
export class RedisContextStore implements ContextStore {
  readonly #redis: Redis;
  readonly #options: RedisContextStoreOptions;

  constructor(options: RedisContextStoreOptions) {
    this.#options = options;
    this.#redis = createRedis(options);
  }

  /** Resolves when Redis answers, or after `connectMs`. */
  connected(): Promise<void> {
    return whenReady(this.#redis, this.#options.connectMs);
  }

  #key(interactionId: string): string {
    return contextKey(this.#options.keyPrefix, interactionId);
  }

  async get(interactionId: string): Promise<DialogContext | undefined> {
    const stored = await this.#redis.get(this.#key(interactionId));
    if (stored === null) return undefined;
    return contextFromText(await this.#options.seal.open({ kind: 'context', interactionId }, stored));
  }

  async set(context: DialogContext, ttlMs: number): Promise<void> {
    const text = JSON.stringify(context);
    const key = this.#key(context.interactionId);
    // An older context must not stay in its place: the next turn would be asked with a gap.
    if (Buffer.byteLength(text) > this.#options.maxContextBytes) {
      await this.#redis.del(key);
      return;
    }
    const { interactionId } = context;
    const [sealed = ''] = await this.#options.seal.seal({ kind: 'context', interactionId }, [text]);
    await this.#redis.set(key, sealed, 'PX', Math.ceil(ttlMs));
  }

  async delete(interactionId: string): Promise<void> {
    await this.#redis.del(this.#key(interactionId));
  }

  async ping(): Promise<void> {
    await this.#redis.ping();
  }

  async close(): Promise<void> {
    this.#redis.disconnect();
  }
}
