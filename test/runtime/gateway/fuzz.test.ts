import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { errorBodySchema } from '../../../runtime/gateway/error-body.ts';
import { ROUTES } from '../../../runtime/gateway/routes.ts';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { FAULTS, isFaultCode } from '../../../vocabulary/faults.ts';
import { Cleanup, postJson, readMetric, startTestGateway } from '../support/gateway-rig.ts';

const cleanup = new Cleanup();
let gateway: RunningGateway;
let interactionId: string;
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => {
  unhandled.push(reason);
};

beforeAll(async () => {
  process.on('unhandledRejection', onUnhandled);
  gateway = await startTestGateway(cleanup, {});
  interactionId = (await postJson(gateway, '/v1/interactions', {})).body.interactionId;
});
afterAll(async () => {
  await cleanup.run();
  process.off('unhandledRejection', onUnhandled);
});

interface Shot {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Ids as an attacker would write them: traversal, encodings, nothing, too long, SQL. */
const id = fc.oneof(
  fc.constant('KNOWN'),
  fc.constantFrom(
    '..',
    '../..',
    '..%2f..%2fetc%2fpasswd',
    '%00',
    '%ff',
    '%',
    '.',
    '__proto__',
    "' OR 1=1 --",
  ),
  fc.constant('a'.repeat(300)),
  fc
    .string({ unit: 'grapheme', maxLength: 20 })
    .filter((text) => text.isWellFormed())
    .map(encodeURIComponent),
);

const paths = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constantFrom(...ROUTES.map(({ path }) => path)), id).map(fill) },
  { weight: 1, arbitrary: fc.webPath() },
  {
    weight: 1,
    arbitrary: fc.constantFrom('//', '/v1//models', '/v1/../metrics', '/%', '/?x=%', '/v1/models?'),
  },
);

function fill([path, filler]: [string, string]): string {
  return path.replace(':id', filler);
}

const KEYS = [
  'messages',
  'model',
  'stream',
  'max_tokens',
  'stop',
  'messageId',
  'text',
  'customerId',
  'channel',
];
const PROTOTYPE_KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'];

const valid = fc.constantFrom(
  { messages: [{ role: 'user', content: 'refund' }] },
  { messages: [{ role: 'user', content: 'refund' }], stream: true },
  { messageId: 'm', text: 'refund' },
  { messageId: 'n', text: 'refund', stream: true },
  { channel: 'chat', customerId: 'c' },
  {},
);
const field = fc.tuple(
  fc.oneof(fc.constantFrom(...KEYS), fc.constantFrom(...PROTOTYPE_KEYS), fc.string()),
  fc.jsonValue({ maxDepth: 3 }),
);
const mutated = fc
  .tuple(valid, fc.array(field, { maxLength: 3 }))
  .map(([base, fields]) => JSON.stringify({ ...base, ...Object.fromEntries(fields) }));
const text = fc.oneof(
  valid.map((body) => JSON.stringify(body)),
  mutated,
  // As text, since an object literal would set the prototype instead of a key.
  fc.constantFrom('{"__proto__":{"x":1}}', '{"constructor":{"prototype":{"x":1}}}', '{"a":1,"a":2}', ''),
  fc.constantFrom('['.repeat(5000), '{"a":'.repeat(5000), '"\\ud800"', '{"messageId":"\\ud800","text":"x"}'),
  fc.json(),
  fc.string({ unit: 'binary' }),
);
const bodies = fc.oneof(
  { weight: 9, arbitrary: text.map((body) => Buffer.from(body)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }).map((body) => Buffer.from(body)) },
);
const contentType = fc.oneof(
  { weight: 8, arbitrary: fc.constant('application/json') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'text/plain',
      'application/json; charset=utf-16',
      'multipart/form-data',
      ';',
      '*/*',
    ),
  },
);

const shots: fc.Arbitrary<Shot> = fc
  .tuple(
    fc.oneof(
      { weight: 5, arbitrary: fc.constant('POST') },
      { weight: 2, arbitrary: fc.constantFrom(...METHODS) },
    ),
    paths,
    contentType,
    bodies,
  )
  .map(([method, path, type, body]) => ({ method, path, headers: { 'content-type': type }, body }));

interface Seen {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function shoot({ method, path, headers, body }: Shot): Promise<Seen> {
  const hasBody = !['GET', 'HEAD'].includes(method);
  const sending = httpRequest({
    host: '127.0.0.1',
    port: gateway.port,
    method,
    path: path.replace('KNOWN', interactionId).replace(/[^\x21-\x7e]/g, encodeURIComponent),
    headers: hasBody ? { ...headers, 'content-length': body.length } : {},
  });
  sending.end(hasBody ? body : undefined);
  const [response] = await once(sending, 'response');
  const chunks: Buffer[] = await response.toArray();
  return {
    status: response.statusCode,
    type: String(response.headers['content-type'] ?? ''),
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

/** A refusal is in OpenAI's shape with a code of the vocabulary under that code's own status. */
function checkRefusal(shot: Shot, { status, body }: Seen): void {
  if (status < 400 || shot.method === 'HEAD') return;
  const { error } = errorBodySchema.parse(JSON.parse(body));
  if (!isFaultCode(error.code)) throw new Error(`${error.code} is no fault`);
  expect(FAULTS[error.code].httpStatus).toBe(status);
  // What is said about a request stays in proportion to it.
  expect(error.message.length).toBeLessThan(4000);
}

const SHOTS_PER_RUN = 50;
const RUNS = 210;

it('ten thousand requests over all routes: no 5xx, every refusal in shape, memory bounded', async () => {
  const statuses = new Map<number, number>();
  let sent = 0;
  const round = (runs: number, seed: number) =>
    fc.assert(
      fc.asyncProperty(
        fc.array(shots, { minLength: SHOTS_PER_RUN, maxLength: SHOTS_PER_RUN }),
        async (volley) => {
          const seen = await Promise.all(volley.map(shoot));
          for (const [index, answer] of seen.entries()) {
            const shot = volley[index] as Shot;
            sent++;
            statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
            expect(answer.status, JSON.stringify({ ...shot, body: shot.body.toString() })).toBeLessThan(500);
            checkRefusal(shot, answer);
          }
        },
      ),
      { numRuns: runs, seed, endOnFailure: true },
    );
  await round(60, 1);
  const before = process.memoryUsage().rss;
  await round(RUNS - 60, 2);
  const grownMiB = (process.memoryUsage().rss - before) / 1_048_576;
  expect(sent).toBe(RUNS * SHOTS_PER_RUN);
  // The generator reaches the handlers, the validation, the lookup, the router and the parser.
  for (const status of [200, 201, 400, 404, 405, 415]) {
    expect(statuses.get(status) ?? 0, `status ${status}`).toBeGreaterThan(20);
  }
  expect(grownMiB).toBeLessThan(100);
  expect(unhandled).toEqual([]);
  expect(({} as { x?: number }).x).toBeUndefined();
  expect(await readMetric(gateway, 'busyhour_gateway_in_flight_requests')).toBe(0);
}, 90_000);

it('a request full of problems gets a short answer', async () => {
  const messages = Array.from({ length: 9000 }, () => 1);
  const many = await postJson(gateway, '/v1/chat/completions', { messages });
  expect(many.status).toBe(400);
  expect(many.body.error.message).toMatch(/messages\[0\].*And 8980 more\.$/);
  expect(many.body.error.message.length).toBeLessThan(2100);
  const unknown = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`key${index}`, 1]));
  const wide = await postJson(gateway, '/v1/chat/completions', unknown);
  expect(wide.status).toBe(400);
  expect(wide.body.error.message.length).toBeLessThan(2100);
  const name = await postJson(gateway, '/v1/interactions', { ['k'.repeat(100_000)]: 1 });
  expect(JSON.stringify(name.body).length).toBeLessThan(3000);
});
