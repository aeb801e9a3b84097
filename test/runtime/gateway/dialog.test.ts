import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { parseSse } from '../../../runtime/llm/sse-parse.ts';
import { migrate } from '../../../runtime/store/migrations.ts';
import { SqliteHistoryStore } from '../../../runtime/store/sqlite-history-store.ts';
import { chunkOf, startFaultServer } from '../support/fault-server.ts';
import {
  Cleanup,
  getJson,
  postJson,
  QUICK_TIMEOUTS,
  readMetric,
  startTestGateway,
  until,
} from '../support/gateway-rig.ts';
import { startTestInference, type TestInference } from '../support/inference.ts';

const cleanup = new Cleanup();
let folder: string;
let path: string;
let inference: TestInference;
let gateway: RunningGateway;

const config = () => ({
  providers: [{ kind: 'grpc' as const, name: 'local', address: inference.address }],
  history: { kind: 'sqlite' as const, path },
  dialog: { maxOutputTokens: 12 },
});

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'busyhour-dialog-'));
  path = join(folder, 'history.sqlite');
  inference = cleanup.add(await startTestInference({ stepMs: 1 }));
  gateway = await startTestGateway(cleanup, config());
});
afterEach(async () => {
  await cleanup.run();
  rmSync(folder, { recursive: true });
});

async function begin(on = gateway): Promise<string> {
  const created = await postJson(on, '/v1/interactions', { customerId: 'customer-7', channel: 'phone' });
  expect(created).toMatchObject({ status: 201, body: { state: 'active', channel: 'phone', turns: [] } });
  return created.body.interactionId;
}

const turn = (id: string, messageId: string, text: string, on = gateway) =>
  postJson(on, `/v1/interactions/${id}/turns`, { messageId, text });

/** Rows as another process reads them from the file. */
function rows(): { message_id: string; turn_index: number; answer_text: string; customer_text: string }[] {
  const database = new DatabaseSync(path, { readOnly: true });
  const all = database.prepare('SELECT * FROM turns ORDER BY turn_index').all();
  database.close();
  return all as never;
}

async function streamTurn(id: string, messageId: string, text: string, on = gateway) {
  const response = await fetch(`${on.url}/v1/interactions/${id}/turns`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messageId, text, stream: true }),
  });
  const events = [];
  if (response.body) for await (const data of parseSse(response.body)) events.push(JSON.parse(data));
  return events;
}

describe('turns of an interaction', () => {
  it('are answered in order and stored exactly as the client saw them', async () => {
    const id = await begin();
    const answers = [];
    for (const [index, text] of ['first', 'second', 'third'].entries()) {
      const answer = await turn(id, `m${index}`, text);
      expect(answer).toMatchObject({
        status: 200,
        body: { turnIndex: index, replayed: false, answeredBy: { engine: 'simulated', level: 'primary' } },
      });
      expect(answer.headers.get('x-busyhour-engine')).toBe('simulated');
      // Write before acknowledge: the row is in the file as soon as the answer is here.
      expect(rows()).toHaveLength(index + 1);
      answers.push(answer.body.text);
    }
    expect(rows().map((row) => row.answer_text)).toEqual(answers);
    expect(rows().map((row) => row.customer_text)).toEqual(['first', 'second', 'third']);
    const view = await getJson(gateway, `/v1/interactions/${id}`);
    expect(view.body.turns.map((shown: { answerText: string }) => shown.answerText)).toEqual(answers);
  });

  it('stream as started, texts and completed, and the text is what is stored', async () => {
    const id = await begin();
    const events = await streamTurn(id, 'm1', 'hello');
    const text = events.map((event) => ('usage' in event ? '' : (event.text ?? ''))).join('');
    expect(events[0]).toMatchObject({ provider: 'local', engine: 'simulated' });
    expect(events.at(-1)).toMatchObject({ text, replayed: false });
    expect(events.at(-1).timings.decode_ms).toBeGreaterThan(0);
    expect(rows()[0]?.answer_text).toBe(text);
  });

  it('carry the history: the prompt grows by each turn and its prefix is cached', async () => {
    const id = await begin();
    const first = (await turn(id, 'a', 'word '.repeat(60))).body.usage;
    const second = (await turn(id, 'b', 'next')).body.usage;
    expect(second.prompt_tokens).toBeGreaterThanOrEqual(first.prompt_tokens + first.completion_tokens);
    expect(second.prompt_tokens_details.cached_tokens).toBeGreaterThan(40);
  });

  it('go on after a restart, with context rebuilt from history', async () => {
    const id = await begin();
    const first = (await turn(id, 'a', 'word '.repeat(60))).body;
    await gateway.close(0);
    gateway = await startTestGateway(cleanup, config());
    const second = (await turn(id, 'b', 'next')).body;
    expect(second.turnIndex).toBe(1);
    expect(second.usage.prompt_tokens).toBeGreaterThanOrEqual(
      first.usage.prompt_tokens + first.usage.completion_tokens,
    );
    expect((await turn(id, 'a', 'word '.repeat(60))).body).toMatchObject({
      text: first.text,
      replayed: true,
    });
  });

  it('drop the oldest of a history that outgrows the context window', async () => {
    const small = cleanup.add(await startTestInference({ contextTokens: 200 }));
    const on = await startTestGateway(cleanup, {
      providers: [{ kind: 'grpc', name: 'local', address: small.address }],
      dialog: { maxOutputTokens: 16, systemPrompt: 'Be brief.' },
    });
    const id = await begin(on);
    for (let index = 0; index < 14; index++) {
      const answer = await turn(id, `m${index}`, `${'w '.repeat(40)} number ${index}`, on);
      expect(answer.status).toBe(200);
      expect(answer.body.usage.prompt_tokens).toBeLessThanOrEqual(200 - 16);
    }
  });

  it('that no window can hold are the caller’s fault', async () => {
    const id = await begin();
    const answer = await turn(id, 'm', 'word '.repeat(4000));
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'caller_context_too_long' } } });
    expect(rows()).toEqual([]);
  });
});

describe('idempotency', () => {
  it('one message id posted 20 times at once is generated once and answered 20 times alike', async () => {
    const id = await begin();
    // 16 may wait for their place; more at once is refused, so two waves.
    const wave = () => Promise.all(Array.from({ length: 10 }, () => turn(id, 'same', 'hello')));
    const answers = [...(await wave()), ...(await wave())];
    expect(new Set(answers.map((answer) => answer.body.text)).size).toBe(1);
    expect(answers.filter((answer) => !answer.body.replayed)).toHaveLength(1);
    expect(rows()).toHaveLength(1);
    expect(await readMetric(gateway, 'busyhour_provider_attempts_total{provider="local",result="ok"}')).toBe(
      1,
    );
  });

  it('any interleaving of message ids leaves one row per id, gapless, equal to every answer given', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 14 }),
        async (ids) => {
          const id = await begin();
          const before = rows().length;
          const answers = await Promise.all(ids.map((n) => turn(id, `m${n}`, `text ${n}`)));
          const view = (await getJson(gateway, `/v1/interactions/${id}`)).body.turns;
          expect(rows().length - before).toBe(new Set(ids).size);
          expect(view.map((shown: { turnIndex: number }) => shown.turnIndex)).toEqual(
            [...new Set(ids)].map((_, index) => index),
          );
          const stored = new Map(
            view.map((shown: { messageId: string; answerText: string }) => [
              shown.messageId,
              shown.answerText,
            ]),
          );
          for (const answer of answers) expect(answer.body.text).toBe(stored.get(answer.body.messageId));
        },
      ),
      { numRuns: 15, seed: 7 },
    );
  });

  it('a replay streams the stored answer; another text under the id is a conflict', async () => {
    const id = await begin();
    const first = await turn(id, 'm', 'hello');
    const events = await streamTurn(id, 'm', 'hello');
    expect(events.at(-1)).toMatchObject({ text: first.body.text, replayed: true });
    const other = await turn(id, 'm', 'goodbye');
    expect(other).toMatchObject({
      status: 409,
      body: { error: { code: 'caller_conflict', param: 'messageId' } },
    });
    expect(other.headers.get('x-should-retry')).toBe('false');
  });

  it('a turn that was cut has no row, and the same id is answered when the provider is well again', async () => {
    const cutting = await startFaultServer({ kind: 'stream', events: [chunkOf('Half an')], ending: 'cut' });
    cleanup.add(cutting);
    const on = await startTestGateway(cleanup, {
      ...config(),
      providers: [{ kind: 'openai', name: 'vendor', baseUrl: cutting.baseUrl, model: 'm' }],
      timeouts: QUICK_TIMEOUTS,
    });
    const id = await begin(on);
    const events = await streamTurn(id, 'm', 'hello', on);
    expect(events.map((event) => event.text).join('')).toBe('Half an');
    expect(events.at(-1)).toMatchObject({ error: { code: 'provider_incomplete' } });
    expect(await turn(id, 'm', 'hello', on)).toMatchObject({ status: 502 });
    expect(rows()).toEqual([]);
    // The first gateway works on the same history.
    expect(await turn(id, 'm', 'hello')).toMatchObject({
      status: 200,
      body: { replayed: false, turnIndex: 0 },
    });
    expect(rows()).toHaveLength(1);
  });

  it('a client that leaves mid-turn stops the engine and may ask again', async () => {
    const slow = cleanup.add(await startTestInference({ stepMs: 5 }));
    const on = await startTestGateway(cleanup, {
      providers: [{ kind: 'grpc', name: 'local', address: slow.address }],
      dialog: { maxOutputTokens: 400 },
    });
    const id = await begin(on);
    const leaving = new AbortController();
    const response = await fetch(`${on.url}/v1/interactions/${id}/turns`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ messageId: 'm', text: 'hello', stream: true }),
      signal: leaving.signal,
    });
    await response.body?.getReader().read();
    leaving.abort();
    await until(async () => (await slow.load()).runningRequests === 0, 'the engine letting go');
    await until(
      async () => (await readMetric(on, 'busyhour_gateway_in_flight_requests')) === 0,
      'the ticket coming back',
    );
  });
});

describe('states', () => {
  it('a handed-off interaction takes no turns but can be closed; a closed one takes nothing', async () => {
    const id = await begin();
    await turn(id, 'm', 'hello');
    const act = (action: string) =>
      postJson(gateway, `/v1/interactions/${id}/${action}`, { reason: 'asked' });
    expect(await act('escalate')).toMatchObject({
      status: 200,
      body: { state: 'handed-off', reason: 'asked' },
    });
    expect(await turn(id, 'm2', 'more')).toMatchObject({ status: 409 });
    expect(await act('escalate')).toMatchObject({ status: 409 });
    expect(await act('close')).toMatchObject({ status: 200, body: { state: 'closed' } });
    expect(await act('close')).toMatchObject({ status: 409, body: { error: { code: 'caller_conflict' } } });
    // What was answered stays answered.
    expect(await turn(id, 'm', 'hello')).toMatchObject({ status: 200, body: { replayed: true } });
  });

  it('an idle interaction is inactive, and its next turn makes it active', async () => {
    const on = await startTestGateway(cleanup, {
      ...config(),
      dialog: { maxOutputTokens: 2, inactiveAfterMs: 150 },
    });
    const id = await begin(on);
    const state = async () => (await getJson(on, `/v1/interactions/${id}`)).body.state;
    await until(async () => (await state()) === 'inactive', 'idling');
    await turn(id, 'm', 'hello', on);
    expect(await state()).toBe('active');
  });

  it('an unknown interaction is not found, and the customer’s id is nowhere in the file', async () => {
    expect(await turn('nope', 'm', 'x')).toMatchObject({
      status: 404,
      body: { error: { code: 'caller_not_found' } },
    });
    expect((await getJson(gateway, '/v1/interactions/nope')).status).toBe(404);
    await begin();
    const database = new DatabaseSync(path, { readOnly: true });
    const row = database.prepare('SELECT * FROM interactions').get();
    database.close();
    expect(row?.customer_hash).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(row)).not.toContain('customer-7');
  });
});

describe('a history that is full', () => {
  it('refuses the turn instead of acknowledging what was not written, and works again once there is room', async () => {
    const database = new DatabaseSync(':memory:');
    migrate(database);
    const on = await startTestGateway(
      cleanup,
      { providers: [{ kind: 'keyword', name: 'keyword' }] },
      { history: new SqliteHistoryStore(database) },
    );
    const id = await begin(on);
    // SQLite's own way of running out of disk: no page more than it has now.
    const pages = Number(database.prepare('PRAGMA page_count').get()?.page_count);
    database.exec(`PRAGMA max_page_count = ${pages}`);
    const text = 'refund '.repeat(5000);
    const full = await turn(id, 'm', text, on);
    expect(full).toMatchObject({ status: 503, body: { error: { code: 'gateway_store_unavailable' } } });
    expect(JSON.stringify(full.body)).not.toMatch(/sqlite|database/i);
    expect((await streamTurn(id, 'm', text, on)).at(-1)).toMatchObject({
      error: { code: 'gateway_store_unavailable' },
    });
    expect((await getJson(on, `/v1/interactions/${id}`)).body.turns).toEqual([]);
    database.exec('PRAGMA max_page_count = 100000');
    expect(await turn(id, 'm', text, on)).toMatchObject({
      status: 200,
      body: { turnIndex: 0, replayed: false },
    });
  });
});
