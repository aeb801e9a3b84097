import { afterEach, describe, expect, it } from 'vitest';
import { createInferenceClient } from '../../../runtime/inference/client.ts';
import {
  ENGINE_ERRORS,
  type EngineErrorCode,
  type GenerateEvent,
  type InferenceClient,
  InferenceUnavailable,
} from '../../../runtime/inference/contract.ts';
import { EventQueue } from '../../../runtime/inference/event-queue.ts';
import { GrpcProvider } from '../../../runtime/llm/grpc-provider.ts';
import type { ProviderEvent } from '../../../runtime/llm/provider.ts';
import { ENGINE_LABELS } from '../../../runtime/llm/provider.ts';
import type { EngineDescription } from '../../../vocabulary/readiness.ts';
import { completionOf } from '../../contracts/provider.ts';
import { findRefusedAddress } from '../support/fault-server.ts';
import { Cleanup } from '../support/gateway-rig.ts';
import { startTestInference } from '../support/inference.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const description: EngineDescription = {
  kind: 'llama',
  simulated: false,
  model: 'm',
  device: 'CPU',
  version: '1',
  contextTokens: 100,
  maxSequences: 1,
  kvCapacityTokens: 100,
};

/** A client that plays events, for endings that no healthy engine shows. */
function played(
  events: readonly (GenerateEvent | Error)[],
  describe = async () => description,
): InferenceClient {
  return {
    generate() {
      const queue = new EventQueue<GenerateEvent>(() => undefined);
      for (const event of events) {
        if (event instanceof Error) queue.fail(event);
        else queue.push(event);
      }
      queue.end();
      return queue;
    },
    describe,
    load: async () => ({
      runningRequests: 0,
      waitingRequests: 0,
      kvTokens: 0,
      kvCapacityTokens: 0,
      orphanOutputTokens: 0,
    }),
    close: () => undefined,
  };
}

async function run(client: InferenceClient): Promise<ProviderEvent[]> {
  const provider = new GrpcProvider({ name: 'p', client, connectMs: 500, totalMs: 5000 });
  const events: ProviderEvent[] = [];
  const signal = new AbortController().signal;
  for await (const event of provider.complete(completionOf(), { signal })) events.push(event);
  return events;
}

const lastFault = async (events: readonly (GenerateEvent | Error)[]) => {
  const last = (await run(played(events))).at(-1);
  return last?.kind === 'failed' ? last.fault.code : last?.kind;
};

const timings = { queueWaitMs: 1, prefillMs: 2, decodeMs: 3, batchSequences: 4, cachedPromptTokens: 5 };

describe('what an engine says', () => {
  it.each(Object.keys(ENGINE_ERRORS) as EngineErrorCode[])(
    'error %s is a fault with the right owner',
    async (code) => {
      const fault = await lastFault([{ kind: 'error', code, message: 'x' }]);
      const expected = { OVERLOADED: 'provider_overloaded', DRAINING: 'provider_overloaded' } as Record<
        string,
        string
      >;
      expect(fault).toBe(
        expected[code] ??
          { CONTEXT_TOO_LONG: 'caller_context_too_long', INVALID_REQUEST: 'provider_rejected' }[
            code as string
          ] ??
          'provider_error',
      );
    },
  );

  it.each([
    ['UNAVAILABLE', 'provider_unreachable'],
    ['DEADLINE_EXCEEDED', 'provider_timeout'],
    ['RESOURCE_EXHAUSTED', 'provider_overloaded'],
    ['UNIMPLEMENTED', 'provider_rejected'],
    ['INTERNAL', 'provider_error'],
    ['DATA_LOSS', 'provider_unreachable'],
  ])('status %s is %s', async (status, code) => {
    expect(await lastFault([new InferenceUnavailable(status, 'x')])).toBe(code);
  });

  it('an abort that we did not ask for, and an end without a terminal event, are incomplete', async () => {
    expect(await lastFault([{ kind: 'finish', reason: 'abort', outputTokens: 1, timings }])).toBe(
      'provider_incomplete',
    );
    expect(await lastFault([{ kind: 'prompt', promptTokens: 3 }])).toBe('provider_incomplete');
  });

  it('is carried over field by field', async () => {
    const events = await run(
      played([
        { kind: 'prompt', promptTokens: 9 },
        { kind: 'chunk', text: 'two tokens', tokenIds: [1, 2] },
        { kind: 'finish', reason: 'length', outputTokens: 2, timings },
      ]),
    );
    expect(events).toEqual([
      { kind: 'started', engine: 'llama', model: 'm' },
      { kind: 'text', text: 'two tokens', tokens: 2 },
      {
        kind: 'finish',
        reason: 'length',
        usage: { promptTokens: 9, cachedPromptTokens: 5, outputTokens: 2 },
        timings: {
          queue_wait_ms: 1,
          prefill_ms: 2,
          decode_ms: 3,
          batch_sequences: 4,
          cached_prompt_tokens: 5,
        },
      },
    ]);
    expect(ENGINE_LABELS).toContain(description.kind);
  });
});

it('asks for the description once for many completions, and again after an outage', async () => {
  let asked = 0;
  let isDown = false;
  const client = played([{ kind: 'finish', reason: 'stop', outputTokens: 0, timings }], async () => {
    asked++;
    if (isDown) throw new InferenceUnavailable('UNAVAILABLE', 'down');
    return description;
  });
  const provider = new GrpcProvider({ name: 'p', client, connectMs: 500, totalMs: 5000 });
  const complete = async () => {
    const kinds: string[] = [];
    const signal = new AbortController().signal;
    for await (const event of provider.complete(completionOf(), { signal })) kinds.push(event.kind);
    return kinds.at(-1);
  };
  await Promise.all([complete(), complete(), complete()]);
  expect(asked).toBe(1);
  isDown = true;
  expect(await provider.probe(100)).toEqual({ state: 'down', detail: 'down' });
  expect(await complete()).toBe('failed');
  isDown = false;
  expect(await complete()).toBe('finish');
});

it('a server that went away is unreachable at once, and down on the probe', async () => {
  const inference = await startTestInference();
  const client = createInferenceClient({ address: inference.address });
  const provider = cleanup.add(new GrpcProvider({ name: 'p', client, connectMs: 500, totalMs: 5000 }));
  expect((await provider.probe(500)).state).toBe('up');
  await inference.close();
  const events: ProviderEvent[] = [];
  const signal = new AbortController().signal;
  for await (const event of provider.complete(completionOf(), { signal })) events.push(event);
  expect(events.at(-1)).toMatchObject({ kind: 'failed', fault: { code: 'provider_unreachable' } });
  expect((await provider.probe(500)).state).toBe('down');
});

it('an address where nothing listens fails within the connect limit', async () => {
  const client = createInferenceClient({ address: await findRefusedAddress() });
  const provider = cleanup.add(new GrpcProvider({ name: 'p', client, connectMs: 300, totalMs: 5000 }));
  const startedAtMs = performance.now();
  expect((await provider.probe(300)).state).toBe('down');
  expect(performance.now() - startedAtMs).toBeLessThan(1500);
});
