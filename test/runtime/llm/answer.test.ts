import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type AnswerObserver, type AnswerSink, answer, endAnswer } from '../../../runtime/llm/answer.ts';
import { type Answerer, ProviderChain } from '../../../runtime/llm/chain.ts';
import { createFault, FaultError } from '../../../runtime/llm/fault.ts';
import type { CompletionRequest, Provider, ProviderEvent } from '../../../runtime/llm/provider.ts';

const REQUEST: CompletionRequest = {
  requestId: 'r',
  messages: [{ role: 'user', content: 'x' }],
  maxOutputTokens: 10,
  temperature: 0,
  topP: 1,
  stop: [],
  ignoreEos: false,
  tenant: 'default',
};
const TIMEOUTS = { firstTokenMs: 5000, idleMs: 5000, totalMs: 5000 };
const text = (value: string): ProviderEvent => ({ kind: 'text', text: value, tokens: 1 });
const FINISH: ProviderEvent = {
  kind: 'finish',
  reason: 'stop',
  usage: { promptTokens: 3, cachedPromptTokens: 0, outputTokens: 2 },
};
const FAILED: ProviderEvent = { kind: 'failed', fault: createFault('provider_error') };

/** A provider that says what it was given, or throws at the end of it. */
const scripted = (name: string, events: readonly ProviderEvent[], throws = false): Provider => ({
  name,
  kind: 'openai',
  async *complete() {
    yield* events;
    if (throws) throw new Error('broken');
  },
  probe: async () => ({ state: 'up', models: [] }),
  close: async () => undefined,
});

function record() {
  const seen = { ended: [] as string[], used: 0, orphans: 0, begun: 0, text: '' };
  const observer: AnswerObserver = {
    answerEnded: (outcome) => void seen.ended.push(outcome),
    tokensUsed: (usage) => {
      seen.used += usage.outputTokens;
    },
    tokensOrphaned: (tokens) => {
      seen.orphans += tokens;
    },
  };
  const sink: AnswerSink = {
    begin: (_answerer: Answerer) => {
      seen.begun++;
    },
    text: (value) => {
      seen.text += value;
    },
    hold: () => undefined,
  };
  return { seen, observer, sink };
}

const chainOf = (...providers: Provider[]) =>
  new ProviderChain(providers.map((provider) => ({ provider, timeouts: TIMEOUTS })));

it('whatever a provider does, an answer that began ends in exactly one outcome, and one that did not in none', async () => {
  const events = fc.array(fc.constantFrom<ProviderEvent>(text('a'), text('b'), FINISH, FAILED), {
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(events, fc.boolean(), events, fc.boolean(), async (first, throws, second, throwsToo) => {
      const { seen, observer, sink } = record();
      const chain = chainOf(scripted('first', first, throws), scripted('second', second, throwsToo));
      const result = await answer(chain, REQUEST, { signal: new AbortController().signal, observer, sink });
      // Nothing is counted before whoever asked knows that the answer stands.
      expect(seen.ended).toEqual([]);
      expect(endAnswer(observer, result)).toEqual(result);
      expect(seen.ended.length).toBe(seen.begun);
      expect(seen.begun).toBeLessThanOrEqual(1);
      expect(result.kind === 'answered').toBe(seen.begun === 1);
      if (result.kind === 'refused') expect(seen.text).toBe('');
      else {
        expect(result.text).toBe(seen.text);
        expect(seen.ended).toEqual([result.end.outcome]);
        // Never a clean end on a cut stream.
        const script = result.answerer.provider === 'first' ? first : second;
        const terminal = script.find(({ kind }) => kind === 'finish' || kind === 'failed');
        const whole = result.answerer.provider === 'first' ? 'complete' : 'failed_over';
        expect(result.end.outcome).toBe(terminal?.kind === 'finish' ? whole : 'incomplete');
        expect(seen.used).toBe(terminal?.kind === 'finish' ? 2 : 0);
      }
    }),
    { seed: 5, numRuns: 500 },
  );
});

it('counts what came for a reader that had left, and shows it nothing of that', async () => {
  const { seen, observer, sink } = record();
  const leaving = new AbortController();
  const stubborn: Provider = {
    ...scripted('stubborn', []),
    async *complete() {
      yield text('seen ');
      leaving.abort(new FaultError(createFault('caller_disconnected')));
      yield text('late');
      yield text('later');
      yield FINISH;
    },
  };
  endAnswer(observer, await answer(chainOf(stubborn), REQUEST, { signal: leaving.signal, observer, sink }));
  expect(seen.text).toBe('seen ');
  expect(seen.orphans).toBe(2);
  expect(seen.ended).toHaveLength(1);
});

it('asks for no more while the reader is behind', async () => {
  const { observer, sink } = record();
  let produced = 0;
  const eager: Provider = {
    ...scripted('eager', []),
    async *complete() {
      for (let index = 0; index < 5; index++) {
        produced++;
        yield text('x');
      }
      yield FINISH;
    },
  };
  let resume: () => void = () => undefined;
  const behind = new Promise<void>((resolve) => {
    resume = resolve;
  });
  const slow: AnswerSink = { ...sink, hold: () => (produced === 2 ? behind : undefined) };
  const running = answer(chainOf(eager), REQUEST, {
    signal: new AbortController().signal,
    observer,
    sink: slow,
  });
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  expect(produced).toBe(2);
  resume();
  expect(await running).toMatchObject({ kind: 'answered', end: { outcome: 'complete' } });
  expect(produced).toBe(5);
});
