import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ENGINE_ERRORS,
  type EngineErrorCode,
  type GenerateEvent,
  type GenerateRequest,
} from '../../../runtime/inference/contract.ts';
import * as wire from '../../../runtime/inference/generated/inference.ts';
import { requestFromWire } from '../../../runtime/inference/validation.ts';
import {
  descriptionFromWire,
  eventFromWire,
  eventToWire,
  requestToWire,
} from '../../../runtime/inference/wire.ts';
import { requestOf } from '../../contracts/engine.ts';

const uint32 = fc.nat({ max: 2 ** 32 - 1 });
const ms = fc.double({ min: 0, max: 1e9, noNaN: true });
const timings = fc.record({
  queueWaitMs: ms,
  prefillMs: ms,
  decodeMs: ms,
  batchSequences: uint32,
  cachedPromptTokens: uint32,
});
const codes = Object.keys(ENGINE_ERRORS) as EngineErrorCode[];
const event: fc.Arbitrary<GenerateEvent> = fc.oneof(
  fc.record({ kind: fc.constant('prompt' as const), promptTokens: uint32 }),
  fc.record({
    kind: fc.constant('chunk' as const),
    text: fc.string({ unit: 'grapheme' }),
    tokenIds: fc.array(uint32),
  }),
  fc.record({
    kind: fc.constant('finish' as const),
    reason: fc.constantFrom('stop' as const, 'length' as const, 'abort' as const),
    outputTokens: uint32,
    timings,
  }),
  fc.record({ kind: fc.constant('error' as const), code: fc.constantFrom(...codes), message: fc.string() }),
);

describe('the wire format', () => {
  it('carries every event there and back unchanged', () => {
    fc.assert(
      fc.property(event, (original) => {
        const bytes = wire.GenerateStreamResponse.encode(eventToWire(original, 5)).finish();
        expect(eventFromWire(wire.GenerateStreamResponse.decode(bytes))).toEqual(original);
      }),
    );
  });

  it('carries every valid request there and back unchanged', () => {
    const input: fc.Arbitrary<GenerateRequest['input']> = fc.oneof(
      fc.record({ kind: fc.constant('text' as const), text: fc.string({ minLength: 1 }) }),
      fc.record({ kind: fc.constant('tokens' as const), tokenIds: fc.array(uint32, { minLength: 1 }) }),
      fc.record({
        kind: fc.constant('chat' as const),
        messages: fc.array(
          fc.record({
            role: fc.constantFrom('system' as const, 'user' as const, 'assistant' as const),
            content: fc.string(),
          }),
          { minLength: 1 },
        ),
      }),
    );
    const request = fc.record({
      input,
      maxOutputTokens: fc.integer({ min: 1, max: 100_000 }),
      temperature: fc.double({ min: 0, max: 10, noNaN: true }),
      topP: fc.double({ min: 0.01, max: 1, noNaN: true }),
      seed: uint32,
      stop: fc.array(fc.string({ minLength: 1 }), { maxLength: 4 }),
      ignoreEos: fc.boolean(),
      cacheKey: fc.string({ minLength: 1, maxLength: 50 }),
    });
    fc.assert(
      fc.property(request, (changes) => {
        const original = requestOf(changes);
        const bytes = wire.GenerateRequest.encode(requestToWire(original)).finish();
        expect(requestFromWire(wire.GenerateRequest.decode(bytes))).toEqual({ kind: 'ok', value: original });
      }),
    );
  });

  it('fills in what a foreign client leaves out: an id, temperature 1, top_p 1', () => {
    const bare = wire.GenerateRequest.decode(new Uint8Array());
    const result = requestFromWire({ ...bare, maxOutputTokens: 3, input: { $case: 'text', value: 'hi' } });
    expect(result).toMatchObject({
      kind: 'ok',
      value: { temperature: 1, topP: 1, stop: [], ignoreEos: false },
    });
    if (result.kind === 'ok') expect(result.value.requestId).toMatch(/^[0-9a-f-]{36}$/);
    if (result.kind === 'ok') expect(Object.hasOwn(result.value, 'seed')).toBe(false);
  });

  it.each([
    ['no input', { input: undefined }, 'input'],
    ['empty text', { input: { $case: 'text', value: '' } }, 'text'],
    ['no ids', { input: { $case: 'tokenIds', value: { ids: [] } } }, 'token_ids.ids'],
    ['no messages', { input: { $case: 'chat', value: { messages: [] } } }, 'chat.messages'],
    ['a long id', { requestId: 'x'.repeat(257) }, 'request_id'],
    ['a long key', { cacheKey: 'x'.repeat(257) }, 'cache_key'],
    ['many stops', { stop: new Array(17).fill('x') }, 'stop'],
    ['not a number', { temperature: Number.NaN }, 'temperature'],
    ['top_p 0', { topP: 0 }, 'top_p'],
  ] as const)('%s is a problem that names its field', (_what, changes, path) => {
    const result = requestFromWire({ ...requestToWire(requestOf()), ...changes } as wire.GenerateRequest);
    expect(result).toMatchObject({ kind: 'failed', failure: { issues: [{ path }] } });
  });

  it('says which errors are worth a retry', () => {
    const retryable = codes.filter((code) => {
      const { event: sent } = eventToWire({ kind: 'error', code, message: '' }, 0);
      return sent?.$case === 'error' && sent.value.retryable;
    });
    expect(retryable.sort()).toEqual(['DRAINING', 'ENGINE_FAILED', 'OVERLOADED']);
  });

  it('reads what a newer server may say: an unknown event, error code or engine', () => {
    expect(eventFromWire({ event: undefined })).toBeUndefined();
    const error = { code: 'NEW_KIND', message: 'm', retryable: false };
    expect(eventFromWire({ event: { $case: 'error', value: error } })).toMatchObject({
      code: 'ENGINE_FAILED',
    });
    const server = wire.GetServerInfoResponse.decode(new Uint8Array());
    const model = wire.GetModelInfoResponse.decode(new Uint8Array());
    expect(descriptionFromWire({ ...server, engineKind: 'quantum' }, model).kind).toBe('unknown');
  });
});
