import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answer } from '../../../runtime/llm/answer.ts';
import { type AnswerEvent, ProviderChain } from '../../../runtime/llm/chain.ts';
import { createFault } from '../../../runtime/llm/fault.ts';
import { createKeywordProvider } from '../../../runtime/llm/keyword-provider.ts';
import type { Provider, ProviderEvent } from '../../../runtime/llm/provider.ts';
import type { FaultCode } from '../../../vocabulary/faults.ts';
import { completionOf } from '../../contracts/provider.ts';

const TIMEOUTS = { firstTokenMs: 5000, idleMs: 5000, totalMs: 5000 };
const usage = { promptTokens: 3, cachedPromptTokens: 0, outputTokens: 2 };

const STARTED: ProviderEvent = { kind: 'started', engine: 'remote', model: 'm' };
const TEXT: ProviderEvent = { kind: 'text', text: 'a', tokens: 1 };
const FINISH: ProviderEvent = { kind: 'finish', reason: 'stop', usage };
const failing = (code: FaultCode): ProviderEvent => ({ kind: 'failed', fault: createFault(code) });

/** A provider that plays a list of events; `throw` breaks its promise never to throw. */
function scripted(name: string, events: readonly (ProviderEvent | 'throw' | 'silence')[]) {
  let asked = 0;
  let aborted = false;
  const provider: Provider = {
    name,
    kind: 'openai',
    async *complete(_request, { signal }) {
      asked++;
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      for (const event of events) {
        if (event === 'throw') throw new Error('a defect');
        if (event !== 'silence') yield event;
        else
          await new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason)),
          );
      }
    },
    probe: async () => ({ state: 'up', models: [] }),
    close: async () => undefined,
  };
  return { provider, asked: () => asked, aborted: () => aborted };
}

const chainOf = (providers: readonly Provider[], timeouts = TIMEOUTS) =>
  new ProviderChain(providers.map((provider) => ({ provider, timeouts })));

async function run(chain: ProviderChain, signal = new AbortController().signal): Promise<AnswerEvent[]> {
  const events: AnswerEvent[] = [];
  for await (const event of chain.complete(completionOf(), { signal })) events.push(event);
  return events;
}

describe('the provider chain', () => {
  it('holds its grammar for any behaviour of any providers', async () => {
    const behaviour = fc.array(
      fc.constantFrom<ProviderEvent | 'throw'>(
        STARTED,
        TEXT,
        TEXT,
        FINISH,
        failing('provider_error'),
        failing('caller_context_too_long'),
        'throw',
      ),
      { maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(behaviour, { minLength: 1, maxLength: 4 }), async (behaviours) => {
        const events = await run(chainOf(behaviours.map((events, n) => scripted(`p${n}`, events).provider)));
        const grammar = events.map((event) => (event.kind === 'end' ? event.outcome : event.kind)).join(' ');
        expect(grammar).toMatch(/^(refused|selected( text)* (complete|failed_over|incomplete))$/);
        // The first provider whose first decisive event is a text or a finish answers; no other is heard.
        const selected = events.find((event) => event.kind === 'selected');
        const decisive = behaviours.map((list) => list.find((event) => event !== STARTED));
        const first = decisive.findIndex(
          (event) => event === TEXT || event === FINISH || (event !== undefined && isCallers(event)),
        );
        const winner = decisive[first];
        const expected = winner === TEXT || winner === FINISH ? `p${first}` : undefined;
        expect(selected?.answerer.provider).toBe(expected);
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  const isCallers = (event: ProviderEvent | 'throw'): boolean =>
    event !== 'throw' && event.kind === 'failed' && event.fault.code.startsWith('caller_');

  it('asks nobody else once text was sent', async () => {
    const second = scripted('second', [TEXT, FINISH]);
    const first = scripted('first', [STARTED, TEXT, failing('provider_incomplete')]);
    const events = await run(chainOf([first.provider, second.provider]));
    expect(events.at(-1)).toMatchObject({ outcome: 'incomplete', fault: { code: 'provider_incomplete' } });
    expect(second.asked()).toBe(0);
  });

  it('aborts a silent provider at the limit of the first token, and then asks the next', async () => {
    const silent = scripted('silent', ['silence']);
    const timeouts = { firstTokenMs: 30, idleMs: 5000, totalMs: 5000 };
    const chain = chainOf([silent.provider, createKeywordProvider('keyword')], timeouts);
    const events = await run(chain);
    expect(silent.aborted()).toBe(true);
    expect(events[0]).toMatchObject({ kind: 'selected', answerer: { level: 'keyword' } });
    expect(events.at(-1)).toMatchObject({ outcome: 'failed_over' });
  });

  it.each([
    ['idle', { firstTokenMs: 5000, idleMs: 30, totalMs: 5000 }, '30 ms for the next token'],
    ['total', { firstTokenMs: 5000, idleMs: 5000, totalMs: 40 }, '40 ms for the whole answer'],
  ])('names the %s limit that a stalled stream ran into', async (_name, timeouts, words) => {
    const stalled = scripted('stalled', [TEXT, 'silence']);
    const end = (await run(chainOf([stalled.provider], timeouts))).at(-1);
    expect(end).toMatchObject({ outcome: 'incomplete', fault: { code: 'provider_timeout' } });
    expect(JSON.stringify(end)).toContain(words);
  });

  it('stops the provider when its reader stops, and does not hold it against the provider', async () => {
    const silent = scripted('silent', [TEXT, 'silence']);
    const chain = chainOf([silent.provider]);
    for (let n = 0; n < 10; n++) {
      for await (const event of chain.complete(completionOf(), { signal: new AbortController().signal })) {
        if (event.kind === 'text') break;
      }
    }
    expect(silent.asked()).toBe(10);
    expect(silent.aborted()).toBe(true);
  });

  it('a caller that left is not passed on to the next provider', async () => {
    const next = scripted('next', [TEXT, FINISH]);
    const controller = new AbortController();
    const chain = chainOf([scripted('silent', ['silence']).provider, next.provider]);
    setTimeout(() => controller.abort(), 10);
    expect(await run(chain, controller.signal)).toMatchObject([
      { kind: 'refused', fault: { code: 'caller_disconnected' } },
    ]);
    expect(next.asked()).toBe(0);
  });
});

describe('an answer', () => {
  it('counts as orphans all tokens of an undelivered answer whose client left', async () => {
    const controller = new AbortController();
    const orphans: number[] = [];
    setTimeout(() => controller.abort(), 10);
    const result = await answer(
      chainOf([scripted('p', [TEXT, TEXT, TEXT, 'silence']).provider]),
      completionOf(),
      {
        signal: controller.signal,
        observer: {
          answerEnded: () => undefined,
          tokensUsed: () => undefined,
          tokensOrphaned: (tokens) => orphans.push(tokens),
        },
      },
    );
    expect(orphans).toEqual([3]);
    expect(result).toMatchObject({ kind: 'answered', text: 'aaa', end: { outcome: 'incomplete' } });
  });
});
