import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChatMessage, Engine, GenerateRequest } from '../../../runtime/inference/contract.ts';
import { createEngine } from '../../../runtime/inference/engines/create-engine.ts';
import { DEMO_MODEL_PATH } from '../../../runtime/inference/engines/engine-config.ts';
import { collect, type Outcome, requestOf } from '../../contracts/engine.ts';

const text = (value: string): GenerateRequest['input'] => ({ kind: 'text', text: value });
const promptTokensOf = ({ events }: Outcome): number =>
  events[0]?.kind === 'prompt' ? events[0].promptTokens : Number.NaN;

function cachedTokensOf({ terminal }: Outcome): number {
  if (terminal.kind !== 'finish') throw new Error(terminal.message);
  return terminal.timings.cachedPromptTokens;
}

describe.skipIf(!existsSync(DEMO_MODEL_PATH))(
  'sequences of the llama engine (skipped without the model)',
  () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await createEngine({ kind: 'llama', device: 'cpu', maxSequences: 3, threads: 1 });
    });
    afterAll(() => engine.close(0));
    const run = (
      changes: Partial<GenerateRequest>,
      signal = new AbortController().signal,
    ): Promise<Outcome> => collect(engine.generate(requestOf({ temperature: 0, ...changes }), signal));

    describe('the context', () => {
      it('holds prompt and answer to the last token, and not one more', async () => {
        const { contextTokens } = engine.description;
        const input = { kind: 'tokens', tokenIds: new Array<number>(contextTokens - 4).fill(300) } as const;
        const full = await run({ input, maxOutputTokens: 4 });
        expect(full.terminal).toMatchObject({ kind: 'finish', reason: 'length', outputTokens: 4 });
        const over = await run({ input, maxOutputTokens: 5 });
        expect(over.events).toHaveLength(1);
        expect(over.terminal).toMatchObject({ kind: 'error', code: 'CONTEXT_TOO_LONG' });
        if (over.terminal.kind === 'error') expect(over.terminal.message).toContain(String(contextTokens));
      });

      it('refuses a prompt that is longer by itself, and serves the next request', async () => {
        const over = await run({ input: text('please help '.repeat(3_000)), maxOutputTokens: 1 });
        expect(over.terminal).toMatchObject({ kind: 'error', code: 'CONTEXT_TOO_LONG' });
        expect((await run({ maxOutputTokens: 3 })).tokens).toBe(3);
        expect(engine.load()).toMatchObject({ runningRequests: 0, waitingRequests: 0 });
      });
    });

    describe('a growing history', () => {
      const QUESTIONS = [
        'Hello, I need a table for four.',
        'At seven please.',
        'In the name of Smith.',
        'Thank you!',
      ];

      async function converse(cacheKey: string | undefined): Promise<Outcome[]> {
        const messages: ChatMessage[] = [];
        const outcomes: Outcome[] = [];
        for (const content of QUESTIONS) {
          messages.push({ role: 'user', content });
          const outcome = await run({
            input: { kind: 'chat', messages: [...messages] },
            maxOutputTokens: 24,
            ignoreEos: false,
            ...(cacheKey === undefined ? {} : { cacheKey }),
          });
          messages.push({ role: 'assistant', content: outcome.text });
          outcomes.push(outcome);
        }
        return outcomes;
      }

      it('is computed once: each turn reuses more, and says what it would have said without', async () => {
        const [reused, fresh] = [await converse('talk'), await converse(undefined)];
        expect(reused.map((outcome) => outcome.text)).toEqual(fresh.map((outcome) => outcome.text));
        expect(reused.map(promptTokensOf)).toEqual(fresh.map(promptTokensOf));
        expect(fresh.map(cachedTokensOf)).toEqual([0, 0, 0, 0]);
        const cached = reused.map(cachedTokensOf);
        expect(cached[0]).toBe(0);
        for (const [turn, tokens] of cached.entries()) {
          if (turn === 0) continue;
          // All of the turn before is in the prompt again; less than the whole prompt is reused.
          expect(tokens).toBeGreaterThanOrEqual(promptTokensOf(reused[turn - 1] as Outcome) - 1);
          expect(tokens).toBeLessThan(promptTokensOf(reused[turn] as Outcome));
        }
      });

      it('that changed in the middle is reused up to there, with the same answer as without', async () => {
        const before = 'USER: I would like to book a train from Leeds to York on Friday\nAGENT:';
        const after = 'USER: I would like to book a train from Hull to Bath on Sunday\nAGENT:';
        await run({ input: text(before), cacheKey: 'changed' });
        const reused = await run({ input: text(after), cacheKey: 'changed' });
        const fresh = await run({ input: text(after) });
        expect(reused.text).toBe(fresh.text);
        expect(cachedTokensOf(reused)).toBeGreaterThan(5);
        expect(cachedTokensOf(reused)).toBeLessThan(promptTokensOf(reused) - 5);
      });

      it('of the very same prompt leaves only its last token to compute', async () => {
        const input = text('USER: what time is it\nAGENT:');
        const first = await run({ input, cacheKey: 'same' });
        const again = await run({ input, cacheKey: 'same' });
        expect(again.text).toBe(first.text);
        expect(cachedTokensOf(again)).toBe(promptTokensOf(first) - 1);
      });
    });

    it('three sequences decoded together say what each says alone', async () => {
      const prompts = [
        'USER: I lost my card\nAGENT:',
        'USER: is my flight late?\nAGENT:',
        'USER: a pizza\nAGENT:',
      ];
      const alone: string[] = [];
      for (const prompt of prompts)
        alone.push((await run({ input: text(prompt), maxOutputTokens: 40 })).text);
      const together = await Promise.all(
        prompts.map((prompt) => run({ input: text(prompt), maxOutputTokens: 40 })),
      );
      expect(together.map((outcome) => outcome.text)).toEqual(alone);
      expect(new Set(alone).size).toBe(3);
      const batches = together.map(({ terminal }) =>
        terminal.kind === 'finish' ? terminal.timings.batchSequences : 0,
      );
      expect(Math.max(...batches)).toBe(3);
    });

    it('ends at a stop string wherever tokens cut it: as searching the whole text says', async () => {
      const maxOutputTokens = 30;
      const whole = await run({ maxOutputTokens });
      const starts = [3, 7, 12, 20].filter((at) => at + 5 < whole.text.length);
      expect(starts.length).toBeGreaterThan(2);
      for (const at of starts) {
        // Five characters from anywhere, most of them across the border of two tokens.
        const stop = whole.text.slice(at, at + 5);
        const cut = await run({ maxOutputTokens, stop: [stop, 'never said'] });
        expect(cut.text).toBe(whole.text.slice(0, whole.text.indexOf(stop)));
        expect(cut.terminal).toMatchObject({ kind: 'finish', reason: 'stop', outputTokens: cut.tokens });
        expect(cut.tokens).toBeLessThanOrEqual(whole.tokens);
      }
    });

    it('an abort in the middle of a long prompt frees the sequence at once for others', async () => {
      const { contextTokens } = engine.description;
      const controller = new AbortController();
      const input = { kind: 'tokens', tokenIds: new Array<number>(contextTokens - 200).fill(300) } as const;
      const stream = engine.generate(
        requestOf({ input, maxOutputTokens: 100, cacheKey: 'cut' }),
        controller.signal,
      );
      const iterator = stream[Symbol.asyncIterator]();
      expect((await iterator.next()).value).toMatchObject({ kind: 'prompt' });
      // Within the prompt, which is several batches long.
      await new Promise((resolve) => setImmediate(resolve));
      expect(engine.load().runningRequests).toBe(1);
      controller.abort();
      const last = (await iterator.next()).value;
      expect(last).toMatchObject({ kind: 'finish', reason: 'abort', outputTokens: 0 });
      await expect.poll(() => engine.load().runningRequests).toBe(0);
      expect(engine.load().kvTokens).toBe(0);
      // All sequences work, and the half-computed history gives no other answer than a fresh one.
      const after = { ...input, tokenIds: input.tokenIds.slice(0, 500) };
      const [a, b, c] = await Promise.all([
        run({ input: after, cacheKey: 'cut' }),
        run({ input: after }),
        run({ input: after }),
      ]);
      expect([a.text, c.text]).toEqual([b.text, b.text]);
    });

    it('an aborted signal before the start makes nothing and takes nothing', async () => {
      const outcome = await run({}, AbortSignal.abort());
      expect(outcome.terminal).toMatchObject({ kind: 'finish', reason: 'abort', outputTokens: 0 });
      expect(outcome.tokens).toBe(0);
      expect(engine.load()).toMatchObject({ runningRequests: 0, kvTokens: 0 });
    });

    describe('odd prompts', () => {
      it.each(['😀', 'größer 日本語 🇬🇧 👩‍👩‍👧', '\u0000', ' ', '\n', '\uD800', 'a\u0301'])(
        '%j gets its answer',
        async (value) => {
          const { tokens, terminal } = await run({ input: text(value), maxOutputTokens: 6 });
          expect(terminal).toMatchObject({ kind: 'finish', reason: 'length' });
          expect(tokens).toBe(6);
        },
      );

      it('an empty list of tokens is refused; an empty text is the begin of a text and nothing else', async () => {
        const none = await run({ input: { kind: 'tokens', tokenIds: [] } });
        expect(none.terminal).toMatchObject({ kind: 'error', code: 'INVALID_REQUEST' });
        const empty = await run({ input: text(''), maxOutputTokens: 2 });
        expect(promptTokensOf(empty)).toBe(1);
        expect(empty.tokens).toBe(2);
      });

      it.each([-1, 1.5, Number.NaN])('token id %d is refused', async (id) => {
        const { terminal } = await run({ input: { kind: 'tokens', tokenIds: [300, id] } });
        expect(terminal).toMatchObject({ kind: 'error', code: 'INVALID_REQUEST' });
      });
    });
  },
);
