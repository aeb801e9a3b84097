import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GenerateEvent, GenerateRequest } from '../../../runtime/inference/contract.ts';
import { SimulatedEngine } from '../../../runtime/inference/engines/simulated/simulated-engine.ts';
import { VirtualClock } from '../../../vocabulary/clock.ts';
import { requestOf } from '../../contracts/engine.ts';
import { testProfile } from './simulated-profile.ts';

interface Shape {
  readonly words: number;
  readonly maxOutputTokens: number;
  readonly arriveAtMs: number;
  readonly abortAfterMs?: number | undefined;
  readonly cacheKey?: string;
  readonly temperature: number;
}

interface Replay {
  readonly events: readonly (readonly GenerateEvent[])[];
  readonly load: ReturnType<SimulatedEngine['load']>;
}

const requestFrom = (shape: Shape, i: number): GenerateRequest => {
  const { words, maxOutputTokens, temperature, cacheKey } = shape;
  const text = new Array(words).fill('word').join(' ');
  const { seed: _seed, ...request } = requestOf({ requestId: `r${i}`, maxOutputTokens, temperature });
  return { ...request, input: { kind: 'text', text }, ...(cacheKey === undefined ? {} : { cacheKey }) };
};

/** The whole engine on virtual time: every event of every request, as its reader got them. */
async function replay(shapes: readonly Shape[], seed: number, jitterRatio: number): Promise<Replay> {
  const clock = new VirtualClock();
  const profile = testProfile({ maxSequences: 3, kvCapacityTokens: 1024, maxStepTokens: 64 });
  const engine = new SimulatedEngine({ profile, seed, jitterRatio, maxWaiting: 100, clock });
  const events: GenerateEvent[][] = shapes.map(() => []);
  const ordered = [...shapes.entries()].sort(([, a], [, b]) => a.arriveAtMs - b.arriveAtMs);
  const readers: Promise<void>[] = [];
  for (const [i, shape] of ordered) {
    await clock.advanceTo(shape.arriveAtMs);
    const controller = new AbortController();
    const { abortAfterMs } = shape;
    if (abortAfterMs !== undefined) {
      void clock.sleepUntil(shape.arriveAtMs + abortAfterMs).then(() => controller.abort());
    }
    const stream = engine.generate(requestFrom(shape, i), controller.signal);
    readers.push(
      (async () => {
        for await (const event of stream) events[i]?.push(event);
      })(),
    );
  }
  await clock.advanceTo(10_000);
  await Promise.all(readers);
  const load = engine.load();
  await engine.close(0);
  return { events, load };
}

const shapes = fc.array(
  fc.record({
    words: fc.integer({ min: 1, max: 200 }),
    maxOutputTokens: fc.integer({ min: 1, max: 30 }),
    arriveAtMs: fc.integer({ min: 0, max: 80 }),
    abortAfterMs: fc.option(fc.integer({ min: 0, max: 120 }), { nil: undefined }),
    temperature: fc.constantFrom(0, 1),
  }),
  { minLength: 1, maxLength: 10 },
);

const isTerminal = (event: GenerateEvent): boolean => event.kind === 'finish' || event.kind === 'error';
const tokensOf = (events: readonly GenerateEvent[]): number =>
  events.reduce((sum, event) => sum + (event.kind === 'chunk' ? event.tokenIds.length : 0), 0);
const FIXED: readonly Shape[] = [0, 5, 5, 20, 21].map((arriveAtMs, i) => ({
  arriveAtMs,
  words: 30 + 20 * i,
  maxOutputTokens: 12,
  temperature: 1,
}));

describe('the simulated engine replayed on virtual time', () => {
  it('each accepted request has one prompt, one terminal at its end, and as many tokens as that says', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (mix) => {
        const { events, load } = await replay(mix, 1, 0);
        for (const [i, seen] of events.entries()) {
          expect(seen.filter(isTerminal)).toHaveLength(1);
          const [first, last] = [seen[0], seen.at(-1)];
          expect(first).toEqual({ kind: 'prompt', promptTokens: mix[i]?.words });
          if (last?.kind !== 'finish') throw new Error('no finish');
          expect(tokensOf(seen)).toBe(last.outputTokens);
          const asked = mix[i]?.maxOutputTokens;
          if (last.reason === 'length') expect(last.outputTokens).toBe(asked);
          else expect(last.reason === 'abort' && mix[i]?.abortAfterMs !== undefined).toBe(true);
        }
        expect(load).toMatchObject({ runningRequests: 0, waitingRequests: 0, kvTokens: 0 });
      }),
      { numRuns: 25 },
    );
  });

  it('without jitter the seed moves no step: times are the same for every seed', async () => {
    const timings = async (seed: number) =>
      (await replay(FIXED, seed, 0)).events.map((seen) => {
        const last = seen.at(-1);
        return last?.kind === 'finish' ? last.timings : undefined;
      });
    const first = await timings(1);
    expect(first).not.toContain(undefined);
    expect(await timings(2)).toEqual(first);
    expect(await timings(3)).toEqual(first);
  });

  it.each([0, 0.15])(
    'the same seed gives the same bytes at jitter %f, another seed others',
    async (jitter) => {
      const bytes = async (seed: number): Promise<string> =>
        JSON.stringify((await replay(FIXED, seed, jitter)).events);
      const first = await bytes(42);
      expect(first.length).toBeGreaterThan(1_000);
      expect(await bytes(42)).toBe(first);
      expect(await bytes(43)).not.toBe(first);
    },
  );

  it('a request with its own seed says the same whatever the engine’s seed and company', async () => {
    const text = async (seed: number, others: readonly Shape[]): Promise<string> => {
      const mix = [{ ...FIXED[0], temperature: 0 } as Shape, ...others];
      const seen = (await replay(mix, seed, 0)).events[0] ?? [];
      return seen.map((event) => (event.kind === 'chunk' ? event.text : '')).join('');
    };
    expect(await text(1, [])).toBe(await text(9, FIXED.slice(1)));
  });
});
