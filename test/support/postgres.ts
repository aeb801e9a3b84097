import { execFile } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { findBinary, findFreePort, type RealServer, ServerProcess } from './server-process.ts';

const run = promisify(execFile);
const DEBIAN_ROOT = '/usr/lib/postgresql';
const CONNECT_TIMEOUT_MS = 1_000;
const UNPRIVILEGED = 'postgres';

/** Debian keeps the server out of PATH, one folder for each major version. */
function serverFolders(): string[] {
  try {
    return readdirSync(DEBIAN_ROOT)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(DEBIAN_ROOT, version, 'bin'));
  } catch {
    return []; // Not a Debian, or no PostgreSQL: PATH decides.
  }
}

/** Path of initdb, beside which postgres lies; undefined when this machine has no PostgreSQL server. */
export const postgresBinary = (): string | undefined =>
  findBinary('postgres', serverFolders()) && findBinary('initdb', serverFolders());

/** PostgreSQL refuses to run as the superuser; then it runs as the user that its package made. */
async function unprivilegedUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all([run('id', ['-u', UNPRIVILEGED]), run('id', ['-g', UNPRIVILEGED])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

async function selectOne(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => {
    // The server may go while we ask; the failed query says so.
  });
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await client.end();
  }
}

/**
 * Starts a PostgreSQL of its own on a free loopback port and socket folder: trust authentication, fsync on.
 * Throws when it is not installed: ask postgresBinary() first.
 */
export async function startPostgres(): Promise<RealServer> {
  const initdb = postgresBinary();
  if (initdb === undefined) throw new Error('postgres is not installed');
  const user = await unprivilegedUser();
  const folder = mkdtempSync(join(tmpdir(), 'busyhour-postgres-'));
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const port = await findFreePort();
  const url = `postgresql://postgres@127.0.0.1:${port}/postgres`;
  const data = join(folder, 'data');
  const server = new ServerProcess({
    command: join(initdb, '../postgres'),
    args: [
      ...['-D', data, '-p', String(port), '-k', folder, '-h', '127.0.0.1'],
      // Small, because several test files may each run one.
      ...['-c', 'shared_buffers=32MB', '-c', 'max_connections=60'],
    ],
    cwd: folder,
    user,
    // Fast shutdown: open sessions are ended, the data is flushed.
    stopSignal: 'SIGINT',
    probe: () => selectOne(url),
  });
  const stop = async (): Promise<void> => {
    await server.end();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    // No fsync of the empty cluster; the server itself runs with fsync on.
    const create = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
    await run(initdb, create, { cwd: folder, ...user });
    await server.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    port,
    get pid() {
      return server.pid;
    },
    stop,
    kill: () => server.end('SIGKILL'),
    restart: async () => {
      await server.end('SIGKILL');
      await server.start();
    },
  };
}
