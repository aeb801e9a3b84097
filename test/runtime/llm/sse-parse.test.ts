import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseSse, SseSyntaxError } from '../../../runtime/llm/sse-parse.ts';

async function* pieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const end of [...ends, bytes.length]) {
    yield bytes.subarray(from, end);
    from = end;
  }
}

async function parse(text: string, cuts: readonly number[] = []): Promise<string[]> {
  const events: string[] = [];
  for await (const data of parseSse(pieces(Buffer.from(text), cuts))) events.push(data);
  return events;
}

it('reads the forms that the specification allows', async () => {
  expect(await parse('data: a\n\ndata:b\r\n\r\ndata: c\r\rrest')).toEqual(['a', 'b', 'c']);
  expect(await parse(': comment\nevent: x\nid: 1\ndata: one\ndata: two\n\n')).toEqual(['one\ntwo']);
  expect(await parse('data:  two spaces\n\ndata:\n\n\n\n')).toEqual([' two spaces', '']);
  expect(await parse('data: never finished')).toEqual([]);
});

it('gives the same events wherever the bytes are cut, also within a character', async () => {
  const line = fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\n]/.test(text));
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 8 }),
      fc.constantFrom('\n', '\r\n'),
      fc.array(fc.nat(), { maxLength: 12 }),
      async (events, newline, cuts) => {
        const text = events.map((event) => `data: ${event}${newline}${newline}`).join('');
        // Decoders drop nothing and replace lone surrogates: compare with the text that UTF-8 can carry.
        expect(await parse(text, cuts)).toEqual(events.map((event) => Buffer.from(event).toString()));
      },
    ),
    { seed: 11, numRuns: 300 },
  );
});

it('refuses a line that never ends', async () => {
  await expect(parse('x'.repeat(1_100_000))).rejects.toThrow(SseSyntaxError);
});
