import { describe, expect, it } from 'vitest';
import { answer } from '../../../runtime/llm/answer.ts';
import { AnswerCache, type CacheOptions, type KeptAnswer } from '../../../runtime/llm/answer-cache.ts';
import { ProviderChain } from '../../../runtime/llm/chain.ts';
import { SILENT_LLM_OBSERVER } from '../../../runtime/llm/llm-observer.ts';
import type { CompletionRequest } from '../../../runtime/llm/provider.ts';
import { VirtualClock } from '../../../vocabulary/clock.ts';
import { completionOf } from '../../contracts/provider.ts';
import { endOf, failing, GOOD, run, STARTED, scripted, TIMEOUTS, text } from './scripted-provider.ts';

const OPTIONS: CacheOptions = { maxEntries: 100, maxBytes: 1e6, ttlMs: 1000 };
const KEPT: KeptAnswer = {
  text: 'kept',
  reason: 'stop',
  usage: { promptTokens: 1, cachedPromptTokens: 0, outputTokens: 1 },
  answerer: { provider: 'p', providerKind: 'openai', engine: 'remote', model: 'm', level: 'primary' },
};

const open = (options: Partial<CacheOptions> = {}, clock = new VirtualClock()) =>
  new AnswerCache({ ...OPTIONS, ...options }, 'p/m', clock);

describe('the key', () => {
  const base = { seed: 1, cacheKey: 'x', requestId: 'r' };
  const keyOf = (more: Partial<CompletionRequest> = {}) => open().keyOf(completionOf({ ...base, ...more }));

  it.each<Partial<CompletionRequest>>([
    { tenant: 'other' },
    { messages: [{ role: 'system', content: 'hello, I want a refund' }] },
    { messages: [{ role: 'user', content: 'hello, I want a refund ' }] },
    {
      messages: [
        { role: 'user', content: 'hello, ' },
        { role: 'user', content: 'I want a refund' },
      ],
    },
    { maxOutputTokens: 7 },
    { temperature: 0.1 },
    { topP: 0.9 },
    { seed: 2 },
    { stop: ['a'] },
    { stop: ['a', 'b'] },
  ])('changes with %o', (more) => {
    expect(keyOf(more)).toMatch(/^[\w+/]{43}=$/);
    expect(keyOf(more)).not.toBe(keyOf());
  });

  it('does not change with what the answer does not depend on, but with the models of the chain', () => {
    expect(keyOf({ requestId: 'q', cacheKey: 'y', traceparent: 't' })).toBe(keyOf());
    const other = new AnswerCache(OPTIONS, 'p/n', new VirtualClock());
    expect(other.keyOf(completionOf(base))).not.toBe(keyOf());
  });

  it('is there only for requests whose answer is meant to be the same each time', () => {
    const of = (more: Partial<CompletionRequest>) => open().keyOf(completionOf(more)) !== undefined;
    expect(of({ temperature: 0 })).toBe(true);
    expect(of({ temperature: 0.7 })).toBe(false);
    expect(of({ temperature: 0.7, seed: 3 })).toBe(true);
    expect(of({ temperature: 0, ignoreEos: true })).toBe(false);
    expect(of({ temperature: 0, cacheable: false })).toBe(false);
  });
});

describe('what is kept', () => {
  it('goes least recently used first, within entries and bytes, and after its time', async () => {
    const cache = open({ maxEntries: 2 });
    cache.set('a', KEPT);
    cache.set('b', KEPT);
    expect(cache.get('a')).toBe(KEPT);
    cache.set('c', KEPT);
    expect([cache.get('b'), cache.get('a'), cache.get('c')]).toEqual([undefined, KEPT, KEPT]);

    const small = open({ maxBytes: 3000 });
    for (const key of ['a', 'b', 'c']) small.set(key, { ...KEPT, text: 'x'.repeat(400) });
    expect([small.entries, small.get('a')]).toEqual([2, undefined]);
    expect(small.bytes).toBeLessThanOrEqual(3000);
    small.set('d', { ...KEPT, text: 'x'.repeat(4000) });
    expect([small.entries, small.get('d')]).toEqual([2, undefined]);

    const clock = new VirtualClock();
    const short = open({}, clock);
    short.set('a', KEPT);
    await clock.advanceTo(999);
    expect(short.get('a')).toBe(KEPT);
    await clock.advanceTo(1000);
    expect([short.get('a'), short.entries, short.bytes]).toEqual([undefined, 0, 0]);
  });
});

describe('a chain with a cache', () => {
  function chainOf(scripts: Parameters<typeof scripted>[1], second = false) {
    const first = scripted('p', scripts);
    const backup = scripted('q', () => GOOD);
    const looks: boolean[] = [];
    const events = { ...SILENT_LLM_OBSERVER, cacheLooked: (wasHit: boolean) => void looks.push(wasHit) };
    const providers = second ? [first, backup] : [first];
    const members = providers.map((provider) => ({ provider, timeouts: TIMEOUTS }));
    return {
      first,
      backup,
      looks,
      chain: new ProviderChain(members, { cache: OPTIONS, events, clock: new VirtualClock() }),
    };
  }

  it('gives the whole answer again without asking, says so, and spends nothing', async () => {
    const { chain, first, looks } = chainOf(() => GOOD);
    const [fresh, again] = [await run(chain), await run(chain)];
    expect([endOf(fresh), endOf(again), first.asked.length]).toEqual(['complete', 'complete', 1]);
    const textOf = (events: typeof fresh) =>
      events.map((event) => (event.kind === 'text' ? event.text : '')).join('');
    expect(textOf(again)).toBe(textOf(fresh));
    expect(again[0]).toMatchObject({ kind: 'selected', answerer: { provider: 'p', cached: true } });
    expect(fresh[0]).not.toHaveProperty('answerer.cached');
    expect(again.at(-1)).toMatchObject({
      usage: { promptTokens: 100 },
      spent: { inputTokens: 0, costUsd: 0 },
    });
    await run(chain, { tenant: 'other' });
    expect([first.asked.length, looks]).toEqual([2, [false, true, false]]);
  });

  it('keeps no answer that was cut, and none of a fallback, which would outlive the outage', async () => {
    const cut = chainOf((n) => (n === 1 ? [STARTED, text('a'), failing('provider_incomplete')] : GOOD));
    expect([endOf(await run(cut.chain)), endOf(await run(cut.chain))]).toEqual(['incomplete', 'complete']);
    const down = chainOf((n) => (n === 1 ? [failing('provider_error')] : GOOD), true);
    expect([endOf(await run(down.chain)), endOf(await run(down.chain))]).toEqual(['failed_over', 'complete']);
    expect(down.first.asked).toHaveLength(2);
  });

  it('a reader that leaves in the middle leaves nothing half behind', async () => {
    const { chain, first } = chainOf(() => GOOD);
    for await (const event of chain.complete(completionOf(), { signal: new AbortController().signal })) {
      if (event.kind === 'text') break;
    }
    expect(endOf(await run(chain))).toBe('complete');
    expect(first.asked).toHaveLength(2);
  });

  it('tokens of a hit are not counted as used', async () => {
    const { chain } = chainOf(() => GOOD);
    let tokens = 0;
    const observer = {
      answerEnded: () => undefined,
      tokensUsed: (usage: { outputTokens: number }) => {
        tokens += usage.outputTokens;
      },
      tokensOrphaned: () => undefined,
    };
    const options = { signal: new AbortController().signal, observer };
    for (let n = 0; n < 3; n++) await answer(chain, completionOf(), options);
    expect(tokens).toBe(2);
  });
});
