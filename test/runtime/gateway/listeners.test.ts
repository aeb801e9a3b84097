import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { Listeners } from '../../../runtime/gateway/listeners.ts';
import { KERNEL_SHARES_PORTS } from '../../../runtime/operations/port-claim.ts';
import { makeCertificates, opensslBinary, pem } from '../../support/certificates.ts';
import { Cleanup } from '../support/gateway-rig.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const ADDRESS = { host: '127.0.0.1', port: 0 };

/** Connections of so many callers that every listening socket accepts some, but for chances below a percent. */
async function connectMany(port: number, callers = 300): Promise<Socket[]> {
  const sockets = Array.from({ length: callers }, () => connect(port, ADDRESS.host));
  cleanup.add({ close: async () => sockets.forEach((socket) => void socket.destroy()) });
  await Promise.all(
    sockets.map((socket) =>
      once(
        socket.on('error', () => undefined),
        'connect',
      ),
    ),
  );
  return sockets;
}

/** Those of the addresses at which somebody accepts. */
async function reachable(addresses: readonly string[], port: number): Promise<string[]> {
  const found: string[] = [];
  for (const address of addresses) {
    const socket = connect(port, address);
    await once(socket, 'connect').then(
      () => found.push(address),
      () => undefined,
    );
    socket.destroy();
  }
  return found;
}

describe('the sockets of one port', () => {
  it.skipIf(opensslBinary() === undefined)(
    'close with TLS while callers have begun no handshake (needs openssl)',
    async () => {
      const { serverCert, serverKey } = cleanup.add(await makeCertificates());
      const app = Fastify({ https: { cert: pem(serverCert), key: pem(serverKey) } });
      const listeners = new Listeners(app);
      const sockets = await connectMany(await listeners.open(ADDRESS, false));
      const cut = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      await listeners.close(50);
      await Promise.all(cut);
    },
  );

  it('close while callers say nothing, and end first what has begun', async () => {
    const app = Fastify({ forceCloseConnections: 'idle' });
    let answer: (() => void) | undefined;
    app.get('/', () => new Promise((resolve) => (answer = () => resolve('done'))));
    const listeners = new Listeners(app);
    const port = await listeners.open(ADDRESS, false);
    await connectMany(port, 20);
    const begun = fetch(`http://${ADDRESS.host}:${port}/`);
    await expect.poll(() => answer, { timeout: 10_000 }).toBeDefined();
    const closing = listeners.close(2_000);
    answer?.();
    expect(await (await begun).text()).toBe('done');
    await closing;
    await expect(fetch(`http://${ADDRESS.host}:${port}/`)).rejects.toThrow();
  });

  it.skipIf(!KERNEL_SHARES_PORTS)('are not taken by who finds them taken', async () => {
    const [first, second] = [new Listeners(Fastify()), new Listeners(Fastify())];
    const port = await first.open(ADDRESS, false);
    cleanup.add({ close: () => first.close(50) });
    const failure = { failure: { code: 'PORT_IN_USE' } };
    await expect(second.open({ ...ADDRESS, port }, false)).rejects.toMatchObject(failure);
    await second.close(50);
  });

  it.skipIf(!KERNEL_SHARES_PORTS)('go to one of several that start at once', async () => {
    const free = new Listeners(Fastify());
    const port = await free.open(ADDRESS, false);
    await free.close(50);
    // Between looking and listening the framework makes itself ready.
    const slow = () => Fastify().register(async () => void (await sleep(50)));
    const rivals = Array.from({ length: 8 }, () => new Listeners(slow()));
    cleanup.add({ close: async () => void (await Promise.all(rivals.map((rival) => rival.close(50)))) });
    // One after another by a step of the event loop: some look while another has looked and does not listen yet.
    const opening: Promise<PromiseSettledResult<number>[]>[] = [];
    for (const rival of rivals) {
      opening.push(Promise.allSettled([rival.open({ ...ADDRESS, port }, false)]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const ends = (await Promise.all(opening)).flat();
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const end of ends) {
      if (end.status === 'rejected') expect(end.reason).toMatchObject({ failure: { code: 'PORT_IN_USE' } });
    }
  });

  it.skipIf(process.platform !== 'linux').each([
    ['that the system chooses', 0],
    ['that is asked for', 1],
  ])('are all of one server where a name has several addresses, at a port %s', async (_how, given) => {
    const addresses = ['127.0.0.1', '127.0.0.2'] as const;
    const find = async () => addresses;
    const app = Fastify();
    const seen = new Set<string | undefined>();
    app.server.on('connection', (socket: Socket) => void seen.add(socket.localAddress));
    const free = new Listeners(Fastify());
    const freePort = await free.open(ADDRESS, false);
    await free.close(50);
    const listeners = new Listeners(app, find);
    const port = await listeners.open({ host: 'localhost', port: given * freePort }, false);
    expect(await reachable(addresses, port)).toEqual(addresses);
    await expect.poll(() => [...seen].sort()).toEqual(addresses);
    // Taken at the second address alone is taken.
    const failure = { failure: { code: 'PORT_IN_USE' } };
    const late = new Listeners(Fastify(), async () => ['127.0.0.3', '127.0.0.2']);
    await expect(late.open({ host: 'localhost', port }, false)).rejects.toMatchObject(failure);
    await late.close(50);
    await listeners.close(50);
    expect(await reachable(addresses, port)).toEqual([]);
  });

  it('leave out an address that no interface has', async () => {
    const listeners = new Listeners(Fastify(), async () => ['127.0.0.1', '192.0.2.7']);
    const port = await listeners.open({ host: 'localhost', port: 0 }, false);
    expect(await reachable(['127.0.0.1'], port)).toHaveLength(1);
    await listeners.close(50);
  });
});
