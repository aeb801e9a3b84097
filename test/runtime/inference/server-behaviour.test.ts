import { connect } from 'node:http2';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { type Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInferenceClient } from '../../../runtime/inference/client.ts';
import type { Engine } from '../../../runtime/inference/contract.ts';
import { SimulatedEngine } from '../../../runtime/inference/engines/simulated/simulated-engine.ts';
import * as wire from '../../../runtime/inference/generated/inference.ts';
import { type RunningInferenceServer, startInferenceServer } from '../../../runtime/inference/server.ts';
import { requestToWire } from '../../../runtime/inference/wire.ts';
import { PROCESS_METRICS, SERVER_GAUGES, SERVER_HISTOGRAMS } from '../../../vocabulary/server-metrics.ts';
import { collect, requestOf } from '../../contracts/engine.ts';
import { testProfile } from './simulated-profile.ts';

/** A real engine with a note of each request's signal: what reached it from the wire. */
class ObservedEngine extends SimulatedEngine {
  readonly signals = new Map<string, AbortSignal>();

  override generate(...[request, signal]: Parameters<Engine['generate']>) {
    this.signals.set(request.requestId, signal);
    return super.generate(request, signal);
  }
}

const createEngine = () => new ObservedEngine({ profile: testProfile(), seed: 1, maxWaiting: 8 });
const start = (engine: Engine) =>
  startInferenceServer({ host: '127.0.0.1', port: 0, engine, metricsPort: 0 });
const insecure = credentials.createInsecure();
const LONG = 2_000;

const unary = <T>(call: (done: (error: Error | null, value: T) => void) => unknown): Promise<T> =>
  new Promise((resolve, reject) => {
    call((error, value) => (error === null ? resolve(value) : reject(error)));
  });

function streamOf(client: wire.InferenceClient, request: wire.GenerateRequest, metadata = new Metadata()) {
  const call = client.generateStream(request, metadata);
  return new Promise<wire.GenerateStreamResponse[]>((resolve, reject) => {
    const messages: wire.GenerateStreamResponse[] = [];
    call.on('data', (message: wire.GenerateStreamResponse) => messages.push(message));
    call.on('error', reject);
    call.on('end', () => resolve(messages));
  });
}

const textOf = (messages: readonly wire.GenerateStreamResponse[]): string =>
  messages.map(({ event }) => (event?.$case === 'chunk' ? event.value.text : '')).join('');
const idsOf = (messages: readonly wire.GenerateStreamResponse[]): number[] =>
  messages.flatMap(({ event }) => (event?.$case === 'chunk' ? [...event.value.tokenIds] : []));

describe('calls of the inference server', () => {
  const engine = createEngine();
  let server: RunningInferenceServer;
  let client: wire.InferenceClient;
  let control: wire.ControlClient;
  beforeAll(async () => {
    server = await start(engine);
    client = new wire.InferenceClient(server.address, insecure);
    control = new wire.ControlClient(server.address, insecure);
  });
  afterAll(async () => {
    client.close();
    control.close();
    await server.close(0);
  });
  const generate = (request: wire.GenerateRequest, deadlineMs = 10_000) =>
    unary<wire.GenerateResponse>((done) =>
      client.generate(request, new Metadata(), { deadline: Date.now() + deadlineMs }, done),
    );
  const isIdle = () => expect.poll(() => engine.load().runningRequests).toBe(0);

  it.each([
    ['to its length', { maxOutputTokens: 25 }],
    ['to its own end', { maxOutputTokens: 1_000, ignoreEos: false, seed: 5 }],
    ['to a stop string', { maxOutputTokens: 200, stop: ['e'], seed: 6 }],
    ['greedily', { maxOutputTokens: 9, temperature: 0 }],
  ] as const)('Generate is GenerateStream put together: %s', async (_what, changes) => {
    const whole = await generate(requestToWire(requestOf(changes)));
    const messages = await streamOf(client, requestToWire(requestOf(changes)));
    expect(whole.text).toBe(textOf(messages));
    expect(whole.tokenIds).toEqual(idsOf(messages));
    expect(messages[0]?.event).toEqual({ $case: 'promptInfo', value: whole.promptInfo });
    const last = messages.at(-1)?.event;
    if (last?.$case !== 'finishInfo' || whole.terminal?.$case !== 'finishInfo') throw new Error('no finish');
    expect(whole.terminal.value.usage).toEqual(last.value.usage);
    expect(whole.terminal.value.finishReason).toBe(last.value.finishReason);
    expect(whole.terminal.value.numOutputTokens).toBe(whole.tokenIds.length);
  });

  it('a typed error is in the answer of both, with status OK', async () => {
    const request = requestToWire(requestOf({ maxOutputTokens: 5_000 }));
    const { terminal } = await generate(request);
    expect(terminal).toMatchObject({ $case: 'error', value: { code: 'CONTEXT_TOO_LONG', retryable: false } });
    expect((await streamOf(client, request)).at(-1)?.event).toEqual(terminal);
  });

  it('a deadline reaches the engine, of a stream and of a unary call', async () => {
    const [unaryRequest, streamRequest] = [1, 2].map(() => requestOf({ maxOutputTokens: LONG }));
    if (unaryRequest === undefined || streamRequest === undefined) throw new Error('no requests');
    const { port } = server;
    const own = createInferenceClient({ address: `127.0.0.1:${port}` });
    const options = { signal: new AbortController().signal, deadlineMs: 80 };
    const failures = await Promise.allSettled([
      generate(requestToWire(unaryRequest), 80),
      collect(own.generate(streamRequest, options)),
    ]);
    own.close();
    expect(failures[0]).toMatchObject({ status: 'rejected', reason: { code: status.DEADLINE_EXCEEDED } });
    expect(failures[1]).toMatchObject({ status: 'rejected', reason: { status: 'DEADLINE_EXCEEDED' } });
    await isIdle();
    for (const { requestId } of [unaryRequest, streamRequest]) {
      expect(engine.signals.get(requestId)?.aborted).toBe(true);
    }
  });

  it('a unary call that its client cancels is aborted in the engine', async () => {
    const request = requestOf({ maxOutputTokens: LONG });
    const call = client.generate(requestToWire(request), () => {});
    await expect.poll(() => engine.load().runningRequests).toBe(1);
    call.cancel();
    await isIdle();
    expect(engine.signals.get(request.requestId)?.aborted).toBe(true);
  });

  it('Abort ends the named requests, waiting ones too, and no other', async () => {
    const requests = Array.from({ length: 10 }, () => requestOf({ maxOutputTokens: LONG }));
    const streams = requests.map((request) => streamOf(client, requestToWire(request)));
    // Eight run and two wait.
    await expect.poll(() => engine.load().waitingRequests).toBe(2);
    const ids = requests.map((request) => request.requestId);
    const abort = (requestIds: string[]) =>
      unary<wire.AbortResponse>((done) => control.abort({ requestIds }, done));
    expect(await abort([])).toEqual({ abortedRequestIds: [] });
    const named = [ids[0] ?? '', ids[9] ?? ''];
    expect(await abort([...named, 'nobody'])).toEqual({ abortedRequestIds: named });
    for (const i of [0, 9]) {
      const last = (await streams[i])?.at(-1)?.event;
      expect(last).toMatchObject({ $case: 'finishInfo', value: { finishReason: 'FINISH_REASON_ABORT' } });
    }
    expect(await abort(named)).toEqual({ abortedRequestIds: [] });
    for (const id of ids.slice(1, 9)) expect(engine.signals.get(id)?.aborted).toBe(false);
    await abort(ids);
    await Promise.all(streams);
    await isIdle();
  });

  it('tracing headers, unknown ones, binary ones and broken ones change nothing', async () => {
    const metadata = new Metadata();
    metadata.set('traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
    metadata.add('tracestate', 'a=1');
    metadata.add('tracestate', 'b=2');
    metadata.set('baggage', 'not a valid; baggage==,,');
    metadata.set('x-request-id', 'another id');
    metadata.set('x-long', 'v'.repeat(4_000));
    metadata.set('x-bytes-bin', Buffer.from([0, 255, 10, 13]));
    const changes = { maxOutputTokens: 6, temperature: 0 };
    const plain = await streamOf(client, requestToWire(requestOf(changes)));
    expect(textOf(await streamOf(client, requestToWire(requestOf(changes)), metadata))).toBe(textOf(plain));
    const broken = new Metadata();
    broken.set('traceparent', 'ff-zz');
    expect(textOf(await streamOf(client, requestToWire(requestOf(changes)), broken))).toBe(textOf(plain));
  });

  it('a request over the message limit is refused by status, and the next is served', async () => {
    const text = 'word '.repeat(1_000_000);
    await expect(generate(requestToWire(requestOf({ input: { kind: 'text', text } })))).rejects.toMatchObject(
      {
        code: status.RESOURCE_EXHAUSTED,
      },
    );
    expect((await generate(requestToWire(requestOf({ maxOutputTokens: 2 })))).tokenIds).toHaveLength(2);
  });

  it('a method that is not there is UNIMPLEMENTED', async () => {
    const pass = (bytes: Buffer): Buffer => bytes;
    const call = unary((done) =>
      client.makeUnaryRequest('/busyhour.inference.v1.Inference/Embed', pass, pass, Buffer.alloc(0), done),
    );
    await expect(call).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
  });

  it('/metrics keeps the text format line by line, and counts what was served', async () => {
    const url = server.metricsUrl ?? '';
    const before = parseMetrics(await (await fetch(url)).text());
    await generate(requestToWire(requestOf({ maxOutputTokens: 17 })));
    const after = parseMetrics(await (await fetch(url)).text());
    const grown = (name: string): number => (after.values.get(name) ?? 0) - (before.values.get(name) ?? 0);
    expect(grown('busyhour_engine_output_tokens_total')).toBe(17);
    expect(grown('busyhour_engine_requests_total{outcome="length"}')).toBe(1);
    const own = (names: object): string[] =>
      Object.values(names).filter((name) => /_engine_|process|loop/.test(name));
    for (const name of own({ ...SERVER_GAUGES, ...PROCESS_METRICS }))
      expect(after.types.has(name)).toBe(true);
    for (const name of own(SERVER_HISTOGRAMS)) {
      expect(after.types.get(name)).toBe('histogram');
      expect(grown(`${name}_count`)).toBe(1);
      expect(after.values.get(`${name}_bucket{le="+Inf"}`)).toBe(after.values.get(`${name}_count`));
      const buckets = [...after.values].filter(([key]) => key.startsWith(`${name}_bucket`)).map(([, n]) => n);
      expect([...buckets].sort((a, b) => a - b)).toEqual(buckets);
    }
  });
});

/** Prometheus's text format 0.0.4; throws for a line that is not of it. */
function parseMetrics(text: string): { types: Map<string, string>; values: Map<string, number> } {
  const types = new Map<string, string>();
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || /^# HELP [a-zA-Z_:][\w:]* /.test(line)) continue;
    const type = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line);
    const sample =
      /^([a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*\})?) (NaN|[+-]Inf|[-+.\deE]+)$/.exec(
        line,
      );
    if (type !== null) types.set(type[1] ?? '', type[2] ?? '');
    else if (sample !== null) values.set(sample[1] ?? '', Number(sample[2]));
    else throw new Error(`not of the format: ${line}`);
  }
  return { types, values };
}

describe('the inference server when it stops', () => {
  const clients: Client[] = [];
  afterAll(() => {
    for (const client of clients) client.close();
  });

  it('tells watchers of its health NOT_SERVING while it lets the last request end', async () => {
    const server = await start(createEngine());
    const client = new wire.InferenceClient(server.address, insecure);
    clients.push(client);
    const seen: string[] = [];
    // HealthCheckRequest.service is field 1, HealthCheckResponse.status field 1 of the published health.proto.
    const service = 'busyhour.inference.v1.Inference';
    const watch = client.makeServerStreamRequest(
      '/grpc.health.v1.Health/Watch',
      (name: string) =>
        Buffer.from(
          new BinaryWriter()
            .uint32((1 << 3) | 2)
            .string(name)
            .finish(),
        ),
      (bytes: Buffer) => ['UNKNOWN', 'SERVING', 'NOT_SERVING'][bytes[1] ?? 0] ?? 'other',
      service,
    );
    watch.on('error', () => {});
    watch.on('data', (status: string) => {
      seen.push(status);
    });
    await expect.poll(() => seen).toEqual(['SERVING']);
    const last = streamOf(client, requestToWire(requestOf({ maxOutputTokens: 60 })));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const closed = server.close(1_000);
    await expect.poll(() => seen).toEqual(['SERVING', 'NOT_SERVING']);
    const refused = await streamOf(client, requestToWire(requestOf()));
    expect(refused.at(-1)?.event).toMatchObject({
      $case: 'error',
      value: { code: 'DRAINING', retryable: true },
    });
    expect((await last).at(-1)?.event).toMatchObject({ value: { numOutputTokens: 60 } });
    watch.cancel();
    await closed;
  });

  it('ends within its grace although a peer neither reads nor goes away', async () => {
    const server = await start(createEngine());
    const session = connect(`http://${server.address}`, { settings: { initialWindowSize: 0 } });
    session.on('error', () => {});
    const body = wire.GenerateRequest.encode(requestToWire(requestOf({ maxOutputTokens: 4_000 }))).finish();
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
    const startedAtMs = performance.now();
    await server.close(1_000);
    // One grace for all, and what forcing the rest takes.
    expect(performance.now() - startedAtMs).toBeLessThan(1_700);
    session.destroy();
  });

  it('closes once, however often it is asked, and lets go of both ports', async () => {
    const server = await start(createEngine());
    const [a, b] = [server.close(500), server.close(0)];
    expect(a).toBe(b);
    await a;
    await expect(fetch(server.metricsUrl ?? '')).rejects.toThrow();
    const again = await startInferenceServer({
      host: '127.0.0.1',
      port: server.port,
      engine: createEngine(),
    });
    expect(again.metricsUrl).toBeUndefined();
    await again.close(0);
  });
});
