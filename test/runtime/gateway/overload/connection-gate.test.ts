import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Admission } from '../../../../runtime/gateway/admission.ts';
import { shedBeforeRouting } from '../../../../runtime/gateway/overload/connection-gate.ts';
import { changeOpenResponses } from '../../../../runtime/gateway/overload/open-responses.ts';
import { OverloadControl } from '../../../../runtime/gateway/overload/overload-control.ts';
import { Shedder } from '../../../../runtime/gateway/overload/shedder.ts';
import { AdmissionMetrics } from '../../../../runtime/telemetry/admission-metrics.ts';
import { GatewayMetrics } from '../../../../runtime/telemetry/gateway-metrics.ts';
import { VirtualClock } from '../../../../vocabulary/clock.ts';
import { makeCertificates, opensslBinary, pem } from '../../../support/certificates.ts';
import { Cleanup } from '../../support/gateway-rig.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const TARGET_MS = 50;
const REQUEST_MS = 60_000;
/** What begins so is answered later than what comes after it could be. */
const SLOW = 's';

/** A gate whose event loop is as late as the test says. */
function createRig() {
  const clock = new VirtualClock();
  const metrics = new GatewayMetrics();
  cleanup.add({ close: async () => metrics.close() });
  const overload = new OverloadControl(TARGET_MS, 0);
  const admission = new Admission({ maxInFlight: 2, onChange: () => undefined });
  const shedMetrics = new AdmissionMetrics(metrics.registry, () => ({ waiting: 0, admittedRatio: 1 }));
  const shedder = new Shedder({ admission, overload, shedMetrics, metrics, clock });
  const late = (): Promise<void> => clock.advanceTo(clock.nowMs() + 10 * TARGET_MS);
  const onTime = (): void => overload.look(clock.nowMs());
  return { clock, shedder, admission, metrics, late, onTime };
}

/** Answers with the body it was sent, as the gateway's server counts its open responses. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  changeOpenResponses(request.socket, 1);
  response.once('close', () => changeOpenResponses(request.socket, -1));
  let body = '';
  request.setEncoding('utf8').on('data', (piece: string) => {
    body += piece;
  });
  const send = (): void => {
    response.setHeader('content-length', Buffer.byteLength(body));
    response.end(body);
  };
  request.on('end', () => (body.startsWith(SLOW) ? setTimeout(send, 3) : send()));
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.add({
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
  return (server.address() as AddressInfo).port;
}

async function startServer(shedder: Shedder): Promise<number> {
  const server = createServer({ requestTimeout: REQUEST_MS }, answer);
  shedBeforeRouting(server, shedder, { isTls: false, allowedOrigins: ['https://shop.example'] });
  return listening(server);
}

/** Reads whole answers, each with a content-length, off a connection. */
class Caller {
  readonly #socket: Socket;
  #bytes = '';
  readonly #waiting: { done: (answer: string) => void; failed: (error: Error) => void }[] = [];

  readonly connected: Promise<void>;
  /** Answers without a date: those that did not come through the HTTP stack. */
  undated = 0;

  constructor(socket: Socket) {
    this.connected = new Promise((resolve) => socket.once('connect', resolve));
    this.#socket = socket.setNoDelay(true);
    cleanup.add({ close: async () => void socket.destroy() });
    socket.setEncoding('latin1').on('data', (piece: string) => {
      this.#bytes += piece;
      this.#hand();
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      for (const { failed } of this.#waiting.splice(0)) failed(new Error('closed'));
    });
  }

  #hand(): void {
    for (;;) {
      const headEnd = this.#bytes.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(this.#bytes)?.[1]);
      if (headEnd === -1 || this.#bytes.length < headEnd + 4 + length) return;
      const status = this.#bytes.slice(9, 12);
      if (!/\r\ndate:/i.test(this.#bytes.slice(0, headEnd))) this.undated++;
      const body = this.#bytes.slice(headEnd + 4, headEnd + 4 + length);
      this.#bytes = this.#bytes.slice(headEnd + 4 + length);
      this.#waiting.shift()?.done(`${status} ${body}`);
    }
  }

  write(bytes: string): void {
    this.#socket.write(bytes, 'latin1');
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  read(): Promise<string> {
    return new Promise((done, failed) => {
      this.#waiting.push({ done, failed });
      this.#hand();
    });
  }

  async ask(bytes: string): Promise<string> {
    this.write(bytes);
    return this.read();
  }
}

const call = (port: number): Caller => new Caller(connect(port, '127.0.0.1'));

const post = (body: string, path = '/v1/chat/completions', fields = ''): string =>
  `POST ${path} HTTP/1.1\r\nhost: a\r\n${fields}content-length: ${body.length}\r\n\r\n${body}`;

const REFUSED = expect.stringMatching(/^503 .*gateway_overloaded/);

describe('refusing new work before the parser', () => {
  it('refuses while the loop is late and serves again after, on one kept connection', async () => {
    const { shedder, metrics, late, onTime } = createRig();
    const caller = call(await startServer(shedder));
    expect(await caller.ask(post('one'))).toBe('200 one');
    await late();
    for (let index = 0; index < 3; index++) expect(await caller.ask(post('two'))).toEqual(REFUSED);
    expect(await caller.ask(post('turn', '/v1/interactions/i-1/turns'))).toEqual(REFUSED);
    onTime();
    expect(await caller.ask(post('three'))).toBe('200 three');
    shedder.flush();
    const text = await metrics.registry.metrics();
    expect(text).toContain('busyhour_admission_shed_total{cause="loop"} 4');
    expect(text).toMatch(/requests_total\{route="\/v1\/chat\/completions",outcome="gateway_overloaded"\} 3/);
    expect(text).toMatch(
      /requests_total\{route="\/v1\/interactions\/:id\/turns",outcome="gateway_overloaded"\} 1/,
    );
  });

  it('refuses the first request of a connection too, through the parser', async () => {
    const { shedder, late } = createRig();
    const caller = call(await startServer(shedder));
    await late();
    expect(await caller.ask(post('one'))).toEqual(REFUSED);
    expect(await caller.ask(post('two'))).toEqual(REFUSED);
  });

  it('says how long to wait, in the shape of every refusal', async () => {
    const { shedder, late } = createRig();
    const port = await startServer(shedder);
    await late();
    const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: 'POST',
      body: '{}',
    });
    expect(response.headers.get('retry-after')).toBe('1');
    expect(shedder.refusal.bytes.toString()).toContain('\r\nretry-after: 1\r\n');
    expect(shedder.refusal.bytes.toString().split('\r\n\r\n')[1]).toBe(await response.text());
  });

  it('refuses too when neither a place nor a place to wait is free', async () => {
    const { shedder, admission } = createRig();
    const caller = call(await startServer(shedder));
    expect(await caller.ask(post('one'))).toBe('200 one');
    const tickets = [admission.admit(), admission.admit()];
    expect(await caller.ask(post('two'))).toEqual(REFUSED);
    for (const ticket of tickets) ticket.release();
    expect(await caller.ask(post('three'))).toBe('200 three');
  });

  it('never refuses probes, administration, escalations or closes', async () => {
    const { shedder, late } = createRig();
    const caller = call(await startServer(shedder));
    await caller.ask(post('one'));
    await late();
    expect(await caller.ask('GET /health HTTP/1.1\r\nhost: a\r\n\r\n')).toBe('200 ');
    for (const path of ['/v1/interactions/i-1/close', '/v1/interactions/i-1/escalate', '/v1/admin/drain'])
      expect(await caller.ask(post('x', path))).toBe('200 x');
  });

  it('refuses what comes in chunks or closes its connection through the parser', async () => {
    const { shedder, late } = createRig();
    const port = await startServer(shedder);
    const caller = call(port);
    await caller.ask(post('one'));
    await late();
    const chunked =
      'POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
    expect(await caller.ask(chunked)).toEqual(REFUSED);
    expect(await caller.ask(post('x', undefined, 'connection: close\r\n'))).toEqual(REFUSED);
    await expect(caller.read()).rejects.toThrow('closed');
  });

  it('keeps at most so much unread for a caller that does not read, and answers each of its requests', async () => {
    const { shedder, late } = createRig();
    const caller = call(await startServer(shedder));
    await caller.ask(post('one'));
    await late();
    caller.pause();
    const requests = 3000;
    for (let index = 0; index < requests; index++) caller.write(post(`${index}`));
    caller.resume();
    const answers = await Promise.all(Array.from({ length: requests }, () => caller.read()));
    expect(answers.filter((text) => text.startsWith('503'))).toHaveLength(requests);
  });

  it('ends a connection whose refused body keeps coming for longer than a request may', async () => {
    const { clock, shedder, late } = createRig();
    const caller = call(await startServer(shedder));
    await caller.ask(post('one'));
    await late();
    const refused = caller.read();
    caller.write('POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: 999999999\r\n\r\nx');
    for (let round = 0; round < ROUNDS; round++) await new Promise((resolve) => setImmediate(resolve));
    await clock.advanceTo(clock.nowMs() + REQUEST_MS + 1);
    caller.write('x');
    await expect(refused).rejects.toThrow('closed');
  });

  it('lets pages of listed origins read a refusal, whatever their connection has carried', async () => {
    const { shedder, late } = createRig();
    const port = await startServer(shedder);
    await late();
    const allowOf = async (origin: string) => {
      const asked = { method: 'POST', body: '{}', headers: { origin } };
      const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, asked);
      expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('overloaded')]);
      return response.headers.get('access-control-allow-origin');
    };
    for (let request = 0; request < 3; request++)
      expect(await allowOf('https://shop.example')).toBe('https://shop.example');
    expect(await allowOf('https://evil.example')).toBeNull();
  });

  it.skipIf(opensslBinary() === undefined)('works behind TLS (needs openssl)', async () => {
    const { shedder, late } = createRig();
    const { serverCert, serverKey } = cleanup.add(await makeCertificates());
    const server = createTlsServer({ cert: pem(serverCert), key: pem(serverKey) }, answer);
    shedBeforeRouting(server, shedder, { isTls: true, allowedOrigins: [] });
    const port = await listening(server);
    const caller = new Caller(connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }));
    expect(await caller.ask(post('one'))).toBe('200 one');
    await late();
    expect(await caller.ask(post('two'))).toEqual(REFUSED);
  });

  it('gives each request one answer, in order, however its bytes are cut', async () => {
    const { shedder, late, onTime } = createRig();
    const port = await startServer(shedder);
    const rarely = fc.integer({ min: 0, max: 9 }).map((value) => value === 0);
    const requests = fc.array(
      fc.record({
        text: fc
          .tuple(rarely, fc.stringMatching(/^[a-z]{8,40}$/))
          .map(([slow, text]) => (slow ? SLOW : 't') + text),
        chunked: rarely,
        probe: rarely,
        late: fc.boolean(),
        joinsNext: rarely,
        cutBytesFromEnd: fc.integer({ min: 0, max: 11 }),
      }),
      { minLength: 1, maxLength: 12, size: 'max' },
    );
    const seen = { beforeParser: 0, refused: 0, served: 0 };
    const holds = async (sent: Sent[]): Promise<void> => {
      const caller = call(port);
      await caller.connected;
      const answers = sent.map(() => caller.read());
      await writeInPieces(caller, sent, { late, onTime });
      for (const [index, request] of sent.entries()) {
        const text = await answers[index];
        expect(text).toEqual(answerTo(request));
        seen[text?.startsWith('503') ? 'refused' : 'served']++;
      }
      seen.beforeParser += caller.undated;
    };
    await fc.assert(fc.asyncProperty(requests, holds), { numRuns: 200 });
    // Neither way is an exception here.
    expect(Math.min(seen.beforeParser, seen.refused, seen.served)).toBeGreaterThan(50);
  }, 60_000);
});

interface Sent {
  readonly text: string;
  readonly chunked: boolean;
  readonly probe: boolean;
  /** The loop is late when its first bytes come. */
  readonly late: boolean;
  readonly joinsNext: boolean;
  readonly cutBytesFromEnd: number;
}

/** Rounds of the loop in which a piece that was written has been read by the server. */
const ROUNDS = 3;

/** Writes each request in two pieces, the second with the first of the next where they are joined. */
async function writeInPieces(
  caller: Caller,
  sent: readonly Sent[],
  loop: Pick<ReturnType<typeof createRig>, 'late' | 'onTime'>,
): Promise<void> {
  let held = '';
  for (const request of sent) {
    const bytes = held + bytesOf(request);
    const cutAt = Math.max(1, bytes.length - request.cutBytesFromEnd);
    if (request.late) await loop.late();
    else loop.onTime();
    caller.write(bytes.slice(0, cutAt));
    for (let round = 0; round < ROUNDS; round++) await new Promise((resolve) => setImmediate(resolve));
    held = bytes.slice(cutAt);
    if (request.joinsNext) continue;
    caller.write(held);
    held = '';
  }
  caller.write(held);
}

/** Its own text or the refusal; never another's. */
const answerTo = ({ text, probe }: Sent) =>
  probe
    ? '200 '
    : expect.toSatisfy((answer: string) => answer === `200 ${text}` || answer.startsWith('503 '));

function bytesOf({ text, chunked, probe }: Sent): string {
  if (probe) return 'GET /health HTTP/1.1\r\nhost: a\r\n\r\n';
  if (!chunked) return post(text);
  const body = text === '' ? '' : `${text.length.toString(16)}\r\n${text}\r\n`;
  return `POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n${body}0\r\n\r\n`;
}
