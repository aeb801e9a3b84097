import { describe, expect, it } from 'vitest';
import { createFault, FaultError } from '../../runtime/llm/fault.ts';
import type { CompletionRequest, Provider, ProviderEvent } from '../../runtime/llm/provider.ts';

export interface ProviderSubject {
  readonly provider: Provider;
  close(): Promise<void>;
}

export const completionOf = (more: Partial<CompletionRequest> = {}): CompletionRequest => ({
  requestId: `r-${Math.random()}`,
  messages: [{ role: 'user', content: 'hello, I want a refund' }],
  maxOutputTokens: 6,
  temperature: 0,
  topP: 1,
  stop: [],
  ignoreEos: false,
  tenant: 'default',
  ...more,
});

async function collect(
  provider: Provider,
  request: CompletionRequest,
  signal = new AbortController().signal,
): Promise<ProviderEvent[]> {
  const events: ProviderEvent[] = [];
  for await (const event of provider.complete(request, { signal })) events.push(event);
  return events;
}

/** What every provider does when the far end is well. */
export function describeProvider(name: string, open: () => Promise<ProviderSubject>): void {
  const using = async (work: (provider: Provider) => Promise<void>): Promise<void> => {
    const subject = await open();
    try {
      await work(subject.provider);
    } finally {
      await subject.provider.close();
      await subject.close();
    }
  };

  describe(`${name} as a provider`, () => {
    it('starts once, sends texts, finishes once; usage agrees with the tokens sent', () =>
      using(async (provider) => {
        const events = await collect(provider, completionOf());
        const kinds = events.map((event) => event.kind);
        expect(kinds[0]).toBe('started');
        expect(kinds.slice(1, -1).every((kind) => kind === 'text')).toBe(true);
        const last = events.at(-1);
        if (last?.kind !== 'finish') throw new Error(`ended with ${JSON.stringify(last)}`);
        const tokens = events.reduce((sum, event) => sum + (event.kind === 'text' ? event.tokens : 0), 0);
        expect(last.usage.outputTokens).toBe(tokens);
        expect(tokens).toBeLessThanOrEqual(6);
        expect(last.usage.promptTokens).toBeGreaterThan(0);
      }));

    it('gives the same text for the same seed', () =>
      using(async (provider) => {
        const text = async () =>
          (await collect(provider, completionOf({ seed: 9 })))
            .map((event) => (event.kind === 'text' ? event.text : ''))
            .join('');
        expect(await text()).toBe(await text());
      }));

    it('an aborted signal ends it with the fault in the signal, also before it began', () =>
      using(async (provider) => {
        const controller = new AbortController();
        controller.abort(new FaultError(createFault('gateway_draining')));
        const events = await collect(provider, completionOf(), controller.signal);
        expect(events.at(-1)).toMatchObject({ kind: 'failed', fault: { code: 'gateway_draining' } });
        expect(events.some((event) => event.kind === 'text')).toBe(false);
      }));

    it('an abort in the middle ends it promptly', () =>
      using(async (provider) => {
        const controller = new AbortController();
        let texts = 0;
        let last: ProviderEvent | undefined;
        const request = completionOf({ maxOutputTokens: 1000, ignoreEos: true });
        for await (const event of provider.complete(request, { signal: controller.signal })) {
          if (event.kind === 'text' && ++texts === 2) controller.abort();
          last = event;
        }
        expect(last).toMatchObject({ kind: 'failed', fault: { code: 'caller_disconnected' } });
        expect(texts).toBeLessThan(500);
      }));

    it('says that it is up, and what it offers', () =>
      using(async (provider) => {
        const probe = await provider.probe(1000);
        expect(probe.state).toBe('up');
        expect(probe.state === 'up' && probe.models.length).toBeGreaterThan(0);
      }));
  });
}
