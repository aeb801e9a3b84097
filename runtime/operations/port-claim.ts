import { lookup } from 'node:dns/promises';
import { createServer, type ListenOptions, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { BusyhourError, createFailure } from '../../vocabulary/errors.ts';

/** Whether the kernel deals out the connections of one port to several listening sockets. */
export const KERNEL_SHARES_PORTS = process.platform === 'linux' || process.platform === 'freebsd';

/** Where a gateway is to listen: a name or an address, and 0 for any free port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A port that was found free, and that nobody else of us takes before the release. */
export interface PortClaim {
  readonly port: number;
  release(): Promise<void>;
}

/** Longer than several workers take to start: they listen one after another while the claim lasts. */
const CLAIM_WAIT_MS = 60_000;
const CLAIM_POLL_MS = 20;

const codeOf = (cause: unknown): unknown =>
  cause instanceof Error && 'code' in cause ? cause.code : undefined;

/** Why an address cannot be listened on, as a failure of the catalogue. */
export function listenFailureFrom(cause: unknown, { host, port }: Address): BusyhourError {
  if (cause instanceof BusyhourError) return cause;
  if (codeOf(cause) === 'EADDRINUSE')
    return new BusyhourError(createFailure('PORT_IN_USE', `${host}:${port} is taken`, { cause }));
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BusyhourError(
    createFailure('INVALID_CONFIG', `cannot listen on ${host}:${port}: ${reason}`, { cause }),
  );
}

/** Resolves when the server listens, rejects with what the system said. */
export const listening = (server: Server, options: ListenOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });

/** Resolves when the server listens no more and its connections have ended. */
export const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => server.close(() => resolve()));

/** The addresses to listen on for a host, at least one. */
export type FindAddresses = (host: string) => Promise<readonly [string, ...string[]]>;

/** All of `localhost`, since clients try any of them; a name of another kind stands for its first. */
export const addressesOf: FindAddresses = async (host) => {
  if (host !== 'localhost') return [host];
  const found = await lookup(host, { all: true });
  const [first = host, ...others] = new Set(found.map(({ address }) => address));
  return [first, ...others];
};

/** Names of the machine may stand for addresses that no interface has, such as ::1 where IPv6 is switched off. */
export const isAbsentAddress = (cause: unknown): boolean =>
  codeOf(cause) === 'EADDRNOTAVAIL' || codeOf(cause) === 'EAFNOSUPPORT';

/** Listens there alone for a moment. Returns the port. */
async function probe([first, ...others]: readonly [string, ...string[]], port: number): Promise<number> {
  const server = createServer();
  await listening(server, { host: first, port });
  const bound = server.address();
  const found = bound !== null && typeof bound === 'object' ? bound.port : port;
  await closed(server);
  for (const other of others) {
    const also = createServer();
    try {
      await listening(also, { host: other, port: found });
      await closed(also);
    } catch (cause) {
      if (!isAbsentAddress(cause)) throw cause;
    }
  }
  return found;
}

const NO_TURN: () => Promise<void> = () => Promise.resolve();

/**
 * One process at a time gets a turn for a port: a name in Linux's abstract socket namespace, which has one holder, is seen
 * by whoever shares the ports, leaves no file, and ends with its process. Elsewhere there are no turns.
 */
async function takeTurn(port: number): Promise<() => Promise<void>> {
  if (process.platform !== 'linux') return NO_TURN;
  const path = `\0busyhour-port-${port}`;
  for (let waitedMs = 0; waitedMs < CLAIM_WAIT_MS; waitedMs += CLAIM_POLL_MS) {
    const server = createServer();
    try {
      await listening(server, { path });
      return () => closed(server);
    } catch (cause) {
      // Where such names cannot be had, a turn is not worth refusing to start for.
      if (codeOf(cause) !== 'EADDRINUSE') return NO_TURN;
      await sleep(CLAIM_POLL_MS);
    }
  }
  return NO_TURN;
}

/**
 * Finds the port free (0: finds a free one) and keeps others of us from finding the same until the release, by when the
 * caller listens. Sockets that share a port join whoever shares it already, in silence; and two that start at once would
 * both find it free. Throws BusyhourError PORT_IN_USE or INVALID_CONFIG.
 */
export async function claimPort(
  { host, port: asked }: Address,
  find: FindAddresses = addressesOf,
): Promise<PortClaim> {
  try {
    const addresses = await find(host);
    const port = asked === 0 ? await probe(addresses, 0) : asked;
    const release = await takeTurn(port);
    try {
      await probe(addresses, port);
      return { port, release };
    } catch (cause) {
      await release();
      throw cause;
    }
  } catch (cause) {
    throw listenFailureFrom(cause, { host, port: asked });
  }
}
