import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { errors, request } from 'undici';
import { describe, expect, it } from 'vitest';
import {
  classifyStatus,
  classifyStreamError,
  classifyTransportError,
} from '../../../bench/drive/failure-codes.ts';
import { headersFor, splitUrl } from '../../../bench/drive/http-pool.ts';
import { REQUEST_FAILURE_CODES } from '../../../vocabulary/outcomes.ts';

const coded = (code: string, message = code): Error => Object.assign(new Error(message), { code });

/** Codes of certificate checks that Node documents (tls, X509 certificate error codes); want of memory is none. */
const X509_CODES = [
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_CRL',
  'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
  'UNABLE_TO_DECRYPT_CRL_SIGNATURE',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'CERT_SIGNATURE_FAILURE',
  'CRL_SIGNATURE_FAILURE',
  'CERT_NOT_YET_VALID',
  'CERT_HAS_EXPIRED',
  'CRL_NOT_YET_VALID',
  'CRL_HAS_EXPIRED',
  'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  'ERROR_IN_CERT_NOT_AFTER_FIELD',
  'ERROR_IN_CRL_LAST_UPDATE_FIELD',
  'ERROR_IN_CRL_NEXT_UPDATE_FIELD',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_CHAIN_TOO_LONG',
  'CERT_REVOKED',
  'INVALID_CA',
  'PATH_LENGTH_EXCEEDED',
  'INVALID_PURPOSE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'HOSTNAME_MISMATCH',
];

describe('a transport error', () => {
  it.each([
    ['ECONNREFUSED', 'connect-refused'],
    ['EHOSTUNREACH', 'connect-refused'],
    ['ENETUNREACH', 'connect-refused'],
    ['ECONNRESET', 'connection-reset'],
    ['EPIPE', 'connection-reset'],
    ['ENOTFOUND', 'dns-error'],
    ['EAI_AGAIN', 'dns-error'],
    ['EAI_FAIL', 'dns-error'],
    ['EPROTO', 'tls-error'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls-error'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls-error'],
    ['HPE_INVALID_CONSTANT', 'malformed-response'],
    ['', 'connection-reset'],
  ])('%s is %s, however deep it is wrapped', (code, expected) => {
    const plain = coded(code);
    const wrapped = new TypeError('fetch failed', { cause: new Error('inner', { cause: plain }) });
    for (const error of [plain, wrapped, new AggregateError([plain, coded('ENOENT')], 'all failed')]) {
      expect(classifyTransportError(error, false)).toMatchObject({ state: 'failed', code: expected });
    }
  });

  it.each(X509_CODES)('%s is a certificate refused', (code) => {
    expect(classifyTransportError(coded(code), false)).toMatchObject({ code: 'tls-error' });
  });

  it.each([
    [new errors.SocketError('other side closed'), 'connection-reset'],
    [new errors.ClientClosedError('closed'), 'connection-reset'],
    [new errors.ClientDestroyedError('destroyed'), 'connection-reset'],
    [new errors.HeadersOverflowError('too much'), 'malformed-response'],
    [Object.assign(new errors.HTTPParserError('bad'), { code: 'HPE_INVALID_TOKEN' }), 'malformed-response'],
    [new errors.HTTPParserError('bad'), 'malformed-response'],
  ])('of undici is told by its own class: %s', (error, expected) => {
    expect(classifyTransportError(error, false)).toMatchObject({ state: 'failed', code: expected });
  });

  it('is a timeout to connect only before an answer began', () => {
    const connect = { state: 'timed-out', phase: 'connect' };
    expect(classifyTransportError(new errors.ConnectTimeoutError('slow'), false)).toEqual(connect);
    expect(classifyTransportError(coded('ETIMEDOUT'), false)).toEqual(connect);
    expect(classifyTransportError(coded('ETIMEDOUT'), true)).toMatchObject({ code: 'incomplete-stream' });
  });

  it.each(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])('%s cuts a stream that had begun', (code) => {
    expect(classifyTransportError(coded(code, 'gone'), true)).toEqual({
      state: 'failed',
      code: 'incomplete-stream',
      detail: 'gone',
    });
  });

  it('that is not even an error is said in its own words', () => {
    expect(classifyTransportError('odd', false)).toMatchObject({ code: 'connection-reset', detail: 'odd' });
  });

  it('of headers beyond what undici reads comes from a socket too, and is no reset', async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\nx-long: ${'a'.repeat(40_000)}\r\n\r\n`));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const error: unknown = await request(url).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    for (const socket of sockets) socket.destroy();
    server.close();
    expect(classifyTransportError(error, false)).toMatchObject({ code: 'malformed-response' });
  });
});

describe('an answer that is no success', () => {
  /** RFC 9110 classes; 429 (RFC 6585) and 503 have names of their own. */
  const expected = (status: number): string => {
    if (status === 429) return 'http-rate-limited';
    if (status === 503) return 'http-overloaded';
    return status >= 500 ? 'http-server-error' : 'http-client-error';
  };

  it('has the code of its class for each status there is', () => {
    for (let status = 400; status < 600; status++) {
      const outcome = classifyStatus(status, '');
      expect(outcome).toEqual({ state: 'failed', code: expected(status), httpStatus: status });
      if (outcome.state === 'failed') expect(REQUEST_FAILURE_CODES).toContain(outcome.code);
    }
    for (const status of [300, 301, 302, 304, 307, 308]) {
      expect(classifyStatus(status, '')).toMatchObject({ code: 'malformed-response', httpStatus: status });
    }
  });

  it.each([
    '',
    'null',
    '[]',
    '7',
    '{',
    '{"error":null}',
    '{"error":{"code":7}}',
    '{"error":{"code":"made_up"}}',
  ])('names no fault from a body of %s', (body) => {
    expect(classifyStatus(500, body)).not.toHaveProperty('faultCode');
    expect(classifyStreamError(body)).not.toHaveProperty('faultCode');
    expect(classifyStreamError(body)).toMatchObject({ state: 'failed', code: 'incomplete-stream' });
  });
});

describe('the URL of a target', () => {
  it.each([
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080', ''],
    ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080', ''],
    ['http://host/v1', 'http://host', ''],
    ['http://host/v1/', 'http://host', ''],
    ['http://host/v1//', 'http://host', ''],
    ['https://host:443/api/v1', 'https://host', '/api'],
    ['https://host:8443/api/', 'https://host:8443', '/api'],
    ['http://host/v1beta', 'http://host', '/v1beta'],
    ['http://host/apiv1', 'http://host', '/apiv1'],
    ['http://host/v1/v1', 'http://host', '/v1'],
    ['http://host/v1?key=1#top', 'http://host', ''],
    ['http://[::1]:9/v1', 'http://[::1]:9', ''],
    ['HTTP://HOST/V1', 'http://host', '/V1'],
  ])('%s is split into %s and %s', (url, origin, basePath) => {
    expect(splitUrl(url)).toEqual({ origin, basePath });
  });

  it('gets a key only where there is one', () => {
    expect(headersFor(undefined, '*/*')).toEqual({ accept: '*/*', 'content-type': 'application/json' });
    expect(headersFor('k', '*/*')).toMatchObject({ authorization: 'Bearer k' });
  });
});
