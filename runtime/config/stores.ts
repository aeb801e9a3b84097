import { z } from 'zod';
import { environmentName, spanMs } from './fields.ts';

/** The variables that name the servers where the configuration names no other. */
export const REDIS_URL_ENV = 'BUSYHOUR_REDIS_URL';
export const POSTGRES_URL_ENV = 'BUSYHOUR_POSTGRES_URL';

const MAX_EVERY_MS = 86_400_000;

const historySchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('sqlite'),
    path: z.string().min(1),
    /** Whether an answered turn also survives the loss of power; `normal` survives the death of the process. */
    synchronous: z.enum(['normal', 'full']).default('normal'),
  }),
  z.strictObject({
    kind: z.literal('postgres'),
    urlEnv: environmentName.default(POSTGRES_URL_ENV),
    maxConnections: z.int().min(2).max(1000).default(8),
    connectMs: spanMs.default(2000),
    statementMs: spanMs.default(5000),
  }),
  z.strictObject({ kind: z.literal('memory') }),
]);

const contextsSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('memory') }),
  z.strictObject({
    kind: z.literal('redis'),
    /** A larger context is not kept; it is rebuilt from history. */
    maxContextBytes: z.int().min(1024).max(67_108_864).default(1_048_576),
  }),
]);

const lockSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('memory') }),
  z.strictObject({
    kind: z.literal('redis'),
    /** After this long without a sign of life, the turn of a process that died no longer holds up the next. */
    leaseMs: z.int().min(500).max(600_000).default(10_000),
  }),
]);

/** Where interactions are kept. */
export const storeFields = {
  history: historySchema.default({ kind: 'memory' }),
  contexts: contextsSchema.default({ kind: 'memory' }),
  /** What keeps the turns of an interaction in order: this process alone, or all that share a Redis. */
  lock: lockSchema.default({ kind: 'memory' }),
  /** The Redis that contexts, lock and ledger share. */
  redis: z
    .strictObject({
      urlEnv: environmentName.default(REDIS_URL_ENV),
      connectMs: spanMs.default(2000),
      commandMs: spanMs.default(1000),
      keyPrefix: z.string().min(1).max(64).default('busyhour:'),
    })
    .prefault({}),
  /** What is absent stays for ever. */
  retention: z
    .strictObject({
      turnsDays: z.number().positive().max(36_500).optional(),
      auditDays: z.number().positive().max(36_500).optional(),
      everyMs: z.int().min(1000).max(MAX_EVERY_MS).default(3_600_000),
    })
    .prefault({}),
  /** Environment variable with the secret that keys the hash of customer ids. */
  customerHashEnv: environmentName.optional(),
  /** Environment variable with the secret that keys the digests in audit rows. */
  auditSecretEnv: environmentName.optional(),
};

export type HistoryConfig = z.output<typeof historySchema>;
export type PostgresConfig = Extract<HistoryConfig, { kind: 'postgres' }>;
