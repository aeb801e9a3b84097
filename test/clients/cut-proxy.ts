import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** How the line to the gateway breaks once a text was seen on it: as a crash does, or as a polite proxy does. */
export type CutKind = 'reset' | 'half-message-then-end';

export interface CutProxy {
  readonly url: string;
  close(): Promise<void>;
}

/** A TCP line to a gateway that breaks in the middle of the answer, when `marker` has passed so many times. */
export async function startCutProxy(
  gatewayUrl: string,
  cut: { readonly kind: CutKind; readonly marker: string; readonly times: number },
): Promise<CutProxy> {
  const target = new URL(gatewayUrl);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    let seen = 0;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    }
    client.pipe(upstream);
    client.on('close', () => upstream.destroy());
    upstream.on('data', (data) => {
      client.write(data);
      seen += data.toString('latin1').split(cut.marker).length - 1;
      if (seen < cut.times) return;
      upstream.destroy();
      // Nothing after the last whole line: what ends here is a message, not an answer.
      if (cut.kind === 'reset') setImmediate(() => client.resetAndDestroy());
      else client.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
