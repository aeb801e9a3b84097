import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import { BusyhourError, createFailure } from '../../vocabulary/errors.ts';
import type { Query } from './analytics.ts';
import type { ChainHead } from './audit-chain.ts';
import type { AuditReport } from './audit-report.ts';
import { rowFromStored, storedValues } from './postgres-text.ts';
import { verifyChains } from './verify-chains.ts';
import { verifyHistory } from './verify-history.ts';

/** Which history, and what it is held against. */
export interface VerifyOptions {
  /** That of the gateways that wrote it. */
  readonly secret: string;
  /** Ends that were noted before and must still be there. */
  readonly expectHeads?: readonly ChainHead[];
}

/** Reads everything once, in one snapshot, and changes nothing. */
export async function verifyAudit(query: Query, options: VerifyOptions): Promise<AuditReport> {
  const { secret, expectHeads = [] } = options;
  const findings = await verifyChains(query, { secret, expectHeads });
  const { turns, interactions, problems } = await verifyHistory(query, secret, findings);
  const chains = [...findings.reports.values()];
  return {
    intact: problems.length === 0 && chains.every(({ broken }) => broken === undefined),
    chains,
    problems,
    auditRows: chains.reduce((rows, report) => rows + report.rows, 0),
    turns,
    interactions,
  };
}

const unreadable = (what: string, cause: unknown): BusyhourError => {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BusyhourError(
    createFailure('INPUT_NOT_FOUND', `cannot read the history ${what}: ${reason}`, { cause }),
  );
};

/** Runs work on a SQLite file, also while a gateway writes to it. Throws INPUT_NOT_FOUND where it is no history. */
export async function withSqliteSnapshot<T>(path: string, work: (query: Query) => Promise<T>): Promise<T> {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    database.exec('BEGIN');
    database.prepare('SELECT count(*) FROM audit_heads').get();
  } catch (cause) {
    throw unreadable(path, cause);
  }
  try {
    return await work(async (sql, parameters) => database.prepare(sql).all(...parameters));
  } finally {
    database.close();
  }
}

const CONNECT_MS = 5000;

/** The same for a PostgreSQL database. */
export async function withPostgresSnapshot<T>(url: string, work: (query: Query) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS });
  client.on('error', () => undefined); // The query that waits fails with it.
  try {
    await client.connect();
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query('SELECT count(*) FROM audit_heads');
  } catch (cause) {
    await client.end().catch(() => undefined);
    throw unreadable('in PostgreSQL', cause);
  }
  try {
    return await work(async (sql, parameters) => {
      const { rows } = await client.query(sql.replaceAll('?', '$'), storedValues(parameters));
      return rows.map(rowFromStored);
    });
  } finally {
    await client.end();
  }
}
