import type { Clock } from '../../vocabulary/clock.ts';
import { failed, ok, type Result } from '../../vocabulary/errors.ts';
import type { PostgresConfig } from '../config/stores.ts';
import type { GatewayConfig } from '../config.ts';
import type { ContextStore } from './context-store.ts';
import type { HistoryStore } from './history-store.ts';
import type { InteractionLock } from './interaction-lock.ts';
import { MemoryContextStore } from './memory-context-store.ts';
import { openSeal } from './open-seal.ts';
import { PostgresHistoryStore } from './postgres-history-store.ts';
import { RedisContextStore } from './redis-context-store.ts';
import { RedisInteractionLock } from './redis-interaction-lock.ts';
import { type RetentionSchedule, scheduleRetention } from './retention.ts';
import { DEFAULT_AUDIT_SECRET, openSqliteHistory } from './sqlite-history-store.ts';
import type { TextSeal } from './text-seal.ts';

/** Everything that is kept, as the configuration names it. */
export interface Stores {
  readonly contexts: ContextStore;
  readonly history: HistoryStore;
  /** Absent: order within this process is enough. */
  readonly lock?: InteractionLock;
  /** In which form texts lie in a Redis. */
  readonly seal: TextSeal;
  /** Purges on the schedule that is configured, until the close. */
  beginRetention(onFailure: (error: unknown) => void): void;
  /** Rejects when one of them does not answer. */
  ping(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface StoreDependencies {
  readonly clock: Clock;
  readonly environment: NodeJS.ProcessEnv;
  /** Brought by the caller in place of what the configuration names. */
  readonly contexts?: ContextStore | undefined;
  readonly history?: HistoryStore | undefined;
}

type StoreConfig = Pick<
  GatewayConfig,
  'history' | 'contexts' | 'lock' | 'redis' | 'retention' | 'auditSecretEnv' | 'dialog' | 'privacy'
>;

/** Secrets and addresses come from the environment; a variable that is named must be set. */
function readVariable(name: string, path: string, environment: NodeJS.ProcessEnv): Result<string> {
  const value = environment[name];
  if (value !== undefined && value !== '') return ok(value);
  return failed('INVALID_CONFIG', `the environment variable ${name} is not set`, {
    issues: [{ path, expected: `a value in ${name}`, got: 'nothing', fix: `set ${name}` }],
  });
}

function openPostgres(config: PostgresConfig, auditSecret: string, url: string): PostgresHistoryStore {
  const { maxConnections, connectMs, statementMs } = config;
  return new PostgresHistoryStore({ url, maxConnections, connectMs, statementMs, auditSecret });
}

/** The secret of audit digests, with the default that detects slips and no intent. */
export function readAuditSecret(
  config: Pick<GatewayConfig, 'auditSecretEnv'>,
  environment: NodeJS.ProcessEnv,
): Result<string> {
  if (config.auditSecretEnv === undefined) return ok(DEFAULT_AUDIT_SECRET);
  return readVariable(config.auditSecretEnv, 'auditSecretEnv', environment);
}

/** The history that a configuration names. */
export function openHistory(
  config: Pick<GatewayConfig, 'history' | 'auditSecretEnv'>,
  environment: NodeJS.ProcessEnv,
): Result<HistoryStore> {
  const { history } = config;
  const secret = readAuditSecret(config, environment);
  if (secret.kind === 'failed') return secret;
  if (history.kind !== 'postgres') {
    if (history.kind === 'memory') return openSqliteHistory(':memory:', secret.value);
    return openSqliteHistory(history.path, secret.value, history.synchronous);
  }
  const url = readVariable(history.urlEnv, 'history.urlEnv', environment);
  return url.kind === 'failed' ? url : ok(openPostgres(history, secret.value, url.value));
}

/** Connected as far as they answer within their time: what is down at the start may come later. */
export async function createStores(config: StoreConfig, deps: StoreDependencies): Promise<Result<Stores>> {
  const isShared = config.contexts.kind === 'redis' || config.lock.kind === 'redis';
  const url = isShared ? readVariable(config.redis.urlEnv, 'redis.urlEnv', deps.environment) : ok('');
  if (url.kind === 'failed') return url;
  const history = deps.history === undefined ? openHistory(config, deps.environment) : ok(deps.history);
  if (history.kind === 'failed') return history;
  const seal = openSeal(config.privacy, deps.environment, history.value);
  if (seal.kind === 'failed') {
    await history.value.close();
    return seal;
  }
  const place = { url: url.value, clock: deps.clock, seal: seal.value };
  const contexts = deps.contexts ?? openContexts(config, place);
  const lock = openLock(config, url.value);
  const stores = joinStores({ contexts, history: history.value, lock, seal: seal.value }, config, deps.clock);
  const connecting: Promise<void>[] = [];
  if (contexts instanceof RedisContextStore) connecting.push(contexts.connected());
  if (lock !== undefined) connecting.push(lock.connected());
  // A database that is down makes the gateway not ready, and not fail to start.
  if (history.value instanceof PostgresHistoryStore)
    connecting.push(history.value.ping().catch(() => undefined));
  await Promise.all(connecting);
  return ok(stores);
}

interface ContextPlace {
  readonly url: string;
  readonly clock: Clock;
  readonly seal: TextSeal;
}

function openContexts(config: StoreConfig, { url, clock, seal }: ContextPlace): ContextStore {
  const { contexts, redis, dialog } = config;
  if (contexts.kind === 'memory') return new MemoryContextStore({ maxContexts: dialog.maxContexts, clock });
  return new RedisContextStore({ url, ...redis, maxContextBytes: contexts.maxContextBytes, seal });
}

function openLock({ lock, redis, dialog }: StoreConfig, url: string): RedisInteractionLock | undefined {
  if (lock.kind === 'memory') return undefined;
  return new RedisInteractionLock({
    url,
    ...redis,
    leaseMs: lock.leaseMs,
    maxWaiting: dialog.maxQueuedTurns,
  });
}

interface Parts {
  readonly contexts: ContextStore;
  readonly history: HistoryStore;
  readonly lock: RedisInteractionLock | undefined;
  readonly seal: TextSeal;
}

function joinStores({ contexts, history, lock, seal }: Parts, config: StoreConfig, clock: Clock): Stores {
  let schedule: RetentionSchedule | undefined;
  return {
    contexts,
    history,
    seal,
    ...(lock === undefined ? {} : { lock }),
    beginRetention(onFailure) {
      schedule ??= scheduleRetention({ history, retention: config.retention, clock, onFailure });
    },
    async ping() {
      await history.ping();
      if (contexts instanceof RedisContextStore) await contexts.ping();
      await lock?.ping();
    },
    async close() {
      await schedule?.stop();
      await lock?.close();
      await contexts.close();
      await history.close();
    },
  };
}
