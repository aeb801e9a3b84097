import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedHttp } from '../../../../bench/drive/http/response-head.ts';
import { ResponseParser } from '../../../../bench/drive/http/response-parser.ts';
import { cutAt } from './raw-server.ts';

interface Read {
  readonly status: number;
  readonly body: string;
  readonly isKeptAlive: boolean;
  readonly isEnded: boolean;
  readonly isClean: boolean;
}

/** Reads one answer from pieces that overwrite one another in memory, as reads into one buffer do. */
function read(pieces: readonly Buffer[], isClosedAfter = false): Read {
  let status = 0;
  let isKeptAlive = false;
  let isEnded = false;
  const body: Buffer[] = [];
  const parser = new ResponseParser({
    onHead: (head) => {
      status = head.status;
      isKeptAlive = head.isKeptAlive;
    },
    onBody: (bytes) => body.push(Buffer.from(bytes)),
    onEnd: () => {
      isEnded = true;
    },
  });
  const buffer = Buffer.alloc(Math.max(1, ...pieces.map((piece) => piece.length)));
  let isClean = true;
  for (const piece of pieces) {
    buffer.fill(0x58);
    piece.copy(buffer);
    isClean = parser.feed(buffer.subarray(0, piece.length)) && isClean;
  }
  if (isClosedAfter) parser.endOfInput();
  return { status, body: Buffer.concat(body).toString('latin1'), isKeptAlive, isEnded, isClean };
}

const readText = (text: string, isClosedAfter = false): Read =>
  read([Buffer.from(text, 'latin1')], isClosedAfter);

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const field = fc.constantFrom(
  'date: Sat, 21 Nov 2026 10:00:00 GMT',
  'X-Empty:',
  'server:  a  ',
  'Set-Cookie: a=1',
  'set-cookie: b=2',
  'x-utf: gr\xfc\xdfe',
);
const answer = fc.record({
  status: fc.integer({ min: 200, max: 599 }).filter((status) => status !== 204 && status !== 304),
  reason: fc.constantFrom(' OK', ' ', '', ' No Such Thing'),
  fields: fc.array(field, { maxLength: 4 }),
  framing: fc.constantFrom('length', 'chunked', 'until-close'),
  chunks: fc.array(bytes, { maxLength: 5 }),
  extension: fc.constantFrom('', ';a=b', ' ; token="x"'),
  trailers: fc.constantFrom('', 'x-check: 1\r\n', 'a: b\r\nc: d\r\n'),
  interim: fc.boolean(),
});
type Answer = typeof answer extends fc.Arbitrary<infer T> ? T : never;

/** The bytes of an answer, written from RFC 9112 and not from the parser. */
function encode(wanted: Answer): Buffer {
  const { framing, chunks } = wanted;
  const body = Buffer.concat(chunks);
  const framed =
    framing === 'length'
      ? [`Content-Length: ${body.length}`]
      : framing === 'chunked'
        ? ['Transfer-Encoding: chunked']
        : [];
  const interim = wanted.interim ? 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n' : '';
  const head = [`HTTP/1.1 ${wanted.status}${wanted.reason}`, ...wanted.fields, ...framed].join('\r\n');
  const parts: Buffer[] = [Buffer.from(`${interim}${head}\r\n\r\n`, 'latin1')];
  if (framing !== 'chunked') parts.push(body);
  else {
    for (const chunk of chunks.filter(({ length }) => length > 0)) {
      parts.push(
        Buffer.from(`${chunk.length.toString(16)}${wanted.extension}\r\n`),
        chunk,
        Buffer.from('\r\n'),
      );
    }
    parts.push(Buffer.from(`0\r\n${wanted.trailers}\r\n`));
  }
  return Buffer.concat(parts);
}

describe('reading HTTP/1.1 answers', () => {
  it('gives status and body however the bytes are cut, from a buffer that is used again', () => {
    fc.assert(
      fc.property(answer, fc.array(fc.nat(), { maxLength: 20 }), (wanted, cuts) => {
        const seen = read(cutAt(encode(wanted), cuts), wanted.framing === 'until-close');
        expect(seen).toMatchObject({
          status: wanted.status,
          body: Buffer.concat(wanted.chunks).toString('latin1'),
          isEnded: true,
          isClean: true,
          isKeptAlive: wanted.framing !== 'until-close',
        });
      }),
      { numRuns: 500 },
    );
  });

  it('never ends an answer that was cut off, wherever', () => {
    fc.assert(
      fc.property(
        answer.filter(({ framing }) => framing !== 'until-close'),
        fc.nat(),
        (wanted, cut) => {
          const whole = encode(wanted);
          expect(read([whole.subarray(0, cut % whole.length)], true).isEnded).toBe(false);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('throws MalformedHttp or waits for more, and nothing else, on any bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(bytes, fc.tuple(answer, fc.nat(), fc.integer({ min: 0, max: 255 })).map(flipOne)),
        fc.array(fc.nat(), { maxLength: 6 }),
        (input, cuts) => {
          try {
            read(cutAt(input, cuts), true);
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedHttp);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

function flipOne([wanted, at, byte]: [Answer, number, number]): Buffer {
  const whole = encode(wanted);
  whole[at % whole.length] = byte;
  return whole;
}

const OK = 'HTTP/1.1 200 OK\r\n';

describe('what is refused', () => {
  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['the first bytes of something else', 'hello'],
    ['HTTP/2 as text', 'HTTP/2 200 OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['two lengths', `${OK}content-length: 3\r\ncontent-length: 3\r\n\r\nabc`],
    ['a negative length', `${OK}content-length: -1\r\n\r\n`],
    ['a length with a sign', `${OK}content-length: +3\r\n\r\nabc`],
    ['a length list', `${OK}content-length: 3, 3\r\n\r\nabc`],
    ['a length beyond numbers', `${OK}content-length: 99999999999999999999\r\n\r\n`],
    ['a length and chunks', `${OK}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a coding that nobody asked for', `${OK}transfer-encoding: gzip, chunked\r\n\r\n`],
    ['a folded field', `${OK}a: b\r\n c\r\n\r\n`],
    ['a space before the colon', `${OK}content-length : 3\r\n\r\nabc`],
    ['a field without a colon', `${OK}content-length\r\n\r\n`],
    ['a NUL in a field', `${OK}a: b\u0000c\r\n\r\n`],
    ['lines that end in LF alone', 'HTTP/1.1 200 OK\ncontent-length: 0\n\n'],
    ['a chunk size that is no number', `${OK}transfer-encoding: chunked\r\n\r\nxyz\r\n`],
    ['a chunk without a size', `${OK}transfer-encoding: chunked\r\n\r\n\r\n`],
    ['a chunk size beyond numbers', `${OK}transfer-encoding: chunked\r\n\r\nffffffffffffff\r\n`],
    ['a chunk longer than its size', `${OK}transfer-encoding: chunked\r\n\r\n3\r\nabcd\r\n`],
    ['a change of protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n'],
    ['a head without end', `${OK}a: ${'x'.repeat(70_000)}`],
    ['trailers without end', `${OK}transfer-encoding: chunked\r\n\r\n0\r\n${'a: b\r\n'.repeat(20_000)}`],
  ])('%s', (_name, text) => {
    expect(() => readText(text)).toThrow(MalformedHttp);
  });
});

describe('where an answer ends', () => {
  it.each([204, 304])('%d has no body, whatever its fields say', (status) => {
    const { isEnded, isClean } = readText(`HTTP/1.1 ${status} X\r\ncontent-length: 5\r\n\r\n`);
    expect({ isEnded, isClean }).toEqual({ isEnded: true, isClean: true });
  });

  it('tells of bytes after the end, which make the connection unusable', () => {
    expect(readText(`${OK}content-length: 2\r\n\r\nabHTTP/1.1`)).toMatchObject({
      body: 'ab',
      isClean: false,
    });
  });

  it.each([
    ['connection: close', false],
    ['Connection: Keep-Alive, close', false],
    ['connection: keep-alive', true],
    ['x: y', true],
  ])('%s decides whether the connection goes on', (line, isKeptAlive) => {
    expect(readText(`${OK}${line}\r\ncontent-length: 0\r\n\r\n`).isKeptAlive).toBe(isKeptAlive);
  });

  it('closes after HTTP/1.0 unless told otherwise', () => {
    const rest = ' 200 OK\r\ncontent-length: 0\r\n';
    expect(readText(`HTTP/1.0${rest}\r\n`).isKeptAlive).toBe(false);
    expect(readText(`HTTP/1.0${rest}connection: keep-alive\r\n\r\n`).isKeptAlive).toBe(true);
  });
});
