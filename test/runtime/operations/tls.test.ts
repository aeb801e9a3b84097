import { get, request } from 'node:http';
import { type RequestOptions, request as secureRequest } from 'node:https';
import type { DestinationStream } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GatewayConfigInput } from '../../../runtime/config.ts';
import { createInferenceClient } from '../../../runtime/inference/client.ts';
import { createEngine } from '../../../runtime/inference/engines/create-engine.ts';
import { startInferenceServer } from '../../../runtime/inference/server.ts';
import { readServerTls } from '../../../runtime/operations/tls.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { makeCertificates, opensslBinary, pem, type TestCertificates } from '../../support/certificates.ts';
import { Cleanup, startTestGateway } from '../support/gateway-rig.ts';

const cleanup = new Cleanup();
let ours: TestCertificates;
let strangers: TestCertificates;

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
}

function ask(url: string, options: RequestOptions = {}, body?: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const headers = { 'content-type': 'application/json' };
    const call = secureRequest(url, { agent: false, method, headers, ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode, text })).on('error', reject);
    });
    call.on('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const clientOf = (certificates: TestCertificates) => ({
  cert: pem(certificates.clientCert),
  key: pem(certificates.clientKey),
});

/** A refused handshake reaches the client as an alert or as a closed connection, whichever it reads first. */
const REFUSED = /alert|ECONNRESET|hang up/;

const serverTls = (clientCa?: string): NonNullable<GatewayConfigInput['tls']> => ({
  certFile: ours.serverCert,
  keyFile: ours.serverKey,
  ...(clientCa === undefined ? {} : { clientCaFile: clientCa }),
});

describe.skipIf(opensslBinary() === undefined)('TLS (skipped without openssl)', () => {
  beforeAll(async () => {
    ours = cleanup.add(await makeCertificates());
    strangers = cleanup.add(await makeCertificates('stranger'));
  });
  afterAll(() => cleanup.run());

  describe('the gateway with TLS', () => {
    it('answers a client that trusts its authority, and no other', async () => {
      const gateway = await startTestGateway(cleanup, { tls: serverTls() });
      expect(gateway.url).toMatch(/^https:/);
      const ready = await ask(`${gateway.url}/ready`, { ca: pem(ours.ca) });
      expect(ready.status).toBe(200);
      await expect(ask(`${gateway.url}/ready`, { ca: pem(strangers.ca) })).rejects.toThrow(/certificate/);
    });

    it('refuses plain HTTP and TLS older than 1.2', async () => {
      const gateway = await startTestGateway(cleanup, { tls: serverTls() });
      const plain = new Promise((_resolve, reject) => {
        get(gateway.url.replace('https:', 'http:'), () => reject(new Error('answered'))).on('error', reject);
      });
      await expect(plain).rejects.toThrow(/hang up|ECONNRESET/);
      const old = {
        ca: pem(ours.ca),
        maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1',
        ciphers: 'ALL@SECLEVEL=0',
      } as const;
      await expect(ask(`${gateway.url}/ready`, old)).rejects.toThrow(/protocol version|EPROTO/i);
      const current = { ca: pem(ours.ca), maxVersion: 'TLSv1.2' } as const;
      expect((await ask(`${gateway.url}/ready`, current)).status).toBe(200);
    });

    it('keeps its limit of the request head', async () => {
      const gateway = await startTestGateway(cleanup, { tls: serverTls() });
      const headers = { 'x-large': 'x'.repeat(17_000) };
      expect((await ask(`${gateway.url}/ready`, { ca: pem(ours.ca), headers })).status).toBe(431);
    });

    it('does not start with a key of another certificate, or a missing file, and says which', async () => {
      const wrongKey = { certFile: ours.serverCert, keyFile: strangers.serverKey };
      await expect(startTestGateway(cleanup, { tls: wrongKey })).rejects.toMatchObject({
        failure: { code: 'INVALID_CONFIG', issues: [{ path: 'tls' }] },
      });
      const missing = { certFile: '/nowhere/a.crt', keyFile: '/nowhere/a.key' };
      await expect(startTestGateway(cleanup, { tls: missing })).rejects.toMatchObject({
        failure: { issues: [{ path: 'tls.certFile' }, { path: 'tls.keyFile' }] },
      });
    });
  });

  describe('the gateway with mutual TLS', () => {
    it('answers a client with a certificate of its authority, and logs its name', async () => {
      let log = '';
      const logDestination: DestinationStream = {
        write: (line) => {
          log += line;
        },
      };
      const config: GatewayConfigInput = { tls: serverTls(ours.ca), logLevel: 'info' };
      const gateway = await startTestGateway(cleanup, config, { logDestination });
      const trusted = { ca: pem(ours.ca), ...clientOf(ours) };
      const answer = await ask(`${gateway.url}/v1/chat/completions`, trusted, {
        messages: [{ role: 'user', content: 'I want a refund' }],
      });
      expect(answer.status).toBe(200);
      await gateway.close(0);
      const lines = log.split('\n').filter((line) => line.includes('"request"'));
      expect(lines.map((line) => JSON.parse(line).client)).toEqual(['agent-7']);
    });

    it('refuses a client without a certificate, and one of another authority', async () => {
      const gateway = await startTestGateway(cleanup, { tls: serverTls(ours.ca) });
      const url = `${gateway.url}/ready`;
      await expect(ask(url, { ca: pem(ours.ca) })).rejects.toThrow(REFUSED);
      await expect(ask(url, { ca: pem(ours.ca), ...clientOf(strangers) })).rejects.toThrow(REFUSED);
      expect((await ask(url, { ca: pem(ours.ca), ...clientOf(ours) })).status).toBe(200);
    });
  });

  describe('gRPC with mutual TLS', () => {
    const callers: string[] = [];
    let address: string;

    beforeAll(async () => {
      const engine = await createEngine({ kind: 'simulated', profile: 'qwen3-32b-h100x2' });
      const tls = unwrap(
        readServerTls({ ...serverTls(ours.ca), minVersion: 'TLSv1.2' } as never, 'the test'),
      );
      const onCaller = ({ client }: { client: string }): void => {
        callers.push(client);
      };
      const server = await startInferenceServer({ host: '127.0.0.1', port: 0, engine, tls, onCaller });
      cleanup.add({ close: () => server.close(0) });
      address = server.address;
    });

    function describeWith(tls: Parameters<typeof createInferenceClient>[0]['tls']) {
      const client = createInferenceClient({ address, tls });
      cleanup.add({ close: async () => client.close() });
      return client.describe(3_000);
    }

    it('answers through the gateway with the right certificate, and names the caller', async () => {
      const tls = { caFile: ours.ca, certFile: ours.clientCert, keyFile: ours.clientKey };
      const gateway = await startTestGateway(cleanup, {
        providers: [{ kind: 'grpc', name: 'local', address, tls }],
      });
      const body = JSON.stringify({ messages: [{ role: 'user', content: 'hello' }], max_tokens: 4 });
      const status = await new Promise((resolve, reject) => {
        const headers = { 'content-type': 'application/json' };
        const call = request(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, agent: false });
        call.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject);
        call.end(body);
      });
      expect(status).toBe(200);
      expect(callers).toEqual(['agent-7']);
    });

    it('refuses a client without a certificate, of another authority, or in the clear', async () => {
      const { cert, key } = clientOf(strangers);
      await expect(describeWith({ ca: pem(ours.ca), cert: undefined, key: undefined })).rejects.toThrow();
      await expect(describeWith({ ca: pem(ours.ca), cert, key })).rejects.toThrow();
      await expect(describeWith(undefined)).rejects.toThrow();
      const right = clientOf(ours);
      expect((await describeWith({ ca: pem(ours.ca), ...right })).simulated).toBe(true);
    });

    it('is not believed by a client that trusts another authority', async () => {
      await expect(describeWith({ ca: pem(strangers.ca), ...clientOf(ours) })).rejects.toThrow();
    });
  });
});
