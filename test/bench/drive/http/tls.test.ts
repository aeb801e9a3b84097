import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Driver, TurnRequest } from '../../../../bench/drive/driver.ts';
import { createGrpcDriver } from '../../../../bench/drive/grpc.ts';
import { createOpenaiChatDriver } from '../../../../bench/drive/openai-chat.ts';
import { createPlainHttpDriver } from '../../../../bench/drive/plain-http.ts';
import { createWebsocketDriver } from '../../../../bench/drive/websocket.ts';
import { startGrpcWireServer } from '../../../contracts/wire-server-grpc.ts';
import { startSocketWireServer } from '../../../contracts/wire-server-socket.ts';
import {
  makeCertificates,
  opensslBinary,
  pem,
  type TestCertificates,
} from '../../../support/certificates.ts';
import { startRawServer } from './raw-server.ts';

const TIMEOUTS = { connectMs: 5_000, firstTokenMs: 5_000, idleMs: 5_000, totalMs: 10_000 };
const TURN: TurnRequest = {
  interactionId: 'i',
  messages: [{ role: 'user', content: 'hello' }],
  maxOutputTokens: 2,
  exactOutputTokens: false,
  keepText: true,
};
const BODY = 'grüße '.repeat(20_000);
const STREAM =
  'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n' +
  'data: {"choices":[{"index":0,"delta":{"content":"b"}}]}\n\n' +
  'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';

describe.skipIf(opensslBinary() === undefined)('over TLS (needs openssl)', () => {
  let certificates: TestCertificates;
  let server: Server;
  let accepted = 0;
  let driver: Driver | undefined;
  const urlOf = (host: string, of = server): string =>
    `https://${host}:${(of.address() as AddressInfo).port}`;
  /** Listens on an address of this machine. */
  const serve = async (host: string): Promise<Server> => {
    const pair = { cert: pem(certificates.serverCert), key: pem(certificates.serverKey) };
    const started = createServer(pair, (request, response) => {
      request.resume();
      if (request.url !== '/v1/chat/completions') return void response.end(BODY);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(STREAM);
    }).listen(0, host);
    await once(started, 'listening');
    return started;
  };
  const stop = async (started: Server): Promise<void> => {
    started.closeAllConnections();
    await new Promise((resolve) => started.close(resolve));
  };
  const send = (to: Driver) => to.send(TURN, new AbortController().signal);
  const plain = (url: string, caPem?: string): Driver => {
    driver = createPlainHttpDriver({
      url,
      timeouts: TIMEOUTS,
      maxConnections: 2,
      ...(caPem === undefined ? {} : { caPem }),
    });
    return driver;
  };
  const authority = (): string => pem(certificates.ca).toString('utf8');

  beforeAll(async () => {
    certificates = await makeCertificates();
    server = await serve('127.0.0.1');
    server.on('secureConnection', () => accepted++);
  });
  afterEach(async () => {
    await driver?.close();
  });
  afterAll(async () => {
    await stop(server);
    await certificates.close();
  });

  it('reads an answer to the letter and keeps its connection', async () => {
    const before = accepted;
    const to = plain(urlOf('127.0.0.1'), authority());
    for (let turn = 0; turn < 3; turn++) {
      const { outcome, text } = await send(to);
      expect(outcome).toEqual({ state: 'completed' });
      expect(text).toBe(BODY);
    }
    expect(accepted).toBe(before + 1);
  });

  it('takes a name as well as an address, and times a stream', async () => {
    const url = urlOf('localhost');
    driver = createOpenaiChatDriver({ url, timeouts: TIMEOUTS, maxConnections: 1, caPem: authority() });
    const { outcome, text, chunksAtMs } = await send(driver);
    expect([outcome.state, text, chunksAtMs.length]).toEqual(['completed', 'ab', 2]);
  });

  it('says tls-error of an authority that is not trusted', async () => {
    expect((await send(plain(urlOf('127.0.0.1')))).outcome).toMatchObject({ code: 'tls-error' });
  });

  it.runIf(process.platform === 'linux')('says tls-error of a certificate for another host', async () => {
    // All of 127.0.0.0/8 is this machine; the certificate is for 127.0.0.1 and localhost alone.
    const other = await serve('127.0.0.2');
    const { outcome } = await send(plain(urlOf('127.0.0.2', other), authority()));
    await stop(other);
    expect(outcome).toMatchObject({ state: 'failed', code: 'tls-error' });
  });

  it.each([
    ['websocket', startSocketWireServer, createWebsocketDriver],
    ['grpc', startGrpcWireServer, createGrpcDriver],
  ] as const)('%s completes with the authority, and says tls-error without', async (_name, start, create) => {
    const wire = await start({ cert: pem(certificates.serverCert), key: pem(certificates.serverKey) });
    const options = { url: wire.url, apiKey: 'key', timeouts: TIMEOUTS, maxConnections: 1 };
    const [trusting, doubting] = [create({ ...options, caPem: authority() }), create(options)];
    const outcomes = [await send(trusting), await send(doubting)].map(({ outcome }) => outcome);
    await Promise.all([trusting.close(), doubting.close()]);
    await wire.close();
    expect(outcomes[0]).toEqual({ state: 'completed' });
    expect(outcomes[1]).toMatchObject({ state: 'failed', code: 'tls-error' });
  });

  it('says tls-error of a server that does not speak TLS', async () => {
    const raw = await startRawServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const { outcome } = await send(plain(raw.url.replace('http:', 'https:'), authority()));
    await raw.close();
    expect(outcome).toMatchObject({ state: 'failed', code: 'tls-error' });
  });
});
