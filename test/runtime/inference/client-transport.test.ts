import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInferenceClient } from '../../../runtime/inference/client.ts';
import type { GenerateEvent, InferenceClient } from '../../../runtime/inference/contract.ts';
import * as wire from '../../../runtime/inference/generated/inference.ts';
import {
  descriptionFromWire,
  eventFromWire,
  eventToWire,
  loadFromWire,
} from '../../../runtime/inference/wire.ts';
import type { EngineDescription } from '../../../vocabulary/readiness.ts';
import { collect, requestOf } from '../../contracts/engine.ts';

const TIMINGS = { queueWaitMs: 1, prefillMs: 2, decodeMs: 3, batchSequences: 4, cachedPromptTokens: 5 };
const FINISH = { kind: 'finish', reason: 'length', outputTokens: 1, timings: TIMINGS } as const;
const bytesOf = (event: GenerateEvent): Buffer =>
  Buffer.from(wire.GenerateStreamResponse.encode(eventToWire(event, 9)).finish());

/** finish_info with a reason that only a later release knows. */
const finishWithReason = (reason: number): Buffer => {
  const info = new BinaryWriter().uint32(8).uint32(7).uint32(16).int32(reason).finish();
  return Buffer.from(
    new BinaryWriter()
      .uint32((3 << 3) | 2)
      .bytes(info)
      .finish(),
  );
};

/** A field that no message has, of each wire type. */
const unknownFields = (): Uint8Array =>
  new BinaryWriter()
    .uint32((900 << 3) | 0)
    .uint32(7)
    .uint32((901 << 3) | 1)
    .double(1.5)
    .uint32((902 << 3) | 2)
    .string('later')
    .uint32((903 << 3) | 5)
    .float(2.5)
    .finish();

describe('the client, of a server that sends what it likes', () => {
  let server: Server;
  let client: InferenceClient;
  let messages: Buffer[] = [];
  let received: Buffer | undefined;
  beforeAll(async () => {
    server = new Server();
    const pass = (bytes: Buffer): Buffer => bytes;
    const { generateStream } = wire.InferenceService;
    const raw = {
      requestDeserialize: pass,
      responseSerialize: pass,
      requestSerialize: pass,
      responseDeserialize: pass,
    };
    server.addService(
      { generateStream: { ...generateStream, ...raw } },
      {
        generateStream: (call: { request: Buffer; write(bytes: Buffer): void; end(): void }) => {
          received = call.request;
          for (const message of messages) call.write(message);
          call.end();
        },
      },
    );
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    client = createInferenceClient({ address: `127.0.0.1:${port}` });
  });
  afterAll(() => {
    client.close();
    server.forceShutdown();
  });
  const run = (...sent: Buffer[]) => {
    messages = sent;
    return collect(
      client.generate(requestOf(), { signal: new AbortController().signal, deadlineMs: 10_000 }),
    );
  };

  it('reads known messages and skips empty ones and fields of a later release', async () => {
    const chunk = { kind: 'chunk', text: 'é😀', tokenIds: [1, 2] } as const;
    const { events } = await run(
      bytesOf({ kind: 'prompt', promptTokens: 9 }),
      Buffer.alloc(0),
      Buffer.concat([bytesOf(chunk), unknownFields()]),
      Buffer.from(unknownFields()),
      bytesOf(FINISH),
    );
    expect(events).toEqual([{ kind: 'prompt', promptTokens: 9 }, chunk, FINISH]);
  });

  it.each(['stop', 'length', 'abort'] as const)(
    'takes the number of reason %s from the published enum',
    async (reason) => {
      const number = { stop: 1, length: 2, abort: 3 }[reason];
      expect((await run(finishWithReason(number))).terminal).toMatchObject({
        kind: 'finish',
        reason,
        outputTokens: 7,
      });
    },
  );

  it('counts a finish without timings as zeros, and one without reason as aborted', async () => {
    const { terminal } = await run(finishWithReason(0));
    expect(terminal).toEqual({
      kind: 'finish',
      reason: 'abort',
      outputTokens: 7,
      timings: { queueWaitMs: 0, prefillMs: 0, decodeMs: 0, batchSequences: 0, cachedPromptTokens: 0 },
    });
  });

  it.each([
    ['a reason of a later release', () => finishWithReason(99)],
    ['bytes that are no message', () => Buffer.from([0xff, 0xff, 0xff, 0xff])],
    ['a message cut short', () => bytesOf(FINISH).subarray(0, -3)],
  ])('%s breaks that request alone, as a typed failure', async (_what, message) => {
    await expect(run(message())).rejects.toMatchObject({ name: 'InferenceUnavailable' });
    expect((await run(bytesOf(FINISH))).terminal).toEqual(FINISH);
  });

  it('a stream that ends without a terminal message is data lost, not an answer', async () => {
    await expect(run(bytesOf({ kind: 'prompt', promptTokens: 1 }))).rejects.toMatchObject({
      status: 'DATA_LOSS',
    });
    await expect(run()).rejects.toMatchObject({ status: 'DATA_LOSS' });
  });

  it('nothing after the terminal message is read', async () => {
    const { events } = await run(
      bytesOf(FINISH),
      bytesOf(FINISH),
      bytesOf({ kind: 'prompt', promptTokens: 1 }),
    );
    expect(events).toEqual([FINISH]);
  });

  it('a message just under 16 MiB comes through, one above is refused, and the connection lives on', async () => {
    const MiB = 1_048_576;
    const chunk = (bytes: number) => bytesOf({ kind: 'chunk', text: 'x'.repeat(bytes), tokenIds: [1] });
    expect((await run(chunk(16 * MiB - 64), bytesOf(FINISH))).text).toHaveLength(16 * MiB - 64);
    await expect(run(chunk(16 * MiB + 1), bytesOf(FINISH))).rejects.toMatchObject({
      name: 'InferenceUnavailable',
      status: status[status.RESOURCE_EXHAUSTED],
    });
    expect((await run(bytesOf(FINISH))).terminal).toEqual(FINISH);
  });

  it('many small messages come in order and without loss, however far behind the reader is', async () => {
    const count = 3_000;
    const chunks = Array.from({ length: count }, (_, i) =>
      bytesOf({ kind: 'chunk', text: `${i} `, tokenIds: [i] }),
    );
    const { text, tokens } = await run(...chunks, bytesOf(FINISH));
    expect(tokens).toBe(count);
    expect(text).toBe(Array.from({ length: count }, (_, i) => `${i} `).join(''));
  });

  it('sends numbers by the field numbers of the published contract', async () => {
    await run(bytesOf(FINISH));
    // max_output_tokens is field 5 (varint 12); ignore_eos is field 10 (true).
    expect(received?.includes(Buffer.from([5 << 3, 12]))).toBe(true);
    expect(received?.includes(Buffer.from([10 << 3, 1]))).toBe(true);
  });
});

describe('what the wire carries', () => {
  const uint32 = fc.nat({ max: 2 ** 32 - 1 });
  const uint53 = fc.maxSafeNat();

  it('a description comes back unchanged', () => {
    const description: fc.Arbitrary<EngineDescription> = fc.record({
      kind: fc.constantFrom('llama' as const, 'simulated' as const, 'remote' as const),
      simulated: fc.boolean(),
      model: fc.string({ unit: 'grapheme' }),
      device: fc.string({ unit: 'grapheme' }),
      version: fc.string(),
      contextTokens: uint32,
      maxSequences: uint32,
      kvCapacityTokens: uint53,
    });
    fc.assert(
      fc.property(description, (original) => {
        const { kind, simulated, model, device, version, ...limits } = original;
        const info = { name: 'n', version: '1', draining: false, engineKind: kind, engineVersion: version };
        const server = wire.GetServerInfoResponse.encode({ ...info, simulated, device }).finish();
        const sizes = wire.GetModelInfoResponse.encode({ model, ...limits }).finish();
        expect(
          descriptionFromWire(
            wire.GetServerInfoResponse.decode(server),
            wire.GetModelInfoResponse.decode(sizes),
          ),
        ).toEqual(original);
      }),
    );
  });

  it('a load comes back unchanged, with counts beyond 32 bits', () => {
    const load = fc.record({
      runningRequests: uint32,
      waitingRequests: uint32,
      kvTokens: uint53,
      kvCapacityTokens: uint53,
      orphanOutputTokens: uint53,
    });
    fc.assert(
      fc.property(load, (original) => {
        const bytes = wire.GetLoadResponse.encode(original).finish();
        expect(loadFromWire(wire.GetLoadResponse.decode(bytes))).toEqual(original);
      }),
    );
  });

  it('a finish repeats the prompt’s tokens as usage, whose sums are those of the events', () => {
    fc.assert(
      fc.property(uint32, uint32, (promptTokens, outputTokens) => {
        const { event } = eventToWire({ ...FINISH, outputTokens }, promptTokens);
        if (event?.$case !== 'finishInfo') throw new Error('no finish');
        expect(event.value.usage).toEqual({
          promptTokens,
          completionTokens: outputTokens,
          cachedPromptTokens: 5,
        });
      }),
    );
  });

  it('no bytes make the reader do anything but read or throw: never hang, never a half event', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        let event: GenerateEvent | undefined;
        try {
          event = eventFromWire(wire.GenerateStreamResponse.decode(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          return;
        }
        if (event !== undefined) expect(['prompt', 'chunk', 'finish', 'error']).toContain(event.kind);
        if (event?.kind === 'finish') expect(['stop', 'length', 'abort']).toContain(event.reason);
      }),
      { numRuns: 500 },
    );
  });
});
