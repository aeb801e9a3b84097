import { expect, it } from 'vitest';
import { parseSse, SseSyntaxError } from '../../../runtime/llm/sse-parse.ts';

async function* linesForEver(line: string, limit: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(line.repeat(1000));
  for (let sent = 0; sent < limit; sent += 1000) yield bytes;
}

async function count(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let events = 0;
  for await (const _event of parseSse(chunks)) events++;
  return events;
}

it('refuses an event whose lines never end, instead of keeping them', async () => {
  await expect(count(linesForEver('data: x\n', 2_000_000))).rejects.toThrow(SseSyntaxError);
  await expect(count(linesForEver('data:\n', 2_000_000))).rejects.toThrow(/event longer than/);
});

it('takes any number of events that do end, and any number of comments', async () => {
  expect(await count(linesForEver('data: x\n\n', 400_000))).toBe(400_000);
  expect(await count(linesForEver(': ping\n', 400_000))).toBe(0);
});

it('an event just within the bound passes whole', async () => {
  const line = `data: ${'x'.repeat(999)}\n`;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`${line.repeat(1048)}\n`);
  }
  for await (const event of parseSse(chunks())) expect(event.length).toBe(1048 * 1000 - 1);
  expect(await count(chunks())).toBe(1);
});
