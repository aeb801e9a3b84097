import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { SseWriter } from '../../../runtime/gateway/sse-writer.ts';
import { CircuitBreaker, DEFAULT_BREAKER } from '../../../runtime/llm/breaker.ts';
import { Watchdog } from '../../../runtime/llm/watchdog.ts';
import { systemClock } from '../../../vocabulary/clock.ts';
import { createRandom } from '../../../vocabulary/random.ts';
import { chunkOf } from '../support/fault-server.ts';
import { Cleanup, readMetric, startTestGateway, until } from '../support/gateway-rig.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const CHAT = '/v1/chat/completions';

const VENDOR_BYTES = 40_000_000;

/** A vendor that has 40 MB for each request and sends as fast as they are taken; counts what was. */
async function startBigVendor() {
  const chunk = `data: ${chunkOf('x'.repeat(100_000))}\n\n`;
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    sockets.add(request.socket);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let left = VENDOR_BYTES / chunk.length;
    const send = (): void => {
      while (left-- > 0) if (!response.write(chunk)) break;
    };
    response.on('drain', send);
    request.resume().on('end', send);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    /** The most that one request took, with what the kernel holds on its way. */
    mostBytes: () => Math.max(...[...sockets].map((socket) => socket.bytesWritten - socket.writableLength)),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('a reader that is slow but steady', () => {
  it('is not cut off while the kernel takes some of a large write now and then', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanup.add({
      async close() {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      },
    });
    const asking = get(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
    const faults: string[] = [];
    // The kernel reports progress in steps of megabytes: several of them must fit the limit, also on a busy machine.
    const idleMs = 1000;
    const writer = new SseWriter(response, idleMs, (fault) => faults.push(fault.code));
    writer.open({});
    const startedAtMs = performance.now();
    const bytes = 48_000_000;
    writer.send('x'.repeat(bytes));
    const ended = writer.end();
    const [message] = (await once(asking, 'response')) as [IncomingMessage];
    let read = 0;
    let reads = 0;
    for await (const chunk of message) {
      read += (chunk as Buffer).length;
      // Much slower than the limit in all, never still for as long as it.
      if (++reads % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 30));
    }
    await ended;
    expect(faults).toEqual([]);
    expect(read).toBe(bytes);
    expect(performance.now() - startedAtMs).toBeGreaterThan(1.5 * idleMs);
  });

  it('does not make its provider look broken', async () => {
    const timeouts = { firstTokenMs: 1000, idleMs: 20, totalMs: 60_000 };
    const watchdog = new Watchdog(timeouts, new AbortController().signal);
    watchdog.touch();
    watchdog.hold();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(watchdog.signal.aborted).toBe(false);
    watchdog.resume();
    expect(watchdog.signal.aborted).toBe(false);
    // From here on the silence is the provider's again.
    await until(() => watchdog.signal.aborted, 'the idle limit');
    expect(watchdog.signal.reason.fault.code).toBe('provider_timeout');
    watchdog.end();
  });

  it('that uses up the whole time is the caller’s fault, which no breaker counts', async () => {
    const watchdog = new Watchdog(
      { firstTokenMs: 1000, idleMs: 1000, totalMs: 20 },
      new AbortController().signal,
    );
    watchdog.touch();
    watchdog.hold();
    await until(() => watchdog.signal.aborted, 'the total limit');
    const { code } = watchdog.signal.reason.fault;
    expect(code).toBe('caller_disconnected');
    watchdog.end();
    const breaker = new CircuitBreaker({ ...DEFAULT_BREAKER, maxFailures: 1 }, systemClock, createRandom(1));
    const entry = breaker.tryEnter();
    if (entry === undefined) throw new Error('not let in');
    breaker.record(entry, code);
    expect(breaker.state).toBe('closed');
  });

  it('before the first token there is nobody to hold: the limit is the provider’s', async () => {
    const watchdog = new Watchdog(
      { firstTokenMs: 15, idleMs: 1000, totalMs: 1000 },
      new AbortController().signal,
    );
    await until(() => watchdog.signal.aborted, 'the first token limit');
    expect(watchdog.signal.reason.fault).toMatchObject({
      code: 'provider_timeout',
      message: expect.stringContaining('15 ms for the first token'),
    });
    watchdog.end();
  });
});

describe('readers that take nothing', () => {
  it('cost bounded memory however much their provider has to say, and are cut off as the caller’s fault', async () => {
    const vendor = cleanup.add(await startBigVendor());
    const gateway = await startTestGateway(cleanup, {
      providers: [{ kind: 'openai', name: 'vendor', baseUrl: vendor.baseUrl, model: 'm' }],
      timeouts: { idleMs: 500, firstTokenMs: 10_000 },
    });
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'x' }], stream: true });
    const readers = 10;
    const sockets = Array.from({ length: readers }, () => {
      const socket = connect(gateway.port, '127.0.0.1').pause();
      socket.on('error', () => undefined);
      socket.write(
        `POST ${CHAT} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
      return socket;
    });
    await until(
      async () => (await readMetric(gateway, 'busyhour_gateway_in_flight_requests')) === readers,
      'all',
    );
    await until(
      async () => (await readMetric(gateway, 'busyhour_gateway_in_flight_requests')) === 0,
      'the cut',
      15_000,
    );
    // What is taken and not read lies in the kernel: some MB on each side of the gateway.
    expect(vendor.mostBytes()).toBeLessThan(VENDOR_BYTES / 2);
    const outcome = `busyhour_gateway_requests_total{route="${CHAT}",outcome="caller_disconnected"}`;
    await until(async () => (await readMetric(gateway, outcome)) === readers, 'the count');
    const timeouts = 'busyhour_provider_attempts_total{provider="vendor",result="provider_timeout"}';
    expect(await readMetric(gateway, timeouts)).toBe(0);
    for (const socket of sockets) socket.destroy();
  });
});
