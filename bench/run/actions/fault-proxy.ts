import { connect, createServer, type Server, type Socket } from 'node:net';
import { failed, ok, type Result } from '../../../vocabulary/errors.ts';

/** Where a fault proxy listens (loopback only) and what it passes bytes on to. */
export interface FaultProxySpec {
  readonly port: number;
  readonly host: string;
  readonly targetPort: number;
}

/** `pass` is normal service; the rest are ways of being away. */
export type ProxyWay = 'pass' | 'refuse' | 'reset' | 'stall';

const LISTEN_HOST = '127.0.0.1';

/**
 * A TCP proxy between a gateway and its provider that can be away on purpose. It changes no byte. Its owner closes it.
 */
export class FaultProxy {
  readonly #spec: FaultProxySpec;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #way: ProxyWay = 'pass';
  #port = 0;

  constructor(spec: FaultProxySpec) {
    this.#spec = spec;
  }

  /** The port in use: the one asked for, or a free one where that was 0. */
  get port(): number {
    return this.#port;
  }

  /** Begins to listen; fails where the port is taken. */
  async start(): Promise<Result<undefined>> {
    try {
      await this.#listen(this.#spec.port);
      return ok(undefined);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      return failed('PORT_IN_USE', `the fault proxy cannot listen on ${this.#spec.port}: ${reason}`, {
        cause,
      });
    }
  }

  #listen(port: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#onConnection(socket));
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, LISTEN_HOST, () => {
        const address = server.address();
        this.#port = address !== null && typeof address === 'object' ? address.port : port;
        resolve();
      });
    });
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #onConnection(client: Socket): void {
    this.#keep(client);
    if (this.#way === 'reset') {
      client.on('error', () => {}); // It is cut on purpose.
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(this.#spec.targetPort, this.#spec.host);
    this.#keep(upstream);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.on('error', () => other.destroy());
      socket.once('close', () => other.destroy());
      socket.pipe(other);
    }
    if (this.#way === 'stall') this.#stall();
  }

  #stall(): void {
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  /** Changes how it serves, at once and for connections that stand too. Back to `pass`, stalled ones are cut. */
  async setWay(way: ProxyWay): Promise<void> {
    const before = this.#way;
    this.#way = way;
    if (way === 'stall') this.#stall();
    else if (way !== 'pass' || before === 'stall') this.#cutAll();
    if (way === 'refuse') await this.#stopListening();
    else if (before === 'refuse') await this.#listen(this.#port);
  }

  #cutAll(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  #stopListening(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    return new Promise((resolve) => {
      if (server === undefined) resolve();
      else server.close(() => resolve());
    });
  }

  /** Cuts all connections and lets go of the port. Idempotent. */
  async close(): Promise<void> {
    const closed = this.#stopListening();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
