import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { startFaultServer } from '../support/fault-server.ts';
import { Cleanup, postJson, readMetric, startTestGateway, until } from '../support/gateway-rig.ts';
import { startInferenceProcess } from './inference-process.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from './otlp-receiver.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const CLIENT_SPAN_ID = '00f067aa0ba902b7';
const TRACEPARENT = `00-${TRACE_ID}-${CLIENT_SPAN_ID}-01`;
const QUESTION = 'Why is invoice 4711 of Zaphod Beeblebrox so high?';

const START = JSON.stringify(join(import.meta.dirname, '../../../runtime/gateway/start-gateway.ts'));
/** Starts a gateway in a process of its own and says whether the SDK was among the modules that were loaded. */
const LOADED = `
  import { registerHooks } from 'node:module';
  let isLoaded = false;
  registerHooks({
    resolve(name, context, next) {
      if (/opentelemetry.(sdk-trace|exporter)/.test(name)) isLoaded = true;
      return next(name, context);
    },
  });
  const { startGateway } = await import(${START});
  const gateway = await startGateway({ port: 0, logLevel: 'silent' });
  await gateway.close(0);
  process.stdout.write(String(isLoaded));
`;

async function loadedModules(environment: Readonly<Record<string, string>>): Promise<boolean> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', LOADED], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await once(child, 'close');
  expect(['true', 'false']).toContain(text);
  return text === 'true';
}

async function startAll(traces: object = {}) {
  const receiver = cleanup.add(await startOtlpReceiver());
  const worker = cleanup.add(await startInferenceProcess({ traces: { otlpUrl: receiver.url } }));
  const gateway = await startTestGateway(cleanup, {
    providers: [{ kind: 'grpc', name: 'local', address: worker.address }],
    telemetry: { traces: { otlpUrl: receiver.url, ...traces } },
  });
  return { receiver, gateway };
}

/** Waits until every stage of the engine has arrived: the worker exports last. */
async function spansOf(receiver: OtlpReceiver, names: readonly string[]): Promise<readonly ReceivedSpan[]> {
  const arrived = (name: string) => receiver.spans.some((span) => span.name === name);
  await until(() => names.every(arrived), `spans ${names.join(', ')}`, 8000);
  return receiver.spans;
}

const GRPC = 'busyhour.inference.v1.Inference/GenerateStream';
const STAGES = ['engine queue', 'engine prefill', 'engine decode'];

const find = (spans: readonly ReceivedSpan[], name: string): ReceivedSpan => {
  const found = spans.filter((span) => span.name === name);
  expect(found, name).toHaveLength(1);
  return found[0] as ReceivedSpan;
};

/** Name of each span by the name of its parent. */
function parentsOf(spans: readonly ReceivedSpan[]): Record<string, string | undefined> {
  const names = new Map(spans.map(({ spanId, name }) => [spanId, name]));
  names.set(CLIENT_SPAN_ID, 'client');
  return Object.fromEntries(spans.map(({ name, parentSpanId }) => [name, names.get(parentSpanId ?? '')]));
}

describe('one trace', () => {
  it('runs from the official client through the gateway to the stages of the engine', async () => {
    const { receiver, gateway } = await startAll();
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'sk-not-in-a-span', maxRetries: 0 });
    const stream = await client.chat.completions.create(
      {
        model: 'any',
        messages: [{ role: 'user', content: QUESTION }],
        max_tokens: 7,
        temperature: 0.25,
        stream: true,
      },
      { headers: { traceparent: TRACEPARENT } },
    );
    for await (const _chunk of stream);
    const server = 'POST /v1/chat/completions';
    const spans = await spansOf(receiver, [server, 'chat local', GRPC, ...STAGES]);
    expect(new Set(spans.filter(({ name }) => name !== 'GET /ready').map(({ traceId }) => traceId))).toEqual(
      new Set([TRACE_ID]),
    );
    expect(parentsOf(spans)).toEqual({
      [server]: 'client',
      limits: server,
      'chat local': server,
      'store appendAudit': server,
      [GRPC]: 'chat local',
      'engine queue': GRPC,
      'engine prefill': GRPC,
      'engine decode': GRPC,
    });
    expect(find(spans, server)).toMatchObject({
      service: 'busyhour-gateway',
      kind: 2,
      isError: false,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/v1/chat/completions',
        'http.response.status_code': 200,
        'busyhour.outcome': 'ok',
      },
    });
    const attempt = find(spans, 'chat local');
    expect(attempt).toMatchObject({
      kind: 3,
      events: ['gen_ai.first_chunk'],
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'grpc',
        'gen_ai.request.max_tokens': 7,
        'gen_ai.request.temperature': 0.25,
        'gen_ai.response.model': expect.stringContaining('simulated'),
        'gen_ai.usage.output_tokens': 7,
        'gen_ai.response.finish_reasons': ['length'],
        'busyhour.provider': 'local',
      },
    });
    const call = find(spans, GRPC);
    expect(call).toMatchObject({
      service: 'busyhour-inference',
      kind: 2,
      attributes: { 'busyhour.engine': 'simulated', 'busyhour.engine.simulated': true, 'rpc.system': 'grpc' },
    });
    expect(call.attributes['gen_ai.usage.input_tokens']).toBe(
      attempt.attributes['gen_ai.usage.input_tokens'],
    );
    for (const name of STAGES) {
      const stage = find(spans, name);
      expect(stage.startUnixNs).toBeGreaterThanOrEqual(call.startUnixNs);
      expect(stage.endUnixNs).toBeLessThanOrEqual(call.endUnixNs + 1_000_000n);
    }
    for (const secret of ['Zaphod', '4711', 'sk-not-in-a-span'])
      expect(receiver.text()).not.toContain(secret);
  });

  it('shows a turn, what it wrote and what it asked', async () => {
    const { receiver, gateway } = await startAll();
    const created = await postJson(gateway, '/v1/interactions', { customerId: 'customer-77' });
    const path = `/v1/interactions/${created.body.interactionId}/turns`;
    const answered = await postJson(
      gateway,
      path,
      { messageId: 'm', text: QUESTION },
      { traceparent: TRACEPARENT },
    );
    expect(answered.status).toBe(200);
    const server = 'POST /v1/interactions/:id/turns';
    const spans = await spansOf(receiver, [server, 'turn', 'store appendTurn', 'chat local', ...STAGES]);
    const ours = spans.filter(({ traceId }) => traceId === TRACE_ID);
    expect(parentsOf(ours)).toMatchObject({
      [server]: 'client',
      turn: server,
      'store appendTurn': 'turn',
      'chat local': 'turn',
      [GRPC]: 'chat local',
    });
    for (const secret of ['Zaphod', 'customer-77']) expect(receiver.text()).not.toContain(secret);
  });

  it('begins here where the caller sent none, or sent nonsense', async () => {
    const { receiver, gateway } = await startAll();
    const body = { messages: [{ role: 'user', content: 'hello' }], max_tokens: 2 };
    const nonsense = `00-${'0'.repeat(32)}-${CLIENT_SPAN_ID}-01`;
    await postJson(gateway, '/v1/chat/completions', body, { traceparent: nonsense });
    const spans = await spansOf(receiver, ['POST /v1/chat/completions', ...STAGES]);
    const root = find(spans, 'POST /v1/chat/completions');
    expect(root.parentSpanId).toBeUndefined();
    expect(find(spans, 'engine decode').traceId).toBe(root.traceId);
  });

  it('is not recorded where the caller decided so, and the provider is told', async () => {
    const { receiver, gateway } = await startAll();
    const body = { messages: [{ role: 'user', content: 'hello' }], max_tokens: 2 };
    await postJson(gateway, '/v1/chat/completions', body, { traceparent: `${TRACEPARENT.slice(0, -2)}00` });
    await postJson(gateway, '/v1/chat/completions', body);
    const spans = await spansOf(receiver, ['POST /v1/chat/completions', ...STAGES]);
    expect(spans.map(({ traceId }) => traceId)).not.toContain(TRACE_ID);
  });
});

describe('a span of a failure', () => {
  it('names the fault; a caller’s own is no error of the server', async () => {
    const receiver = cleanup.add(await startOtlpReceiver());
    const vendor = cleanup.add(await startFaultServer({ kind: 'status', status: 500 }));
    const gateway = await startTestGateway(cleanup, {
      providers: [{ kind: 'openai', name: 'vendor', baseUrl: vendor.baseUrl, model: 'm' }],
      telemetry: { traces: { otlpUrl: receiver.url } },
    });
    const messages = [{ role: 'user', content: 'hello' }];
    const failed = await postJson(
      gateway,
      '/v1/chat/completions',
      { messages },
      { traceparent: TRACEPARENT },
    );
    expect(failed.status).toBe(502);
    await postJson(gateway, '/v1/models', {});
    const spans = await spansOf(receiver, ['POST /v1/chat/completions', 'POST /v1/models', 'chat vendor']);
    expect(find(spans, 'POST /v1/chat/completions')).toMatchObject({
      isError: true,
      attributes: { 'error.type': 'provider_error', 'http.response.status_code': 502 },
    });
    for (const attempt of spans.filter(({ name }) => name === 'chat vendor')) {
      expect(attempt).toMatchObject({ isError: true, attributes: { 'error.type': 'provider_error' } });
      expect(attempt.attributes['busyhour.attempt']).toBeGreaterThanOrEqual(1);
    }
    expect(find(spans, 'POST /v1/models')).toMatchObject({
      isError: false,
      attributes: { 'error.type': 'caller_method_not_allowed' },
    });
    // The vendor got the attempt as its parent, in the caller's trace.
    const sent = /traceparent: (\S+)/i.exec(vendor.lastRequest())?.[1];
    const attempts = spans.filter(({ name }) => name === 'chat vendor');
    expect(attempts.map(({ spanId }) => `00-${TRACE_ID}-${spanId}-01`)).toContain(sent);
  });
});

describe('a receiver', () => {
  it('that is gone, or refuses, harms no request and no drain', async () => {
    const refusing = cleanup.add(await startOtlpReceiver(400));
    const gateway = await startTestGateway(cleanup, { telemetry: { traces: { otlpUrl: refusing.url } } });
    const body = { messages: [{ role: 'user', content: 'refund' }] };
    expect((await postJson(gateway, '/v1/chat/completions', body)).status).toBe(200);
    const lost = 'busyhour_trace_spans_total{result="failed"}';
    await until(async () => (await readMetric(gateway, lost)) > 0, 'a lost span is counted', 8000);
    const gone = await startTestGateway(cleanup, {
      telemetry: { traces: { otlpUrl: 'http://127.0.0.1:9/v1/traces' } },
    });
    expect((await postJson(gone, '/v1/chat/completions', body)).status).toBe(200);
    const startedAtMs = performance.now();
    await gone.close(0);
    expect(performance.now() - startedAtMs).toBeLessThan(4000);
  });

  it('gets the last spans when the gateway drains, with the headers of the variable that is named', async () => {
    const receiver = cleanup.add(await startOtlpReceiver());
    const traces = { otlpUrl: receiver.url, headersEnv: 'SPAN_HEADERS' };
    const environment = { SPAN_HEADERS: 'x-team=care,authorization=Bearer%20s3cret' };
    const gateway = await startTestGateway(cleanup, { telemetry: { traces } }, { environment });
    await postJson(gateway, '/v1/chat/completions', { messages: [{ role: 'user', content: 'refund' }] });
    await gateway.close(0);
    expect(receiver.spans.map(({ name }) => name)).toContain('POST /v1/chat/completions');
    expect(receiver.headers()).toMatchObject({ 'x-team': 'care', authorization: 'Bearer s3cret' });
  });

  it('of the standard variable is used when the configuration names none', async () => {
    const receiver = cleanup.add(await startOtlpReceiver());
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url.replace('/v1/traces', '/') };
    const gateway = await startTestGateway(cleanup, {}, { environment });
    await fetch(`${gateway.url}/health`);
    await gateway.close(0);
    expect(receiver.spans.map(({ name }) => name)).toEqual(['GET /health']);
    const wrong = { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' };
    await expect(startTestGateway(cleanup, {}, { environment: wrong })).rejects.toMatchObject({
      failure: { code: 'INVALID_CONFIG', issues: [{ path: 'OTEL_EXPORTER_OTLP_ENDPOINT' }] },
    });
  });

  it.each([
    ['is loaded where there is a receiver', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }, true],
    ['is not where there is none', {}, false],
  ])('has an SDK, which %s', async (_what, environment, isLoaded) => {
    expect(await loadedModules(environment)).toBe(isLoaded);
  });

  it('when there is none, the caller’s context is still passed on', async () => {
    const vendor = cleanup.add(await startFaultServer({ kind: 'status', status: 500 }));
    const gateway = await startTestGateway(
      cleanup,
      { providers: [{ kind: 'openai', name: 'vendor', baseUrl: vendor.baseUrl, model: 'm' }] },
      { environment: {} },
    );
    const body = { messages: [{ role: 'user', content: 'hello' }] };
    await postJson(gateway, '/v1/chat/completions', body, { traceparent: TRACEPARENT });
    expect(vendor.lastRequest()).toContain(`traceparent: ${TRACEPARENT}`);
  });
});
