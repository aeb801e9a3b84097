import { execFileSync } from 'node:child_process';
import { connect } from 'node:http2';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { type Client, credentials, makeGenericClientConstructor, status } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInferenceClient } from '../../../runtime/inference/client.ts';
import { SimulatedEngine } from '../../../runtime/inference/engines/simulated/simulated-engine.ts';
import {
  type AbortResponse,
  ControlClient,
  GenerateRequest,
  type GenerateResponse,
  InferenceClient,
} from '../../../runtime/inference/generated/inference.ts';
import { GRPCInferenceServiceClient } from '../../../runtime/inference/generated/open-inference.ts';
import { type RunningInferenceServer, startInferenceServer } from '../../../runtime/inference/server.ts';
import { requestToWire } from '../../../runtime/inference/wire.ts';
import { PROCESS_METRICS, SERVER_GAUGES, SERVER_HISTOGRAMS } from '../../../vocabulary/server-metrics.ts';
import { collect, requestOf } from '../../contracts/engine.ts';
import { testProfile } from './simulated-profile.ts';

const HOST = '127.0.0.1';
const createEngine = () => new SimulatedEngine({ profile: testProfile(), seed: 1, maxWaiting: 4 });
const start = (port = 0) =>
  startInferenceServer({ host: HOST, port, engine: createEngine(), metricsPort: 0 });

/** A unary call as a promise, by the generated client's own method. */
const unary = <T>(call: (callback: (error: Error | null, value: T) => void) => unknown): Promise<T> =>
  new Promise((resolve, reject) => {
    call((error, value) => (error === null ? resolve(value) : reject(error)));
  });

describe('the inference server', () => {
  let server: RunningInferenceServer;
  const clients: Client[] = [];
  const open = <T extends Client>(client: T): T => {
    clients.push(client);
    return client;
  };
  const insecure = credentials.createInsecure();
  beforeAll(async () => {
    server = await start();
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await server.close(0);
  });

  it('answers unary Generate with text, ids, usage and timings', async () => {
    const client = open(new InferenceClient(server.address, insecure));
    const wire = requestToWire(requestOf({ maxOutputTokens: 7, cacheKey: 'k' }));
    const response = await unary<GenerateResponse>((done) => client.generate(wire, done));
    expect(response.tokenIds).toHaveLength(7);
    expect(response.text.split(' ')).toHaveLength(7);
    expect(response.promptInfo?.numPromptTokens).toBe(10);
    expect(response.terminal).toMatchObject({
      $case: 'finishInfo',
      value: {
        numOutputTokens: 7,
        finishReason: 'FINISH_REASON_LENGTH',
        usage: { promptTokens: 10, completionTokens: 7 },
      },
    });
  });

  it('names every wrong field of an invalid request in the status', async () => {
    const client = open(new InferenceClient(server.address, insecure));
    const wire = {
      ...requestToWire(requestOf({ maxOutputTokens: 0, temperature: -1, topP: 2, stop: [''] })),
      input: { $case: 'chat', value: { messages: [{ role: 'robot', content: 'x' }] } },
    } as const;
    const error = await unary<GenerateResponse>((done) => client.generate(wire, done)).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT });
    const { details } = error as { details: string };
    for (const field of ['max_output_tokens', 'temperature', 'top_p', 'stop', 'chat.messages[0].role']) {
      expect(details).toContain(field);
    }
  });

  it('aborts a running request by its id through Control', async () => {
    const client = createInferenceClient({ address: server.address });
    const control = open(new ControlClient(server.address, insecure));
    const request = requestOf({ maxOutputTokens: 2000 });
    const outcome = collect(
      client.generate(request, { signal: new AbortController().signal, deadlineMs: 20_000 }),
    );
    let aborted: AbortResponse = { abortedRequestIds: [] };
    while (aborted.abortedRequestIds.length === 0) {
      aborted = await unary<AbortResponse>((done) =>
        control.abort({ requestIds: [request.requestId, 'unknown'] }, done),
      );
    }
    expect(aborted.abortedRequestIds).toEqual([request.requestId]);
    expect((await outcome).terminal).toMatchObject({ kind: 'finish', reason: 'abort' });
    client.close();
  });

  it('ends a request at its deadline and frees its place', async () => {
    const client = createInferenceClient({ address: server.address });
    const events = client.generate(requestOf({ maxOutputTokens: 2000 }), {
      signal: new AbortController().signal,
      deadlineMs: 60,
    });
    await expect(collect(events)).rejects.toMatchObject({
      name: 'InferenceUnavailable',
      status: 'DEADLINE_EXCEEDED',
    });
    await expect.poll(async () => (await client.load(1_000)).runningRequests).toBe(0);
    client.close();
  });

  it('stops generating for a peer that resets its stream right after asking', async () => {
    const session = connect(`http://${server.address}`);
    const body = GenerateRequest.encode(requestToWire(requestOf({ maxOutputTokens: 2000 }))).finish();
    const frame = Buffer.alloc(5 + body.length);
    frame.writeUInt32BE(body.length, 1);
    frame.set(body, 5);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/busyhour.inference.v1.Inference/GenerateStream',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('error', () => {});
    stream.end(frame);
    await new Promise((resolve) => stream.once('response', resolve));
    stream.close(8);
    const client = createInferenceClient({ address: server.address });
    await expect.poll(async () => (await client.load(1_000)).runningRequests).toBe(0);
    client.close();
    session.destroy();
  });

  it('tells its health by the standard protocol', async () => {
    const HealthClient = makeGenericClientConstructor(healthService, 'grpc.health.v1.Health');
    const client = open(new HealthClient(server.address, insecure));
    const check = (service: string) => unary<{ status: string }>((done) => client.check?.({ service }, done));
    expect(await check('')).toEqual({ status: 'SERVING' });
    expect(await check('busyhour.inference.v1.Inference')).toEqual({ status: 'SERVING' });
    await expect(check('nobody')).rejects.toMatchObject({ code: status.NOT_FOUND });
  });

  it.each(['grpc.reflection.v1', 'grpc.reflection.v1alpha'])('lists its services by %s', async (version) => {
    const path = `/${version}.ServerReflection/ServerReflectionInfo`;
    const pass = (bytes: Buffer): Buffer => bytes;
    const client = open(new InferenceClient(server.address, insecure));
    const call = client.makeBidiStreamRequest(path, pass, pass);
    // ServerReflectionRequest.list_services is field 7.
    call.write(
      Buffer.from(
        new BinaryWriter()
          .uint32((7 << 3) | 2)
          .string('*')
          .finish(),
      ),
    );
    const answer = await new Promise<Buffer>((resolve, reject) => {
      call.once('data', resolve);
      call.once('error', reject);
    });
    call.end();
    const text = answer.toString('latin1');
    for (const name of [
      'busyhour.inference.v1.Inference',
      'busyhour.inference.v1.Control',
      'inference.GRPCInferenceService',
    ]) {
      expect(text).toContain(name);
    }
  });

  it('answers the health and metadata calls of the Open Inference Protocol', async () => {
    const client = open(new GRPCInferenceServiceClient(server.address, insecure));
    expect(await unary((done) => client.serverLive({}, done))).toEqual({ live: true });
    expect(await unary((done) => client.serverReady({}, done))).toEqual({ ready: true });
    const ready = (name: string) => unary((done) => client.modelReady({ name, version: '' }, done));
    expect(await ready('simulated/test')).toEqual({ ready: true });
    expect(await ready('another')).toEqual({ ready: false });
    expect(await unary((done) => client.modelMetadata({ name: '', version: '' }, done))).toMatchObject({
      name: 'simulated/test',
      platform: 'busyhour_simulated',
    });
    const foreign = unary((done) => client.modelMetadata({ name: 'another', version: '' }, done));
    await expect(foreign).rejects.toMatchObject({
      code: status.NOT_FOUND,
      details: 'name: expected simulated/test, got "another"',
    });
  });

  it('exports the metrics that the bench scrapes, and says simulated', async () => {
    const client = createInferenceClient({ address: server.address });
    const options = { signal: new AbortController().signal, deadlineMs: 5_000 };
    await collect(client.generate(requestOf({ maxOutputTokens: 5 }), options));
    client.close();
    const text = await (await fetch(server.metricsUrl ?? '')).text();
    for (const name of Object.values(SERVER_HISTOGRAMS).filter((name) => name.includes('_engine_'))) {
      expect(text).toMatch(new RegExp(`^${name}_count [1-9]`, 'm'));
    }
    for (const name of Object.values(SERVER_GAUGES).filter((name) => name.includes('_engine_'))) {
      expect(text).toMatch(new RegExp(`^${name} \\d`, 'm'));
    }
    for (const name of Object.values(PROCESS_METRICS)) expect(text).toMatch(new RegExp(`^${name} \\d`, 'm'));
    expect(text).toMatch(/^busyhour_engine_info\{kind="simulated".*simulated="true"\} 1$/m);
    expect((await fetch((server.metricsUrl ?? '').replace('/metrics', '/'))).status).toBe(404);
  });
});

describe('starting and stopping', () => {
  const listening: Server[] = [];
  afterAll(() => {
    for (const server of listening) server.close();
  });

  it('refuses a taken port with PORT_IN_USE and lets go of everything', async () => {
    const taken = createServer();
    listening.push(taken);
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, HOST, () => resolve((taken.address() as { port: number }).port));
    });
    await expect(start(port)).rejects.toMatchObject({ failure: { code: 'PORT_IN_USE' } });
    const first = await start();
    await expect(start(first.port)).rejects.toMatchObject({ failure: { code: 'PORT_IN_USE' } });
    await first.close(0);
  });

  it('a client of a server that is gone fails at once, and works again when it is back', async () => {
    const first = await start();
    const client = createInferenceClient({ address: first.address });
    expect((await client.describe(2_000)).model).toBe('simulated/test');
    await first.close(0);
    const startedAtMs = performance.now();
    const options = { signal: new AbortController().signal, deadlineMs: 20_000 };
    await expect(collect(client.generate(requestOf(), options))).rejects.toMatchObject({
      status: 'UNAVAILABLE',
    });
    await expect(client.load(20_000)).rejects.toMatchObject({ name: 'InferenceUnavailable' });
    expect(performance.now() - startedAtMs).toBeLessThan(3_000);
    const again = await start(first.port);
    await expect
      .poll(
        () =>
          client.load(2_000).then(
            () => 'up',
            () => 'down',
          ),
        { timeout: 8_000 },
      )
      .toBe('up');
    client.close();
    await again.close(0);
  });

  it('stops in bounded time although a client holds a stream open without reading', async () => {
    const server = await start();
    const client = createInferenceClient({ address: server.address });
    const options = { signal: new AbortController().signal, deadlineMs: 60_000 };
    const iterator = client.generate(requestOf({ maxOutputTokens: 2000 }), options)[Symbol.asyncIterator]();
    await iterator.next();
    const startedAtMs = performance.now();
    await server.close(100);
    expect(performance.now() - startedAtMs).toBeLessThan(2_000);
    await iterator.return?.();
    client.close();
  });
});

/** grpcurl by GRPCURL_BIN, GOBIN or PATH; undefined where there is none. */
function findGrpcurl(): string | undefined {
  const { GRPCURL_BIN, GOBIN } = process.env;
  const candidates = [GRPCURL_BIN, GOBIN && join(GOBIN, 'grpcurl'), 'grpcurl'];
  return candidates.find((path) => {
    if (path === undefined || path === '') return false;
    try {
      execFileSync(path, ['-version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

const grpcurl = findGrpcurl();

describe.skipIf(grpcurl === undefined)(
  'grpcurl (skipped where GRPCURL_BIN, GOBIN and PATH have none)',
  () => {
    it('finds the services by reflection, checks health and generates', async () => {
      const { execFile } = await import('node:child_process');
      const server = await start();
      const run = (...args: string[]): Promise<string> =>
        new Promise((resolve, reject) => {
          execFile(grpcurl ?? '', ['-plaintext', ...args], (error, stdout) =>
            error ? reject(error) : resolve(stdout),
          );
        });
      expect(await run(server.address, 'list')).toContain('busyhour.inference.v1.Inference');
      expect(JSON.parse(await run(server.address, 'grpc.health.v1.Health/Check'))).toEqual({
        status: 'SERVING',
      });
      const body = JSON.stringify({ text: 'hello there', max_output_tokens: 3, ignore_eos: true });
      const answer = JSON.parse(
        await run('-d', body, server.address, 'busyhour.inference.v1.Inference/Generate'),
      );
      expect(answer.finish_info).toMatchObject({
        num_output_tokens: 3,
        finish_reason: 'FINISH_REASON_LENGTH',
      });
      await server.close(0);
    });
  },
);
