import type { AnswerEvent, ProviderChain } from '../../../runtime/llm/chain.ts';
import { createFault } from '../../../runtime/llm/fault.ts';
import type { CompletionRequest, Provider, ProviderEvent } from '../../../runtime/llm/provider.ts';
import type { FaultCode } from '../../../vocabulary/faults.ts';
import { completionOf } from '../../contracts/provider.ts';

export const TIMEOUTS = { firstTokenMs: 60_000, idleMs: 60_000, totalMs: 120_000 };
export const STARTED: ProviderEvent = { kind: 'started', engine: 'remote', model: 'm' };
export const text = (value: string): ProviderEvent => ({ kind: 'text', text: value, tokens: 1 });
export const FINISH: ProviderEvent = {
  kind: 'finish',
  reason: 'stop',
  usage: { promptTokens: 100, cachedPromptTokens: 40, outputTokens: 2 },
};
export const failing = (code: FaultCode, retryAfterMs?: number): ProviderEvent => ({
  kind: 'failed',
  fault: createFault(code, undefined, retryAfterMs === undefined ? {} : { retryAfterMs }),
});
export const GOOD: readonly Step[] = [STARTED, text('a'), text('b'), FINISH];

/** An event, a defect, or silence until the signal is aborted or the promise resolves. */
export type Step = ProviderEvent | 'throw' | 'silence' | Promise<unknown>;

export interface ScriptedProvider extends Provider {
  readonly asked: CompletionRequest[];
  /** Signals that were aborted before the script was over. */
  aborted: number;
}

const silence = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

async function* play(provider: ScriptedProvider, script: readonly Step[], signal: AbortSignal) {
  let isOver = false;
  try {
    for (const step of script) {
      if (step === 'throw') throw new Error('a defect');
      if (step === 'silence') await silence(signal);
      else if (step instanceof Promise) await Promise.race([step, silence(signal)]);
      else {
        isOver = step.kind === 'finish' || step.kind === 'failed';
        yield step;
      }
    }
  } finally {
    if (signal.aborted && !isOver) provider.aborted++;
  }
}

/** A provider in this process that plays what `scriptOf` gives for the n-th request, counted from 1. */
export function scripted(
  name: string,
  scriptOf: (n: number) => readonly Step[],
  kind: Provider['kind'] = 'openai',
): ScriptedProvider {
  const asked: CompletionRequest[] = [];
  const provider: ScriptedProvider = {
    name,
    kind,
    asked,
    aborted: 0,
    complete(request, { signal }) {
      asked.push(request);
      return play(provider, scriptOf(asked.length), signal);
    },
    probe: async () => ({ state: 'up', models: [] }),
    close: async () => undefined,
  };
  return provider;
}

/** Every event of one request. */
export async function run(
  chain: ProviderChain,
  request: Partial<CompletionRequest> = {},
  signal = new AbortController().signal,
): Promise<AnswerEvent[]> {
  const events: AnswerEvent[] = [];
  for await (const event of chain.complete(completionOf(request), { signal })) events.push(event);
  return events;
}

/** How a request ended: its outcome, or the code of its refusal. */
export function endOf(events: readonly AnswerEvent[]): string | undefined {
  const last = events.at(-1);
  if (last?.kind === 'refused') return last.fault.code;
  return last?.kind === 'end' ? last.outcome : undefined;
}
