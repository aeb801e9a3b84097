import fc from 'fast-check';
import { expect, it } from 'vitest';
import { frameFrom, MessageFrames } from '../../../runtime/inference/message-frames.ts';

/** All messages of the bytes, pushed in pieces of these lengths. */
function cut(bytes: Buffer, lengths: readonly number[], maxBytes = 1000) {
  const messages: string[] = [];
  const frames = new MessageFrames(maxBytes, (message) => messages.push(message.toString('hex')));
  let at = 0;
  for (const length of [...lengths, bytes.length]) {
    const problem = frames.push(bytes.subarray(at, at + length));
    if (problem !== undefined) return { messages, problem };
    at += length;
  }
  return { messages, problem: undefined };
}

it('gives the same messages however their bytes are cut', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
  fc.assert(
    fc.property(messages, fc.array(fc.nat({ max: 12 }), { maxLength: 60 }), (sent, lengths) => {
      const bytes = Buffer.concat(sent.map(frameFrom));
      const expected = sent.map((message) => Buffer.from(message).toString('hex'));
      expect(cut(bytes, lengths)).toEqual({ messages: expected, problem: undefined });
    }),
  );
});

it('frames as the protocol says: no compression, the length in four bytes, most significant first', () => {
  expect([...frameFrom(Buffer.alloc(258))].slice(0, 5)).toEqual([0, 0, 0, 1, 2]);
});

it('stops at a message that is too long from its length alone, and at a compressed one', () => {
  const good = frameFrom(Buffer.from('ok'));
  const long = frameFrom(Buffer.alloc(1001)).subarray(0, 5);
  expect(cut(Buffer.concat([good, long]), [])).toEqual({ messages: ['6f6b'], problem: 'too_long' });
  const compressed = Buffer.concat([Buffer.from([1]), good.subarray(1)]);
  expect(cut(Buffer.concat([good, compressed]), [3, 4])).toEqual({
    messages: ['6f6b'],
    problem: 'compressed',
  });
});
