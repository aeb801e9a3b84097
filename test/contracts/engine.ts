import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  EngineLoad,
  GenerateEvent,
  GenerateRequest,
  GenerateTimings,
} from '../../runtime/inference/contract.ts';

/** What the suite drives: an engine itself, or one behind a gRPC server and client. */
export interface EngineUnderTest {
  generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent>;
  load(): Promise<EngineLoad>;
  close(graceMs: number): Promise<void>;
  readonly contextTokens: number;
  readonly maxSequences: number;
  readonly maxWaiting: number;
}

export type EngineFactory = () => Promise<EngineUnderTest>;

/** Everything one request did. */
export interface Outcome {
  readonly events: readonly GenerateEvent[];
  readonly text: string;
  readonly tokens: number;
  readonly terminal: Extract<GenerateEvent, { kind: 'finish' | 'error' }>;
}

let requests = 0;

export const requestOf = (changes: Partial<GenerateRequest> = {}): GenerateRequest => ({
  requestId: `request-${++requests}`,
  input: { kind: 'text', text: 'USER: hello, I need help with my bill please\nAGENT:' },
  maxOutputTokens: 12,
  temperature: 0.8,
  topP: 0.95,
  seed: 7,
  stop: [],
  ignoreEos: true,
  ...changes,
});

export async function collect(events: AsyncIterable<GenerateEvent>): Promise<Outcome> {
  const all: GenerateEvent[] = [];
  for await (const event of events) all.push(event);
  const chunks = all.filter((event) => event.kind === 'chunk');
  const terminal = all.at(-1);
  if (terminal?.kind !== 'finish' && terminal?.kind !== 'error') throw new Error('no terminal event');
  return {
    events: all,
    text: chunks.map((chunk) => chunk.text).join(''),
    tokens: chunks.reduce((sum, chunk) => sum + chunk.tokenIds.length, 0),
    terminal,
  };
}

const idle = (): AbortSignal => new AbortController().signal;
const LONG = 200;

const areFinite = (timings: GenerateTimings): boolean =>
  Object.values(timings).every((value) => Number.isFinite(value) && value >= 0);

async function untilLoad(engine: EngineUnderTest, holds: (load: EngineLoad) => boolean): Promise<EngineLoad> {
  for (let tries = 0; tries < 200; tries++) {
    const load = await engine.load();
    if (holds(load)) return load;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return engine.load();
}

/** Reads until the first chunk and gives the rest of the stream to go on with. */
async function untilFirstChunk(events: AsyncIterable<GenerateEvent>): Promise<AsyncIterator<GenerateEvent>> {
  const iterator = events[Symbol.asyncIterator]();
  for (;;) {
    const result = await iterator.next();
    if (result.done || result.value.kind === 'chunk') return iterator;
  }
}

/** The contract that every engine keeps, directly and over gRPC. One engine serves all but the last tests. */
export function describeEngineContract(name: string, factory: EngineFactory): void {
  describe(`${name} keeps the engine contract`, () => {
    let engine: EngineUnderTest;
    beforeAll(async () => {
      engine = await factory();
    });
    afterAll(() => engine.close(0));
    const run = (changes: Partial<GenerateRequest> = {}): Promise<Outcome> =>
      collect(engine.generate(requestOf(changes), idle()));

    it('says prompt first, then chunks, then exactly one terminal', async () => {
      const { events } = await run();
      expect(events[0]).toMatchObject({ kind: 'prompt' });
      expect(events.slice(1, -1).every((event) => event.kind === 'chunk')).toBe(true);
      expect(events.filter((event) => event.kind === 'finish' || event.kind === 'error')).toHaveLength(1);
      expect(events.at(-1)).toMatchObject({ kind: 'finish', reason: 'length' });
    });

    it.each([1, 2, 33])('makes exactly %i tokens when it ignores the end', async (maxOutputTokens) => {
      const { tokens, terminal } = await run({ maxOutputTokens });
      expect(tokens).toBe(maxOutputTokens);
      expect(terminal).toMatchObject({ kind: 'finish', reason: 'length', outputTokens: maxOutputTokens });
    });

    it('reports finite, non-negative timings that add up to no more than the wall time', async () => {
      const startedAtMs = performance.now();
      const { terminal } = await run({ maxOutputTokens: 20 });
      const wallMs = performance.now() - startedAtMs;
      if (terminal.kind !== 'finish') throw new Error(terminal.message);
      const { timings } = terminal;
      expect(areFinite(timings)).toBe(true);
      expect(timings.batchSequences).toBeGreaterThanOrEqual(1);
      const sumMs = timings.queueWaitMs + timings.prefillMs + timings.decodeMs;
      expect(sumMs).toBeGreaterThan(0);
      expect(sumMs).toBeLessThanOrEqual(wallMs + 5);
    });

    it('gives the same text for the same seed and another for another seed', async () => {
      const [a, b, c] = [await run({ seed: 11 }), await run({ seed: 11 }), await run({ seed: 12 })];
      expect(a.text).toBe(b.text);
      expect(a.text.length).toBeGreaterThan(0);
      expect(c.text).not.toBe(a.text);
    });

    it('is deterministic at temperature 0 whatever the seed', async () => {
      const greedy = { temperature: 0, maxOutputTokens: 8 };
      expect((await run({ ...greedy, seed: 1 })).text).toBe((await run({ ...greedy, seed: 2 })).text);
    });

    it('ends at a stop string and does not show it', async () => {
      const whole = await run({ seed: 3, maxOutputTokens: 30 });
      const words = whole.text.trim().split(/\s+/);
      const stop = words[2] ?? '';
      const cut = await run({ seed: 3, maxOutputTokens: 30, stop: [stop] });
      expect(stop.length).toBeGreaterThan(0);
      expect(cut.terminal).toMatchObject({ kind: 'finish', reason: 'stop' });
      expect(cut.text).toBe(whole.text.slice(0, whole.text.indexOf(stop)));
      expect(cut.tokens).toBeLessThan(30);
    });

    it('counts the tokens of a prompt the same every time, and more for a longer one', async () => {
      const promptTokens = async (text: string): Promise<number> => {
        const [first] = (await run({ input: { kind: 'text', text }, maxOutputTokens: 1 })).events;
        return first?.kind === 'prompt' ? first.promptTokens : 0;
      };
      const short = await promptTokens('one two three');
      expect(await promptTokens('one two three')).toBe(short);
      expect(await promptTokens('one two three four five six')).toBeGreaterThan(short);
    });

    it('takes a chat and token ids', async () => {
      const messages = [{ role: 'user', content: 'hello there' }] as const;
      expect((await run({ input: { kind: 'chat', messages } })).tokens).toBe(12);
      const ids = await run({ input: { kind: 'tokens', tokenIds: [5, 6, 7] } });
      expect(ids.events[0]).toEqual({ kind: 'prompt', promptTokens: 3 });
      expect(ids.tokens).toBe(12);
    });

    it('serves more requests than it has sequences, all to their end', async () => {
      const count = engine.maxSequences + engine.maxWaiting;
      const all = await Promise.all(
        Array.from({ length: count }, (_, seed) => run({ seed, maxOutputTokens: 9 })),
      );
      expect(all.map((outcome) => outcome.tokens)).toEqual(new Array(count).fill(9));
      expect(all.every(({ terminal }) => terminal.kind === 'finish')).toBe(true);
    });

    it('answers the same alone and in a batch of others', async () => {
      const alone = await run({ seed: 21, temperature: 0 });
      const [together] = await Promise.all([
        run({ seed: 21, temperature: 0 }),
        run({ seed: 22 }),
        run({ seed: 23 }),
      ]);
      expect(together?.text).toBe(alone.text);
    });

    it('refuses more than may run and wait, and serves again afterwards', async () => {
      const places = engine.maxSequences + engine.maxWaiting;
      const controller = new AbortController();
      const held = Array.from({ length: places }, () =>
        collect(engine.generate(requestOf({ maxOutputTokens: LONG }), controller.signal)),
      );
      await untilLoad(engine, (load) => load.runningRequests + load.waitingRequests === places);
      expect((await run()).terminal).toMatchObject({ kind: 'error', code: 'OVERLOADED' });
      controller.abort();
      await Promise.all(held);
      await untilLoad(engine, (load) => load.runningRequests === 0);
      expect((await run()).terminal.kind).toBe('finish');
    });

    it('refuses a second request with a running id', async () => {
      const controller = new AbortController();
      const request = requestOf({ maxOutputTokens: LONG });
      const first = engine.generate(request, controller.signal);
      const rest = await untilFirstChunk(first);
      expect((await collect(engine.generate(request, idle()))).terminal).toMatchObject({
        kind: 'error',
        code: 'DUPLICATE_REQUEST',
      });
      controller.abort();
      for (let result = await rest.next(); !result.done; result = await rest.next());
      await untilLoad(engine, (load) => load.runningRequests === 0);
      expect(
        (await collect(engine.generate(requestOf({ requestId: request.requestId }), idle()))).tokens,
      ).toBe(12);
    });

    it('refuses what exceeds the context, prompt and answer together', async () => {
      const text = 'word '.repeat(engine.contextTokens);
      const tooLong = { kind: 'error', code: 'CONTEXT_TOO_LONG' };
      expect((await run({ input: { kind: 'text', text } })).terminal).toMatchObject(tooLong);
      expect((await run({ maxOutputTokens: engine.contextTokens })).terminal).toMatchObject(tooLong);
    });

    it('ends an aborted request with reason abort and frees its place and memory', async () => {
      const controller = new AbortController();
      const request = requestOf({ maxOutputTokens: LONG });
      const events: GenerateEvent[] = [];
      for await (const event of engine.generate(request, controller.signal)) {
        events.push(event);
        if (event.kind === 'chunk') controller.abort();
      }
      expect(events.at(-1)).toMatchObject({ kind: 'finish', reason: 'abort' });
      expect(events.length).toBeLessThan(LONG);
      expect(await untilLoad(engine, (load) => load.runningRequests === 0)).toMatchObject({
        runningRequests: 0,
        waitingRequests: 0,
        kvTokens: 0,
      });
    });

    it('frees the place of a reader that leaves without a word', async () => {
      for await (const event of engine.generate(requestOf({ maxOutputTokens: LONG }), idle())) {
        if (event.kind === 'chunk') break;
      }
      expect((await untilLoad(engine, (load) => load.runningRequests === 0)).runningRequests).toBe(0);
    });

    it('gives up at once when the signal was aborted before', async () => {
      const { terminal, tokens } = await collect(engine.generate(requestOf(), AbortSignal.abort()));
      expect(terminal).toMatchObject({ kind: 'finish', reason: 'abort', outputTokens: 0 });
      expect(tokens).toBe(0);
    });

    it('counts tokens in use while it runs and its capacity always', async () => {
      await untilLoad(engine, (now) => now.runningRequests === 0);
      const controller = new AbortController();
      const rest = await untilFirstChunk(
        engine.generate(requestOf({ maxOutputTokens: LONG }), controller.signal),
      );
      const load = await engine.load();
      expect(load.runningRequests).toBe(1);
      expect(load.kvTokens).toBeGreaterThan(0);
      expect(load.kvCapacityTokens).toBeGreaterThanOrEqual(load.kvTokens);
      controller.abort();
      for (let result = await rest.next(); !result.done; result = await rest.next());
      await untilLoad(engine, (now) => now.runningRequests === 0);
    });

    it('reuses the history of an interaction and only of that one', async () => {
      const history = `USER: ${'my account number is five six seven and '.repeat(6)}\nAGENT:`;
      const ask = async (text: string, cacheKey: string): Promise<{ cached: number; text: string }> => {
        const outcome = await run({ input: { kind: 'text', text }, cacheKey, temperature: 0 });
        if (outcome.terminal.kind !== 'finish') throw new Error(outcome.terminal.message);
        return { cached: outcome.terminal.timings.cachedPromptTokens, text: outcome.text };
      };
      const key = `interaction-${++requests}`;
      const first = await ask(history, key);
      expect(first.cached).toBe(0);
      const longer = `${history}${first.text} USER: and one more thing\nAGENT:`;
      const second = await ask(longer, key);
      expect(second.cached).toBeGreaterThan(16);
      const fresh = await ask(longer, `other-${requests}`);
      expect(fresh.cached).toBe(0);
      expect(fresh.text).toBe(second.text);
    });
  });

  describe(`${name} closes well`, () => {
    it('lets a running request end within the grace and refuses new ones', async () => {
      const engine = await factory();
      const running = collect(engine.generate(requestOf({ maxOutputTokens: 30 }), idle()));
      await untilLoad(engine, (load) => load.runningRequests === 1);
      const closing = engine.close(10_000);
      expect((await collect(engine.generate(requestOf(), idle()))).terminal).toMatchObject({
        kind: 'error',
        code: 'DRAINING',
      });
      expect((await running).tokens).toBe(30);
      await closing;
      await engine.close(0);
    });

    it('cuts what is still running after the grace', async () => {
      const engine = await factory();
      const running = collect(engine.generate(requestOf({ maxOutputTokens: LONG }), idle()));
      await untilLoad(engine, (load) => load.runningRequests === 1);
      await engine.close(0);
      expect((await running).terminal).toMatchObject({ kind: 'finish', reason: 'abort' });
    });
  });
}
