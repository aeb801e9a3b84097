import { text as readStream } from 'node:stream/consumers';
import { hashCustomerId } from '../../runtime/dialog/script/compile-script.ts';
import { eventKey } from '../../runtime/gateway/socket/redis-event-log.ts';
import type { AuditEntry } from '../../runtime/store/audit.ts';
import { createRedis, whenReady } from '../../runtime/store/redis-connection.ts';
import { contextKey } from '../../runtime/store/redis-context-store.ts';
import { EXIT_CODES } from '../../vocabulary/errors.ts';
import type { Command } from '../boundary.ts';
import { type HistoryOptions, readVariable, usage, withHistory } from './audit.ts';

export interface DeleteCustomerOptions extends HistoryOptions {
  readonly customerIdStdin?: boolean;
  readonly hashSecretEnv?: string;
  readonly redisEnv?: string;
  readonly redisPrefix?: string;
}

const REDIS_LIMITS = { connectMs: 5000, commandMs: 5000 };

/** The working memory that gateways share. Asked before anything is removed: what is removed is not found again. */
async function openRedis({ redisEnv, redisPrefix = 'busyhour:' }: DeleteCustomerOptions) {
  if (redisEnv === undefined) return undefined;
  const redis = createRedis({ url: readVariable(redisEnv), ...REDIS_LIMITS });
  try {
    await whenReady(redis, REDIS_LIMITS.connectMs);
    await redis.ping();
  } catch {
    redis.disconnect();
    throw usage(`the Redis of ${redisEnv} does not answer; nothing was removed`);
  }
  return {
    async forget(interactionIds: readonly string[]): Promise<number> {
      let keys = 0;
      const keysOf = (id: string) => [contextKey(redisPrefix, id), eventKey(redisPrefix, id, 'events')];
      for (const key of interactionIds.flatMap(keysOf)) keys += await redis.del(key);
      return keys;
    },
    close: () => redis.disconnect(),
  };
}

/** `busyhour history delete-customer`: the id comes by standard input, so that it is in no process list. */
export const historyDeleteCustomer: Command<DeleteCustomerOptions> = async (options, context) => {
  if (options.customerIdStdin !== true)
    throw usage('the id is read from standard input: --customer-id-stdin');
  const customerId = (await readStream(process.stdin)).replace(/\r?\n$/, '');
  if (customerId === '') throw usage('no customer id on standard input');
  const hashSecret = options.hashSecretEnv === undefined ? 'busyhour' : readVariable(options.hashSecretEnv);
  const customerHash = hashCustomerId(hashSecret, customerId);
  const entry: AuditEntry = {
    kind: 'customer_deleted',
    atUnixMs: Date.now(),
    tenant: '',
    decisions: [{ step: 'deletion', outcome: 'command' }],
  };
  const redis = await openRedis(options);
  try {
    const removed = await withHistory(options, context, (store) => store.deleteCustomer(customerHash, entry));
    if (redis === undefined) return { exitCode: EXIT_CODES.ok, json: removed };
    const redisKeys = await redis.forget(removed.interactionIds);
    context.say(`removed: ${redisKeys} keys of Redis`);
    return { exitCode: EXIT_CODES.ok, json: { ...removed, redisKeys } };
  } finally {
    redis?.close();
  }
};
