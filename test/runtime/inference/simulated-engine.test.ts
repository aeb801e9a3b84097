import { afterEach, describe, expect, it } from 'vitest';
import type { GenerateEvent, GenerateRequest } from '../../../runtime/inference/contract.ts';
import {
  SimulatedEngine,
  type SimulatedEngineOptions,
} from '../../../runtime/inference/engines/simulated/simulated-engine.ts';
import { drawAnswer, tokenizeWords, wordId } from '../../../runtime/inference/engines/simulated/words.ts';
import { VirtualClock } from '../../../vocabulary/clock.ts';
import { createRandom } from '../../../vocabulary/random.ts';
import { collect, requestOf } from '../../contracts/engine.ts';
import { testProfile } from './simulated-profile.ts';

const BASE_MS = 20;
const profile = testProfile({
  stepCost: { baseMs: BASE_MS, perSequenceMs: 0, perPrefillTokenMs: 0, perKvTokenMs: 0 },
});

const engines: SimulatedEngine[] = [];
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close(0);
});

function onVirtualTime(changes: Partial<SimulatedEngineOptions> = {}) {
  const clock = new VirtualClock();
  const engine = new SimulatedEngine({ profile, seed: 1, maxWaiting: 8, clock, ...changes });
  engines.push(engine);
  return { clock, engine };
}

/** Reads in the background and notes when each event came, on the engine's clock. */
function watch(clock: VirtualClock, events: AsyncIterable<GenerateEvent>) {
  const seen: { atMs: number; event: GenerateEvent }[] = [];
  const reading = (async () => {
    for await (const event of events) seen.push({ atMs: clock.nowMs(), event });
  })();
  return { seen, reading };
}

const generate = (engine: SimulatedEngine, changes: Partial<GenerateRequest> = {}) =>
  engine.generate(requestOf(changes), new AbortController().signal);

describe('the simulated engine on virtual time', () => {
  it('gives one token per chunk, one step apart', async () => {
    const { clock, engine } = onVirtualTime();
    const { seen, reading } = watch(clock, generate(engine, { maxOutputTokens: 5 }));
    await clock.advanceTo(1_000);
    await reading;
    const chunks = seen.filter(({ event }) => event.kind === 'chunk');
    expect(chunks.map(({ atMs }) => atMs)).toEqual([20, 40, 60, 80, 100]);
    expect(chunks.every(({ event }) => event.kind === 'chunk' && event.tokenIds.length === 1)).toBe(true);
    expect(seen.at(-1)?.event).toMatchObject({
      kind: 'finish',
      timings: { queueWaitMs: 0, prefillMs: 20, decodeMs: 80 },
    });
  });

  it('admits a request that comes in the middle of a step at its end', async () => {
    const { clock, engine } = onVirtualTime();
    const first = watch(clock, generate(engine, { maxOutputTokens: 10 }));
    await clock.advanceTo(50);
    const second = watch(clock, generate(engine, { maxOutputTokens: 1 }));
    await clock.advanceTo(1_000);
    await Promise.all([first.reading, second.reading]);
    expect(second.seen.at(-1)).toMatchObject({
      atMs: 80,
      event: { kind: 'finish', timings: { queueWaitMs: 10, prefillMs: 20, batchSequences: 2 } },
    });
  });

  it('starts at once after being idle', async () => {
    const { clock, engine } = onVirtualTime();
    await clock.advanceTo(12_345);
    const { seen, reading } = watch(clock, generate(engine, { maxOutputTokens: 1 }));
    await clock.advanceTo(20_000);
    await reading;
    expect(seen.at(-1)?.atMs).toBe(12_345 + BASE_MS);
  });

  it('wakes for a request that is ready only after its overhead', async () => {
    const { clock, engine } = onVirtualTime({ profile: { ...profile, requestOverheadMs: 7 } });
    const { seen, reading } = watch(clock, generate(engine, { maxOutputTokens: 1 }));
    await clock.advanceTo(1_000);
    await reading;
    expect(seen.at(-1)).toMatchObject({ atMs: 27, event: { timings: { queueWaitMs: 0, prefillMs: 27 } } });
  });

  it('counts what it made for a reader that left', async () => {
    const { clock, engine } = onVirtualTime();
    const iterator = engine
      .generate(requestOf({ maxOutputTokens: 50 }), new AbortController().signal)
      [Symbol.asyncIterator]();
    await clock.advanceTo(60);
    await iterator.next();
    await iterator.return?.();
    // Three chunks were waiting to be read and one more was in the making.
    expect(engine.load()).toMatchObject({ runningRequests: 0, kvTokens: 0, orphanOutputTokens: 4 });
  });

  it('varies its steps by the jitter asked for, around the same mean, the same for the same seed', async () => {
    const decodeMs = async (seed: number): Promise<number> => {
      const { clock, engine } = onVirtualTime({ jitterRatio: 0.2, seed });
      const { seen, reading } = watch(clock, generate(engine, { maxOutputTokens: 1_001 }));
      await clock.advanceTo(60_000);
      await reading;
      const end = seen.at(-1)?.event;
      return end?.kind === 'finish' ? end.timings.decodeMs : 0;
    };
    const [a, b, c] = [await decodeMs(1), await decodeMs(1), await decodeMs(2)];
    expect(a).toBe(b);
    expect(a).not.toBe(c);
    // 1000 steps of 20 ms with deviation 4 ms: the sum deviates by 126 ms.
    expect(Math.abs(a - 20_000)).toBeLessThan(4 * 127);
  });

  it('refuses what its KV cache could never hold', async () => {
    const { engine } = onVirtualTime({ profile: { ...profile, kvCapacityTokens: 64 } });
    const { terminal } = await collect(generate(engine, { maxOutputTokens: 100 }));
    expect(terminal).toMatchObject({ kind: 'error', code: 'CONTEXT_TOO_LONG' });
    expect(engine.load().waitingRequests).toBe(0);
  });
});

/** Wakes every sleeper a fixed time late, as coarse timers do, and once after a stall of the whole machine. */
class LateClock extends VirtualClock {
  static readonly LATE_MS = 0.9;
  static readonly STALL_MS = 25;
  #sleeps = 0;
  #lateNowMs = 0;

  override nowMs(): number {
    return this.#lateNowMs;
  }

  override async sleepUntil(atMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const stallMs = this.#sleeps++ === 100 ? LateClock.STALL_MS : 0;
    this.#lateNowMs = Math.max(this.#lateNowMs, atMs) + LateClock.LATE_MS + stallMs;
    // A timer ends in a round of its own: readers come in between.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('the simulated engine on timers that are late', () => {
  it('keeps its pace over hundreds of steps: lateness does not add up', async () => {
    const clock = new LateClock();
    const stepMs = 1.7;
    const { engine } = onVirtualTime({
      clock,
      profile: testProfile({
        stepCost: { baseMs: stepMs, perSequenceMs: 0, perPrefillTokenMs: 0, perKvTokenMs: 0 },
      }),
    });
    const startedAtMs = clock.nowMs();
    await collect(generate(engine, { maxOutputTokens: 300 }));
    // The stall is caught up with; late steps one after the other would take 300 times 2.6 ms, and the stall.
    expect(clock.nowMs() - startedAtMs).toBeCloseTo(300 * stepMs + LateClock.LATE_MS, 6);
  });
});

describe('the declared tokenizer', () => {
  it('counts words, of chats their contents only', () => {
    expect(tokenizeWords({ kind: 'text', text: '  one two\n three ' })).toHaveLength(3);
    const messages = [
      { role: 'system', content: 'be kind' },
      { role: 'user', content: 'hi' },
    ] as const;
    expect(tokenizeWords({ kind: 'chat', messages })).toEqual(['be', 'kind', 'hi'].map(wordId));
    expect(tokenizeWords({ kind: 'tokens', tokenIds: [3, 4] })).toEqual([3, 4]);
  });

  it('gives its own words the ids that they have in a later prompt', () => {
    const { words, tokenIds } = drawAnswer(requestOf({ maxOutputTokens: 50 }), [1, 2], createRandom(1));
    expect(tokenizeWords({ kind: 'text', text: words.join(' ') })).toEqual(tokenIds);
  });

  it('ends answers by itself with a median of 60 words unless told to go on', () => {
    const lengths = Array.from({ length: 2_001 }, (_, seed) => {
      const request = requestOf({ seed, ignoreEos: false, maxOutputTokens: 10_000 });
      return drawAnswer(request, [1], createRandom(1)).words.length;
    }).sort((a, b) => a - b);
    expect(lengths[1_000]).toBeGreaterThan(55);
    expect(lengths[1_000]).toBeLessThan(65);
    const cut = drawAnswer(requestOf({ ignoreEos: false, maxOutputTokens: 2 }), [1], createRandom(1));
    expect(cut).toMatchObject({ reason: 'length' });
  });
});
