import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChatStreamReader } from '../../../bench/drive/openai-chat.ts';
import { SseScanner } from '../../../bench/drive/sse-scanner.ts';

interface SentEvent {
  readonly type: string;
  readonly lines: readonly string[];
  readonly lineEnd: '\n' | '\r\n';
  readonly comment: string;
}

const oneLine = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replace(/[\r\n]/g, '·'));
const sentEvent: fc.Arbitrary<SentEvent> = fc.record({
  type: fc.constantFrom('', 'error', 'text'),
  lines: fc.array(oneLine, { minLength: 1, maxLength: 3 }),
  lineEnd: fc.constantFrom('\n', '\r\n'),
  comment: oneLine,
});

/** The bytes of an event, written from the standard and not from the scanner. */
const encode = ({ type, lines, lineEnd, comment }: SentEvent): Buffer =>
  Buffer.from(
    [
      `: ${comment}`,
      ...(type === '' ? [] : [`event: ${type}`]),
      'id: 7',
      'retry: 10',
      ...lines.map((line) => `data: ${line}`),
      '',
      '',
    ].join(lineEnd),
  );

interface Seen {
  readonly data: string;
  readonly type: string;
  readonly chunk: number;
}

function scan(chunks: readonly Buffer[]): Seen[] {
  const seen: Seen[] = [];
  let chunk = 0;
  const scanner = new SseScanner((data, type) => seen.push({ data, type, chunk }));
  for (const bytes of chunks) {
    scanner.push(bytes);
    chunk++;
  }
  return seen;
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const edges = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort(
    (a, b) => a - b,
  );
  return edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge));
}

/** Which chunk holds the last byte of each event. */
function chunksOfEnds(events: readonly Buffer[], chunks: readonly Buffer[]): number[] {
  let end = 0;
  return events.map((bytes) => {
    end += bytes.length;
    let upTo = 0;
    return chunks.findIndex((chunk) => {
      upTo += chunk.length;
      return upTo >= end;
    });
  });
}

describe('scanning server-sent events', () => {
  it('gives the same events however the bytes are cut, each in the chunk that ended it', () => {
    fc.assert(
      fc.property(
        fc.array(sentEvent, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (events, cuts) => {
          const encoded = events.map(encode);
          const chunks = cutAt(Buffer.concat(encoded), cuts);
          const ends = chunksOfEnds(encoded, chunks);
          expect(scan(chunks)).toEqual(
            events.map(({ lines, type }, i) => ({ data: lines.join('\n'), type, chunk: ends[i] })),
          );
        },
      ),
      { numRuns: 300, seed: 1 },
    );
  });

  it('gives the same at every single split and byte by byte', () => {
    const bytes = Buffer.from('\ufeffevent: a\r\ndata: grüße 👋\r\ndata\r\n\r\n:x\ndata:  two\n\ndata: cut');
    const expected = [
      { data: 'grüße 👋\n', type: 'a' },
      { data: ' two', type: '' },
    ];
    const shown = (chunks: readonly Buffer[]) => scan(chunks).map(({ data, type }) => ({ data, type }));
    for (let at = 0; at <= bytes.length; at++) {
      expect(shown([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected);
    }
    expect(shown(Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(expected);
  });

  it('forgets the type of an event without data, and knows a cut inside an event', () => {
    expect(scan([Buffer.from('event: lost\n\ndata: 1\n\n')])).toEqual([{ data: '1', type: '', chunk: 0 }]);
    const scanner = new SseScanner(() => {});
    scanner.push(Buffer.from('data: 1\n'));
    expect(scanner.isMidEvent).toBe(true);
    scanner.push(Buffer.from('\n'));
    expect(scanner.isMidEvent).toBe(false);
  });

  it('reads a line of 1 MB in pieces of 1 kB', () => {
    const data = 'x'.repeat(1_000_000);
    const bytes = Buffer.from(`data: ${data}\n\n`);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 1_024) }, (_, i) =>
      bytes.subarray(i * 1_024, (i + 1) * 1_024),
    );
    expect(scan(pieces)).toEqual([{ data, type: '', chunk: pieces.length - 1 }]);
  });
});

const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const token = (content: string | null, more = {}): string =>
  event({ choices: [{ index: 0, delta: { content }, finish_reason: null }], ...more });
const FINISH = event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
const USAGE = { prompt_tokens: 9, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } };
const DONE = 'data: [DONE]\n\n';

function readChat(...parts: string[]) {
  const reader = new ChatStreamReader(true);
  parts.forEach((part, i) => {
    reader.read(Buffer.from(part), i + 1);
  });
  return reader.finish();
}

describe('reading a chat stream', () => {
  it.each([
    ['its own chunk without choices', event({ choices: [], usage: USAGE })],
    ['a chunk with choices', event({ choices: [{ index: 0, delta: {} }], usage: USAGE })],
  ])('finds usage and cached input in %s', (_name, usage) => {
    expect(readChat(token('a'), token('b'), FINISH, usage, DONE)).toEqual({
      outcome: { state: 'completed' },
      chunksAtMs: [1, 2],
      text: 'ab',
      usage: { inputTokens: 9, outputTokens: 2, cachedInputTokens: 4 },
    });
  });

  it('takes neither the role, empty content nor quoted JSON within content for a token', () => {
    const tricky = '{"content":"x","finish_reason":"stop","usage":1}';
    const reading = readChat(
      event({ choices: [{ delta: { role: 'assistant', content: '' } }] }),
      token(null),
      token(tricky),
      FINISH,
    );
    expect(reading).toMatchObject({ outcome: { state: 'completed' }, chunksAtMs: [3], text: tricky });
    expect(readChat(token(tricky), DONE).outcome).toMatchObject({ code: 'incomplete-stream' });
  });

  it.each<[string, string[], string]>([
    ['nothing at all', [], 'empty-answer'],
    ['only an end mark', [FINISH, DONE], 'empty-answer'],
    ['[DONE] without a finish reason', [token('a'), DONE], 'incomplete-stream'],
    ['an error event', [token('a'), event({ error: { code: 'provider_incomplete' } })], 'incomplete-stream'],
    ['text that is no JSON', [token('a'), 'data: hello\n\n', FINISH], 'malformed-response'],
    ['bytes without any event', ['hello'], 'malformed-response'],
    [
      'usage that is none',
      [token('a'), FINISH, event({ usage: { prompt_tokens: -1 } })],
      'malformed-response',
    ],
  ])('says of %s: %s', (_name, parts, code) => {
    expect(readChat(...parts).outcome).toMatchObject({ state: 'failed', code });
  });

  it('tells no error from an error that is null', () => {
    expect(readChat(`data: {"error":null,${token('a').slice(7)}`, FINISH).outcome.state).toBe('completed');
  });
});
