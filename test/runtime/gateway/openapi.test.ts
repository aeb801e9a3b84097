import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { isFaultCode } from '../../../vocabulary/faults.ts';
import { readinessSchema } from '../../../vocabulary/readiness.ts';
import { PROCESS_METRICS, SERVER_GAUGES, SERVER_HISTOGRAMS } from '../../../vocabulary/server-metrics.ts';
import { Cleanup, findText, getJson, postJson, startTestGateway } from '../support/gateway-rig.ts';
import { startTestInference, type TestInference } from '../support/inference.ts';

const cleanup = new Cleanup();
const SCRIPTS = fileURLToPath(new URL('../../../scenarios/scripts/telecom-service-desk', import.meta.url));
let gateway: RunningGateway;
let draining: RunningGateway;
let inference: TestInference;
// biome-ignore lint/suspicious/noExplicitAny: the document is walked as data
let document: any;

beforeAll(async () => {
  inference = await startTestInference();
  cleanup.add(inference);
  gateway = await startTestGateway(cleanup, {
    providers: [
      { kind: 'grpc', name: 'local', address: inference.address },
      { kind: 'keyword', name: 'keyword' },
    ],
    // Callers without a key are administrators here, so that every operation can be driven.
    tenants: [{ name: 'open', admin: true }],
    dialog: { scripts: { folder: SCRIPTS } },
  });
  draining = await startTestGateway(cleanup, { tenants: [{ name: 'open', admin: true }] });
  document = (await getJson(gateway, '/openapi.json')).body;
});
afterAll(() => cleanup.run());

interface Drive {
  readonly path: string;
  readonly body?: unknown;
  /** Another gateway than that of the other operations. */
  readonly at?: string;
}

/** A valid request for each operation; every documented operation must be here. */
async function drives(): Promise<Record<string, Drive>> {
  const id = (await postJson(gateway, '/v1/interactions', {})).body.interactionId;
  const waiting = (await postJson(gateway, '/v1/interactions', {})).body.interactionId;
  await postJson(gateway, `/v1/interactions/${waiting}/escalate`, { reason: 'asked' });
  const version = (await getJson(gateway, '/v1/admin/scripts')).body.activeVersion;
  const chat = { messages: [{ role: 'user', content: 'hello' }], max_tokens: 3 };
  return {
    createChatCompletion: { path: '/v1/chat/completions', body: chat },
    listModels: { path: '/v1/models' },
    readModel: { path: '/v1/models/keyword' },
    createInteraction: { path: '/v1/interactions', body: { channel: 'web' } },
    createTurn: { path: `/v1/interactions/${id}/turns`, body: { messageId: 'm', text: 'hello' } },
    getInteraction: { path: `/v1/interactions/${id}` },
    escalateInteraction: { path: `/v1/interactions/${id}/escalate`, body: { reason: 'asked' } },
    closeInteraction: { path: `/v1/interactions/${id}/close`, body: { reason: 'done' } },
    listTurns: { path: `/v1/interactions/${id}/turns?after=-1&limit=5` },
    readScripts: { path: '/v1/admin/scripts' },
    listInteractions: { path: '/v1/admin/interactions?limit=5' },
    readLive: { path: '/v1/admin/live' },
    readQueue: { path: '/v1/admin/queue' },
    listEscalations: { path: '/v1/admin/escalations' },
    readAnalytics: { path: '/v1/admin/analytics' },
    readProviders: { path: '/v1/admin/providers' },
    readTenants: { path: '/v1/admin/tenants' },
    activateScript: { path: '/v1/admin/scripts/activate', body: { version } },
    reloadScripts: { path: '/v1/admin/scripts/reload', body: {} },
    takeEscalation: { path: `/v1/admin/escalations/${waiting}/take`, body: { by: 'Kim' } },
    resolveEscalation: { path: `/v1/admin/escalations/${waiting}/resolve`, body: { reason: 'solved' } },
    deleteCustomer: { path: '/v1/admin/customers/delete', body: { customerId: 'nobody' } },
    health: { path: '/health' },
    ready: { path: '/ready' },
    metrics: { path: '/metrics' },
    openapi: { path: '/openapi.json' },
    beginDrain: { path: '/v1/admin/drain', body: {}, at: draining.url },
  };
}

interface OperationSpec {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: object }> };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content: Record<string, { schema: never }> }>
  >;
}

const operations = (): { method: string; path: string; spec: OperationSpec }[] =>
  Object.entries<Record<string, OperationSpec>>(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, spec]) => ({ method, path, spec })),
  );

describe('/openapi.json', () => {
  it('is an OpenAPI 3.1 document: ids unique, path parameters declared, references resolved, schemas readable', () => {
    expect(document.openapi).toBe('3.1.0');
    const all = operations();
    expect(new Set(all.map(({ spec }) => spec.operationId)).size).toBe(all.length);
    for (const { path, spec } of all) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const inPath = (spec.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => name)).toEqual(names);
    }
    for (const ref of findText(document, '$ref')) {
      const target = ref
        .slice(2)
        .split('/')
        .reduce((at, key) => at?.[key], document);
      expect(target, ref).toBeDefined();
    }
  });

  it('documents only codes of the fault vocabulary, under their own status', () => {
    for (const { spec } of operations()) {
      for (const [status, response] of Object.entries(spec.responses)) {
        if (status.startsWith('2')) continue;
        for (const code of response.description.split(', ')) expect(isFaultCode(code), code).toBe(true);
      }
    }
  });

  it('every operation in it answers a valid request as documented', async () => {
    const requests = await drives();
    // In the order of the table, since the dialog's operations build on each other.
    const all = new Map(operations().map((operation) => [operation.spec.operationId, operation]));
    expect([...all.keys()].sort()).toEqual(Object.keys(requests).sort());
    for (const [operationId, { path, body, at = gateway.url }] of Object.entries(requests)) {
      const { method, spec } = all.get(operationId) ?? expect.unreachable(operationId);
      const [status, response] =
        Object.entries(spec.responses).find(([key]) => key.startsWith('2')) ??
        expect.unreachable(operationId);
      const answer = await fetch(at + path, {
        method: method.toUpperCase(),
        ...(body === undefined
          ? {}
          : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
      expect([operationId, String(answer.status)]).toEqual([operationId, status]);
      const schema = response.content['application/json']?.schema;
      if (schema === undefined) await answer.text();
      else {
        const checked = z.fromJSONSchema(schema).safeParse(await answer.json());
        expect(checked.error?.issues, operationId).toBeUndefined();
      }
    }
  });

  it('every operation with a body refuses an empty list of fields that it does not know', async () => {
    for (const { method, path } of operations().filter((operation) => operation.method === 'post')) {
      const answer = await postJson(gateway, path.replace('{id}', 'x'), { unknown: 1 });
      expect([method, answer.status, answer.body.error.code]).toEqual([
        'post',
        400,
        'caller_invalid_request',
      ]);
    }
  });
});

/** Values of every JSON type, at and beyond edges. */
const ODD = [null, true, 0, -1, 1.5, 1e300, 'x', '', [], {}, [1], { x: 1 }, [[]], 'y'.repeat(600)];

async function postText(path: string, body: unknown): Promise<{ status: number; text: string }> {
  const answer = await fetch(gateway.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, text: await answer.text() };
}

function mutations(valid: Readonly<Record<string, unknown>>, properties: readonly string[]): unknown[] {
  const changed = properties.flatMap((key) => ODD.map((value) => ({ ...valid, [key]: value })));
  const without = Object.keys(valid).map((key) =>
    Object.fromEntries(Object.entries(valid).filter(([name]) => name !== key)),
  );
  return [...changed, ...without, { ...valid, unknown: 1 }, ...ODD.filter((value) => value !== null)];
}

describe('the schemas of the document', () => {
  const ajv = new Ajv2020({ strict: false, allErrors: false });

  it('are valid JSON Schema, all of them, and the frames of sockets are among them', () => {
    const schemas = operations().flatMap(({ spec }) => [
      ...Object.values(spec.requestBody?.content ?? {}),
      ...Object.values(spec.responses).flatMap(({ content }) => Object.values(content)),
    ]);
    for (const { schema } of schemas) expect(ajv.validateSchema(schema), JSON.stringify(schema)).toBe(true);
    for (const schema of Object.values<object>(document.components.schemas))
      expect(ajv.validateSchema(schema)).toBe(true);
    const frame = ajv.compile(document.components.schemas.SocketClientFrame);
    expect(frame({ type: 'resume', lastEventId: 4 })).toBe(true);
    expect(frame({ type: 'resume' })).toBe(false);
  });

  async function driveBodies(path: string, spec: OperationSpec, valid: unknown) {
    const isError = ajv.compile(document.components.schemas.Error);
    const schema = spec.requestBody?.content['application/json']?.schema ?? {};
    const isValid = ajv.compile(schema);
    const properties = Object.keys((schema as { properties?: object }).properties ?? {});
    const seen: { isRight: boolean }[] = [];
    for (const body of mutations(valid as Record<string, unknown>, properties)) {
      const answer = await postText(path.replace('{id}', 'none'), body);
      const what = `${spec.operationId} ${JSON.stringify(body).slice(0, 200)} ${answer.status} ${answer.text.slice(0, 300)}`;
      expect(answer.status, what).toBeLessThan(500);
      const isRight = answer.status !== 400 || answer.text.includes('caller_context_too_long');
      expect(isRight, what).toBe(isValid(body));
      if (answer.status >= 400) expect(isError(JSON.parse(answer.text)), what).toBe(true);
      seen.push({ isRight });
    }
    return seen;
  }

  it('and the validation agree about hundreds of bodies, whichever way they are wrong or right', async () => {
    const requests = await drives();
    let [right, wrong] = [0, 0];
    const driven = operations().filter(
      ({ spec }) => spec.requestBody !== undefined && spec.operationId !== 'beginDrain',
    );
    for (const { path, spec } of driven) {
      for (const { isRight } of await driveBodies(path, spec, requests[spec.operationId]?.body)) {
        if (isRight) right++;
        else wrong++;
      }
    }
    expect(right).toBeGreaterThan(20);
    expect(wrong).toBeGreaterThan(200);
  }, 60_000);
});

describe('probes', () => {
  it('/ready says which engine would answer, and that it is simulated', async () => {
    const { status, body } = await getJson(gateway, '/ready');
    expect(status).toBe(200);
    expect(readinessSchema.parse(body).providers).toMatchObject([
      { name: 'local', kind: 'grpc', state: 'up', engine: { kind: 'simulated', simulated: true } },
      { name: 'keyword', kind: 'keyword', state: 'up' },
    ]);
  });

  it('/ready is 503 with the reason when nothing answers, while /health stays 200', async () => {
    const alone = await startTestGateway(cleanup, {
      providers: [{ kind: 'grpc', name: 'local', address: '127.0.0.1:1' }],
      timeouts: { connectMs: 300 },
    });
    const { status, body } = await getJson(alone, '/ready');
    expect([status, body.status, body.providers[0].state]).toEqual([503, 'not-ready', 'down']);
    expect(body.providers[0].detail.length).toBeGreaterThan(5);
    expect((await getJson(alone, '/health')).status).toBe(200);
  });

  it('/metrics exports every name that the bench scrapes, and counts what was done', async () => {
    await postJson(gateway, '/v1/chat/completions', {
      messages: [{ role: 'user', content: 'hello' }],
      max_tokens: 5,
      ignore_eos: true,
    });
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    for (const name of [...Object.values(SERVER_HISTOGRAMS)]) {
      expect(
        Number(new RegExp(`^${name}_count(?:\\{.*\\})? (\\d+)`, 'm').exec(text)?.[1]),
        name,
      ).toBeGreaterThan(0);
    }
    for (const name of [...Object.values(SERVER_GAUGES), ...Object.values(PROCESS_METRICS)]) {
      expect(text, name).toMatch(new RegExp(`^${name} [0-9.e+-]+$`, 'm'));
    }
    expect(text).toMatch(/^busyhour_engine_kv_capacity_tokens 1000000$/m);
    const overheadS = Number(/^busyhour_gateway_overhead_seconds_sum (\S+)/m.exec(text)?.[1]);
    const providerS = Number(/^busyhour_provider_request_seconds_sum\{.*\} (\S+)/m.exec(text)?.[1]);
    expect(overheadS).toBeGreaterThan(0);
    expect(overheadS).toBeLessThan(providerS + 1);
  });

  it('label values stay bounded whatever paths and methods are asked for', async () => {
    const count = async () =>
      (await (await fetch(`${gateway.url}/metrics`)).text())
        .split('\n')
        .filter((line) => line.startsWith('busyhour')).length;
    await getJson(gateway, '/none');
    await getJson(gateway, '/v1/interactions/none');
    const before = await count();
    for (let n = 0; n < 50; n++) {
      await getJson(gateway, `/random-${n}`);
      await getJson(gateway, `/v1/interactions/random-${n}`);
    }
    expect(await count()).toBe(before);
  });
});
