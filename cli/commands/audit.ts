import { accessSync } from 'node:fs';
import type { ChainHead } from '../../runtime/store/audit-chain.ts';
import type { AuditReport } from '../../runtime/store/audit-report.ts';
import type { HistoryStore, Removed } from '../../runtime/store/history-store.ts';
import { PostgresHistoryStore } from '../../runtime/store/postgres-history-store.ts';
import { purge as purgeHistory } from '../../runtime/store/retention.ts';
import { DEFAULT_AUDIT_SECRET, openSqliteHistory } from '../../runtime/store/sqlite-history-store.ts';
import { verifyAudit, withPostgresSnapshot, withSqliteSnapshot } from '../../runtime/store/verify-audit.ts';
import { BusyhourError, createFailure, EXIT_CODES, type Issue, unwrap } from '../../vocabulary/errors.ts';
import type { Command, CommandContext } from '../boundary.ts';

const MS_PER_DAY = 86_400_000;

/** Which history; one of the first two. */
export interface HistoryOptions {
  readonly history?: string;
  readonly postgresEnv?: string;
  readonly secretEnv?: string;
  readonly json?: boolean;
}

export interface VerifyCommandOptions extends HistoryOptions {
  readonly expectHead?: readonly ChainHead[];
}

export interface PurgeOptions extends HistoryOptions {
  readonly turnsDays?: number;
  readonly auditDays?: number;
}

export const usage = (message: string): BusyhourError => new BusyhourError(createFailure('USAGE', message));

export function readVariable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw usage(`the environment variable ${name} is not set`);
  return value;
}

const secretOf = ({ secretEnv }: HistoryOptions): string =>
  secretEnv === undefined ? DEFAULT_AUDIT_SECRET : readVariable(secretEnv);

function requireOneHistory({ history, postgresEnv }: HistoryOptions): void {
  if ((history === undefined) === (postgresEnv === undefined))
    throw usage('name one history: --history FILE or --postgres-env VARIABLE');
}

const headText = ({ chain, sequence, hash }: ChainHead): string => `${chain}:${sequence}:${hash}`;

function issuesOf(report: AuditReport): Issue[] {
  const broken = report.chains.flatMap((chain) => (chain.broken === undefined ? [] : [chain.broken]));
  return [...broken, ...report.problems].map(({ where, problem }) => ({
    path: where,
    expected: 'what was written',
    got: problem,
    fix: 'compare with a backup',
  }));
}

/** `busyhour audit verify`: every chain, and every row of history against it. */
export const auditVerify: Command<VerifyCommandOptions> = async (options, { say }) => {
  requireOneHistory(options);
  const verifyOptions = { secret: secretOf(options), expectHeads: options.expectHead ?? [] };
  const report =
    options.history === undefined
      ? await withPostgresSnapshot(readVariable(options.postgresEnv ?? ''), (query) =>
          verifyAudit(query, verifyOptions),
        )
      : await withSqliteSnapshot(options.history, (query) => verifyAudit(query, verifyOptions));
  const { auditRows, turns, interactions, chains } = report;
  say(`${auditRows} audit rows in ${chains.length} chains, ${interactions} interactions, ${turns} turns`);
  for (const { head } of chains) if (head !== undefined) say(`  head ${headText(head)}`);
  const heads = chains.flatMap(({ head }) => (head === undefined ? [] : [headText(head)]));
  if (report.intact) {
    say('intact');
    return { exitCode: EXIT_CODES.ok, json: { ...report, heads } };
  }
  for (const { path, got } of issuesOf(report)) say(`  BROKEN ${path}: ${got}`);
  say('the audit trail does not bear out what is stored');
  return { exitCode: EXIT_CODES.auditBroken, json: { ...report, heads } };
};

/** A purge creates nothing: a mistyped path is a mistake, not a new history. */
function requireFile(path: string): void {
  try {
    accessSync(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BusyhourError(createFailure('INPUT_NOT_FOUND', `cannot read ${path}: ${reason}`, { cause }));
  }
}

function openForWriting(options: HistoryOptions): HistoryStore {
  requireOneHistory(options);
  const auditSecret = secretOf(options);
  if (options.history === undefined) {
    const url = readVariable(options.postgresEnv ?? '');
    return new PostgresHistoryStore({
      url,
      maxConnections: 2,
      connectMs: 5000,
      statementMs: 60_000,
      auditSecret,
    });
  }
  requireFile(options.history);
  return unwrap(openSqliteHistory(options.history, auditSecret));
}

/** Opens the history that the options name, and says what was removed from it. */
export async function withHistory(
  options: HistoryOptions,
  { say }: CommandContext,
  work: (store: HistoryStore) => Promise<Removed>,
): Promise<Removed> {
  const store = openForWriting(options);
  try {
    const removed = await work(store);
    const { interactionIds, turns, auditRows } = removed;
    say(`removed: ${turns} turns of ${interactionIds.length} interactions, ${auditRows} audit rows`);
    return removed;
  } finally {
    await store.close();
  }
}

/** `busyhour history purge`: what is older than so many days goes. */
export const historyPurge: Command<PurgeOptions> = async (options, context) => {
  const { turnsDays, auditDays } = options;
  if (turnsDays === undefined && auditDays === undefined)
    throw usage('say what goes: --turns-days, --audit-days or both');
  const nowUnixMs = Date.now();
  const limits = {
    ...(turnsDays === undefined ? {} : { turnsBeforeUnixMs: nowUnixMs - turnsDays * MS_PER_DAY }),
    ...(auditDays === undefined ? {} : { auditBeforeUnixMs: nowUnixMs - auditDays * MS_PER_DAY }),
  };
  const removed = await withHistory(options, context, (store) =>
    purgeHistory(store, limits, { nowUnixMs, by: 'command' }),
  );
  return { exitCode: EXIT_CODES.ok, json: removed };
};
