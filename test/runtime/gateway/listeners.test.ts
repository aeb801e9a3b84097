import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import Fastify from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { KERNEL_SHARES_PORTS, Listeners } from '../../../runtime/gateway/listeners.ts';
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
});
