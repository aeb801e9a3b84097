import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, GenerateRequest } from '../../../runtime/inference/contract.ts';
import { createEngine } from '../../../runtime/inference/engines/create-engine.ts';
import { DEMO_MODEL_PATH } from '../../../runtime/inference/engines/engine-config.ts';
import { collect, requestOf } from '../../contracts/engine.ts';

const chat = (...contents: string[]): GenerateRequest['input'] => ({
  kind: 'chat',
  messages: contents.map((content, i) => ({
    role: i % 2 === 0 ? ('user' as const) : ('assistant' as const),
    content,
  })),
});

describe.skipIf(!existsSync(DEMO_MODEL_PATH))(
  'the llama engine with the demo model (skipped without it)',
  () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await createEngine({ kind: 'llama', device: 'cpu', maxSequences: 4, threads: 1 });
    });
    afterAll(() => engine.close(0));
    const run = (changes: Partial<GenerateRequest>) =>
      collect(engine.generate(requestOf(changes), new AbortController().signal));

    it('describes itself as what it is', () => {
      expect(engine.description).toMatchObject({
        kind: 'llama',
        simulated: false,
        device: 'CPU, 1 thread',
        maxSequences: 4,
      });
      expect(engine.description.kvCapacityTokens).toBe(4 * engine.description.contextTokens);
      expect(engine.description.version).toMatch(/^node-llama-cpp \d/);
    });

    it('answers a chat in one line of words, and ends by itself', async () => {
      const { text, terminal } = await run({
        input: chat('Hello, can you help me?'),
        ignoreEos: false,
        temperature: 0,
        maxOutputTokens: 200,
      });
      expect(terminal).toMatchObject({ kind: 'finish', reason: 'stop' });
      expect(text).toMatch(/^\S.*[a-z]/);
      expect(text).not.toContain('\n');
    });

    it('goes past the end of the line when it must make an exact number of tokens', async () => {
      const { tokens, text } = await run({ input: chat('hi'), temperature: 0, maxOutputTokens: 120 });
      expect(tokens).toBe(120);
      expect(text).toContain('\n');
    });

    it('knows its own answer again in the next turn', async () => {
      const cacheKey = 'interaction-1';
      const question = 'Hello, I would like to book a hotel room for two nights please.';
      const first = await run({
        input: chat(question),
        cacheKey,
        ignoreEos: false,
        temperature: 0,
        maxOutputTokens: 60,
      });
      const second = await run({
        input: chat(question, first.text, 'Yes please.'),
        cacheKey,
        ignoreEos: false,
        temperature: 0,
      });
      if (first.terminal.kind !== 'finish' || second.terminal.kind !== 'finish')
        throw new Error('a turn failed');
      const [prompt] = first.events;
      const firstPromptTokens = prompt?.kind === 'prompt' ? prompt.promptTokens : 0;
      // The prompt and all of the answer but its last tokens have keys and values already.
      expect(second.terminal.timings.cachedPromptTokens).toBeGreaterThanOrEqual(firstPromptTokens);
    });

    it('keeps the histories of several interactions apart when there are more than sequences', async () => {
      const ask = (key: string) =>
        run({ input: chat(`my name is ${key}`), cacheKey: key, temperature: 0, maxOutputTokens: 4 });
      const keys = ['ann', 'bob', 'cat', 'dan', 'eve', 'fay'];
      const alone = new Map<string, string>();
      for (const key of keys) alone.set(key, (await ask(key)).text);
      const again = await Promise.all(keys.map((key) => ask(key)));
      expect(again.map((outcome) => outcome.text)).toEqual(keys.map((key) => alone.get(key)));
    });

    it('takes no more than its share of a batch for a long prompt: others go on', async () => {
      const long = requestOf({
        input: { kind: 'text', text: 'please help me now '.repeat(400) },
        maxOutputTokens: 4,
      });
      const short = requestOf({ maxOutputTokens: 40 });
      const signal = new AbortController().signal;
      const [a, b] = await Promise.all([
        collect(engine.generate(long, signal)),
        collect(engine.generate(short, signal)),
      ]);
      expect([a.tokens, b.tokens]).toEqual([4, 40]);
    });

    it('gives whole characters although they come byte by byte', async () => {
      const outcomes = await Promise.all(
        [1, 2, 3, 4].map((seed) => run({ temperature: 5, topP: 1, seed, maxOutputTokens: 150 })),
      );
      for (const { events } of outcomes) {
        const texts = events.filter((event) => event.kind === 'chunk').map((event) => event.text);
        // A half of a surrogate pair or a lone continuation byte would not survive a round trip.
        for (const text of texts) expect(Buffer.from(text, 'utf8').toString('utf8')).toBe(text);
      }
    });

    it('refuses token ids it does not have', async () => {
      const { terminal } = await run({ input: { kind: 'tokens', tokenIds: [1, 4_000_000] } });
      expect(terminal).toMatchObject({
        kind: 'error',
        code: 'INVALID_REQUEST',
        message: expect.stringContaining('4000000'),
      });
    });
  },
);
