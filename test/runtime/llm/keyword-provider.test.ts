import fc from 'fast-check';
import { expect, it } from 'vitest';
import { answerByKeyword, createKeywordProvider, cutAtStop } from '../../../runtime/llm/keyword-provider.ts';
import { completionOf } from '../../contracts/provider.ts';

const say = (content: string) => answerByKeyword([{ role: 'user', content }]);

it.each([
  ['I want a REFUND now', /refund request/],
  ['where is my parcel?', /tracking number/],
  ['let me talk to a human', /colleague/],
  ['my invoice is wrong', /billing/],
  ['qwertz', /ask for a human/],
  ['', /ask for a human/],
])('answers %j by rule', (text, answer) => {
  expect(say(text)).toMatch(answer);
});

it('a wish for a human comes before every other keyword, and only the last user message counts', () => {
  expect(say('refund! cancel! human!')).toMatch(/colleague/);
  const answer = answerByKeyword([
    { role: 'user', content: 'refund' },
    { role: 'assistant', content: 'ok' },
    { role: 'user', content: 'hello' },
  ]);
  expect(answer).toMatch(/^Hello/);
});

it('stays quick on hostile text', () => {
  const startedAtMs = performance.now();
  say('refun'.repeat(200_000));
  expect(performance.now() - startedAtMs).toBeLessThan(100);
});

it('keeps to the token limit and to stop sequences, whatever they are', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 3 }),
      async (maxOutputTokens, stop) => {
        const request = completionOf({ maxOutputTokens, stop });
        const full = answerByKeyword(request.messages);
        let text = '';
        let tokens = 0;
        const signal = new AbortController().signal;
        for await (const event of createKeywordProvider('k').complete(request, { signal })) {
          if (event.kind !== 'text') continue;
          text += event.text;
          tokens++;
        }
        expect(tokens).toBeLessThanOrEqual(maxOutputTokens);
        expect(full.startsWith(text)).toBe(true);
        for (const sequence of stop) expect(text).not.toContain(sequence);
      },
    ),
    { seed: 2 },
  );
  expect(cutAtStop('one two three', ['three', 'two'])).toBe('one ');
});
