import { describe, expect, it } from 'vitest';
import { frameRequest } from '../../../../runtime/gateway/overload/request-framing.ts';

const POST = 'POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n';
const frame = (text: string) => frameRequest(Buffer.from(text, 'latin1'));

describe('where a request begins and ends, as far as that is plain', () => {
  it.each([
    ['the whole request', `${POST}content-length: 5\r\n\r\nhello`, 0],
    ['a part of its body', `${POST}Content-Length: 500\r\n\r\nhello`, 495],
    ['none of its body', `${POST}content-length:12\r\nconnection: keep-alive\r\n\r\n`, 12],
    ['no body', 'GET /health HTTP/1.1\r\nhost: a\r\n\r\n', 0],
    ['a body in which the end of a head stands', `${POST}content-length: 8\r\n\r\n\r\n\r\nabcd`, 0],
    [
      'a length in the value of another field',
      `${POST}x: content-length: 99\r\ncontent-length: 1\r\n\r\nx`,
      0,
    ],
  ])('tells how much is to come of a chunk with %s', (_what, text, bodyBytesLeft) => {
    expect(frame(text)).toMatchObject({ kind: 'head', bodyBytesLeft });
  });

  it.each([
    ['a head that goes on in the next chunk', POST],
    ['two requests', `${POST}content-length: 1\r\n\r\nx${POST}content-length: 1\r\n\r\nx`],
    ['a body in chunks', `${POST}Transfer-Encoding: chunked\r\n\r\n`],
    ['a length and chunks', `${POST}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n`],
    ['two lengths', `${POST}content-length: 5\r\nContent-Length: 6\r\n\r\nhello`],
    ['the same length twice', `${POST}content-length: 5\r\ncontent-length: 5\r\n\r\nhello`],
    ['a list of lengths', `${POST}content-length: 5, 5\r\n\r\nhello`],
    ['a signed length', `${POST}content-length: +5\r\n\r\nhello`],
    ['a length without end', `${POST}content-length: ${'9'.repeat(20)}\r\n\r\nhello`],
    ['a wait for 100 Continue', `${POST}content-length: 5\r\nexpect: 100-continue\r\n\r\n`],
    ['a change of protocol', 'GET /s HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'],
    ['the end of the connection', `${POST}content-length: 1\r\nconnection: close\r\n\r\nx`],
    ['HTTP/1.0', 'GET /health HTTP/1.0\r\nhost: a\r\n\r\n'],
    ['no HTTP', 'hello\r\n\r\n'],
    ['nothing', ''],
  ])('leaves to the parser: %s', (_what, text) => {
    expect(frame(text)).toEqual({ kind: 'opaque' });
  });
});
