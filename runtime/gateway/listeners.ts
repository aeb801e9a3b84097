import { createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { BusyhourError, createFailure } from '../../vocabulary/errors.ts';

/** Whether the kernel deals out the connections of one port to several listening sockets. */
export const KERNEL_SHARES_PORTS = process.platform === 'linux' || process.platform === 'freebsd';

/**
 * From each listening socket the event loop takes one new connection a round. Under load a round takes tens of ms, and
 * clients that open connections would wait for seconds, so several sockets listen on the port.
 */
const LISTENERS = KERNEL_SHARES_PORTS ? 64 : 1;

/** A kernel that finds its queue of new connections full drops them in silence, and their callers wait for seconds. */
const ACCEPT_BACKLOG = 4096;

interface Address {
  readonly host: string;
  readonly port: number;
}

function failureFrom(cause: unknown, { host, port }: Address): BusyhourError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE')
    return new BusyhourError(createFailure('PORT_IN_USE', `${host}:${port} is taken`, { cause }));
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BusyhourError(
    createFailure('INVALID_CONFIG', `cannot listen on ${host}:${port}: ${reason}`, { cause }),
  );
}

const listening = (server: Server, options: ListenOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });

const closed = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

/** A shared port is also shared with whoever else shares it: taken alone for a moment first, it is known to be free. */
async function assertFree(address: Address): Promise<void> {
  const probe = createServer();
  await listening(probe, address);
  await closed(probe);
}

/** Listens for an HTTP server on several sockets of one port. */
export class Listeners {
  readonly #app: FastifyInstance;
  readonly #others: Server[] = [];
  /** All that were accepted: an HTTPS server does not know of those whose handshake has not ended. */
  readonly #sockets = new Set<Socket>();

  constructor(app: FastifyInstance) {
    this.#app = app;
    app.server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    app.addHook('preClose', async () => this.#stopAccepting());
  }

  /**
   * Returns the port. `isShared`: other processes of ours listen on it too. Throws BusyhourError PORT_IN_USE or
   * INVALID_CONFIG.
   */
  async open(address: Address, isShared: boolean): Promise<number> {
    try {
      if (address.port !== 0 && !isShared) await assertFree(address);
      const options = {
        ...address,
        backlog: ACCEPT_BACKLOG,
        ...(KERNEL_SHARES_PORTS ? { reusePort: true } : {}),
      };
      await this.#app.listen(options);
      const bound = this.#app.server.address();
      const port = bound !== null && typeof bound === 'object' ? bound.port : address.port;
      for (let index = 1; index < LISTENERS; index++) await this.#openOther({ ...options, port });
      return port;
    } catch (cause) {
      throw failureFrom(cause, address);
    }
  }

  async #openOther(options: ListenOptions): Promise<void> {
    // As node:http sets up the connections that it accepts itself.
    const other = createServer({ allowHalfOpen: true, noDelay: true });
    other.on('connection', (socket: Socket) => this.#app.server.emit('connection', socket));
    this.#others.push(other);
    await listening(other, options);
  }

  #closing: Promise<unknown> = Promise.resolve();

  #stopAccepting(): void {
    this.#closing = Promise.all(this.#others.splice(0).map(closed));
  }

  /** Closes the server and waits until its connections have ended; those left after `flushMs` are cut. */
  async close(flushMs: number): Promise<void> {
    const fuse = setTimeout(() => {
      this.#app.server.closeAllConnections();
      for (const socket of this.#sockets) socket.destroy();
    }, flushMs);
    await this.#app.close();
    await this.#closing;
    clearTimeout(fuse);
  }
}
