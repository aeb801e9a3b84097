import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBinary, findFreePort, type RealServer, ServerProcess } from './server-process.ts';

export interface RedisOptions {
  /** Keeps what was written over a kill and a restart (fsync every second, as in production). Default false. */
  readonly appendOnly?: boolean;
  /** Further `redis-server` arguments, such as `--maxmemory`, `1mb`. */
  readonly args?: readonly string[];
}

/** Path of redis-server; undefined when this machine has none. */
export const redisBinary = (): string | undefined => findBinary('redis-server');

const PING_TIMEOUT_MS = 500;

function ping(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write('PING\r\n'));
    socket.setTimeout(PING_TIMEOUT_MS, () => socket.destroy(new Error('no answer')));
    socket.once('data', (answer) => {
      socket.destroy();
      // A server that still reads its file answers -LOADING.
      if (answer.toString().startsWith('+PONG')) resolve();
      else reject(new Error(answer.toString()));
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed')));
  });
}

/** Starts a Redis of its own on a free loopback port. Throws when redis-server is missing: ask redisBinary() first. */
export async function startRedis(options: RedisOptions = {}): Promise<RealServer> {
  const command = redisBinary();
  if (command === undefined) throw new Error('redis-server is not installed');
  const folder = mkdtempSync(join(tmpdir(), 'busyhour-redis-'));
  const port = await findFreePort();
  const server = new ServerProcess({
    command,
    args: [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
      ...['--appendonly', options.appendOnly === true ? 'yes' : 'no', ...(options.args ?? [])],
    ],
    cwd: folder,
    stopSignal: 'SIGTERM',
    probe: () => ping(port),
  });
  const stop = async (): Promise<void> => {
    await server.end();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await server.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `redis://127.0.0.1:${port}`,
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
