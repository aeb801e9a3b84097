import { createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { OpenList } from '../../vocabulary/open-list.ts';
import {
  type Address,
  addressesOf,
  claimPort,
  closed,
  type FindAddresses,
  isAbsentAddress,
  KERNEL_SHARES_PORTS,
  listenFailureFrom,
  listening,
} from '../operations/port-claim.ts';

/**
 * From each listening socket the event loop takes one new connection a round. Under load a round takes tens of ms, and
 * clients that open connections would wait for seconds, so several sockets listen on the port.
 */
const LISTENERS = KERNEL_SHARES_PORTS ? 64 : 1;

/** A kernel that finds its queue of new connections full drops them in silence, and their callers wait for seconds. */
const ACCEPT_BACKLOG = 4096;

/** Listens for an HTTP server on several sockets of one port. */
export class Listeners {
  readonly #app: FastifyInstance;
  readonly #find: FindAddresses;
  readonly #others: Server[] = [];
  /** All that were accepted: an HTTPS server does not know of those whose handshake has not ended. */
  readonly #sockets = new OpenList<Socket>();

  constructor(app: FastifyInstance, find: FindAddresses = addressesOf) {
    this.#app = app;
    this.#find = find;
    app.server.on('connection', (socket: Socket) => {
      const place = this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.remove(place));
    });
    app.addHook('preClose', async () => this.#stopAccepting());
  }

  /**
   * Returns the port. `isShared`: other processes of ours listen on it too, and whoever started them holds the claim.
   * Throws BusyhourError PORT_IN_USE or INVALID_CONFIG.
   */
  async open(address: Address, isShared: boolean): Promise<number> {
    // A port that the system chooses is nobody else's.
    const isClaimed = KERNEL_SHARES_PORTS && !isShared && address.port !== 0;
    const claim = isClaimed ? await claimPort(address, this.#find) : undefined;
    try {
      return await this.#listen(address);
    } catch (cause) {
      throw listenFailureFrom(cause, address);
    } finally {
      await claim?.release();
    }
  }

  async #listen({ host, port: asked }: Address): Promise<number> {
    // The framework would listen on the further addresses of a name itself, past everything that stands before its server.
    const [first, ...others] = await this.#find(host);
    const options = {
      host: first,
      port: asked,
      backlog: ACCEPT_BACKLOG,
      ...(KERNEL_SHARES_PORTS ? { reusePort: true } : {}),
    };
    await this.#app.listen(options);
    const bound = this.#app.server.address();
    const port = bound !== null && typeof bound === 'object' ? bound.port : asked;
    for (let index = 1; index < LISTENERS; index++) await this.#openOther({ ...options, port });
    for (const other of others) await this.#openMany({ ...options, host: other, port });
    return port;
  }

  async #openMany(options: ListenOptions): Promise<void> {
    try {
      for (let index = 0; index < LISTENERS; index++) await this.#openOther(options);
    } catch (cause) {
      if (!isAbsentAddress(cause)) throw cause;
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
      for (const socket of this.#sockets.values()) socket.destroy();
    }, flushMs);
    await this.#app.close();
    await this.#closing;
    clearTimeout(fuse);
  }
}
