import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import type { GatewayConfigInput } from '../../../runtime/config.ts';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { postgresBinary, startPostgres } from '../../support/postgres.ts';
import { chunkOf } from '../support/fault-server.ts';
import { Cleanup, postJson, startTestGateway, until } from '../support/gateway-rig.ts';
import { startOtlpReceiver } from '../telemetry/otlp-receiver.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

/** A vendor that streams a text and keeps its end back until the test lets it go. */
class HoldingVendor {
  readonly #server: Server;
  #held: ServerResponse[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      request.resume();
      if (request.method === 'GET') return void response.end('{"data": [{"id": "m"}]}');
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${chunkOf('Your parcel ')}\n\ndata: ${chunkOf('is on its way.')}\n\n`);
      this.#held.push(response);
    });
  }

  static async start(): Promise<HoldingVendor> {
    const vendor = new HoldingVendor();
    await new Promise<void>((resolve) => vendor.#server.listen(0, '127.0.0.1', resolve));
    return vendor;
  }

  get provider() {
    const { port } = this.#server.address() as AddressInfo;
    return { kind: 'openai' as const, name: 'vendor', baseUrl: `http://127.0.0.1:${port}/v1`, model: 'm' };
  }

  get held(): number {
    return this.#held.length;
  }

  finish(): void {
    for (const response of this.#held.splice(0)) {
      response.write(`data: ${chunkOf('', 'stop')}\n\n`);
      response.end('data: [DONE]\n\n');
    }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** A history that a gateway can use and that the test can break and mend. */
interface BreakableHistory {
  readonly config: NonNullable<GatewayConfigInput['history']>;
  readonly environment: Record<string, string>;
  fail(): Promise<void>;
  mend(): Promise<void>;
  /** Kinds of the audit rows that are there, when it is well. */
  auditKinds(): Promise<string[]>;
}

/** Another connection writes for longer than a writer waits: what a backup tool or a stuck administrator does. */
async function lockedSqlite(): Promise<BreakableHistory> {
  const folder = mkdtempSync(join(tmpdir(), 'busyhour-outcome-'));
  const path = join(folder, 'history.sqlite');
  let blocker: DatabaseSync | undefined;
  cleanup.add({
    close: async () => {
      blocker?.close();
      rmSync(folder, { recursive: true, force: true });
    },
  });
  return {
    config: { kind: 'sqlite', path },
    environment: {},
    fail: async () => {
      blocker = new DatabaseSync(path);
      blocker.exec('BEGIN IMMEDIATE');
    },
    mend: async () => {
      blocker?.close();
      blocker = undefined;
    },
    auditKinds: async () => {
      const database = new DatabaseSync(path, { readOnly: true });
      const rows = database.prepare('SELECT kind FROM audit ORDER BY chain, sequence').all();
      database.close();
      return rows.map((row) => String(row.kind));
    },
  };
}

async function killedPostgres(): Promise<BreakableHistory> {
  const postgres = await startPostgres();
  cleanup.add({ close: () => postgres.stop() });
  return {
    config: { kind: 'postgres', urlEnv: 'OUTCOME_POSTGRES_URL' },
    environment: { OUTCOME_POSTGRES_URL: postgres.url },
    fail: async () => {
      const { Client } = await import('pg');
      const client = new Client({ connectionString: postgres.url });
      client.on('error', () => undefined); // It goes with the server.
      await client.connect();
      const { rows } = await client.query('SELECT pid FROM pg_stat_activity');
      await postgres.kill();
      // A session outlives the server's first process until it notices, and may still write.
      await until(
        () => rows.every(({ pid }) => !existsSync(`/proc/${pid}`)),
        'the end of all sessions',
        20_000,
      );
    },
    mend: () => postgres.restart(),
    auditKinds: async () => {
      const { Client } = await import('pg');
      const client = new Client({ connectionString: postgres.url });
      await client.connect();
      const { rows } = await client.query('SELECT kind FROM audit ORDER BY chain, sequence');
      await client.end();
      return rows.map((row) => String(row.kind));
    },
  };
}

/** Everything that says how a request ended. */
async function startObserved(history: BreakableHistory) {
  const vendor = cleanup.add(await HoldingVendor.start());
  const receiver = cleanup.add(await startOtlpReceiver());
  const lines: string[] = [];
  const gateway = await startTestGateway(
    cleanup,
    {
      providers: [vendor.provider],
      history: history.config,
      logLevel: 'info',
      telemetry: { traces: { otlpUrl: receiver.url } },
    },
    { environment: history.environment, logDestination: { write: (line) => void lines.push(line) } },
  );
  return { vendor, receiver, gateway, lines };
}

type Observed = Awaited<ReturnType<typeof startObserved>>;

async function answersByOutcome(gateway: RunningGateway): Promise<Record<string, number>> {
  const page = await (await fetch(`${gateway.url}/metrics`)).text();
  const found = page.matchAll(/^busyhour_gateway_answers_total\{outcome="(\w+)",[^}]*\} (\d+)$/gm);
  return Object.fromEntries([...found].map(([, outcome, count]) => [outcome, Number(count)]));
}

/** The outcome of the one request on a route, in the log and in the trace. */
async function outcomesOf({ lines, receiver }: Observed, route: string) {
  const logged = () =>
    lines
      .flatMap((text) => text.split('\n').filter((line) => line.startsWith('{')))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line.msg === 'request' && line.route === route);
  const traced = () => receiver.spans.filter(({ attributes }) => attributes['http.route'] === route);
  await until(() => logged().length === 1 && traced().length === 1, `log line and span of ${route}`, 15_000);
  return { log: logged()[0]?.outcome, span: traced()[0]?.attributes['busyhour.outcome'] };
}

const post = (gateway: RunningGateway, path: string, body: object) =>
  fetch(gateway.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** Lets the vendor finish once it has said its text, with the history broken in between when that is wanted. */
async function atTheEnd(vendor: HoldingVendor, meanwhile: () => Promise<void>): Promise<void> {
  await until(() => vendor.held === 1, 'the text of the vendor', 10_000);
  await meanwhile();
  vendor.finish();
}

const CHAT = '/v1/chat/completions';
const TURNS = '/v1/interactions/:id/turns';
const QUESTION = { messages: [{ role: 'user', content: 'Where is my parcel?' }] };
const LIMIT = { timeout: 60_000 };

const HISTORIES = [
  { what: 'a locked SQLite file', open: lockedSqlite, isMissing: false },
  { what: 'a killed PostgreSQL', open: killedPostgres, isMissing: postgresBinary() === undefined },
];

for (const { what, open, isMissing } of HISTORIES) {
  describe.skipIf(isMissing)(`after the text, with ${what} (skipped where it is not installed)`, () => {
    for (const stream of [true, false]) {
      const how = stream ? 'streamed' : 'whole';

      it(
        `a ${how} completion is incomplete on the wire, in the metric, the log, the trace and the audit trail`,
        LIMIT,
        async () => {
          const history = await open();
          const observed = await startObserved(history);
          const answering = post(observed.gateway, CHAT, { ...QUESTION, stream });
          await atTheEnd(observed.vendor, history.fail);
          const wire = await (await answering).text();
          expect(wire).toContain('gateway_store_unavailable');
          expect(wire).not.toContain('[DONE]');
          expect(wire.includes('is on its way')).toBe(stream);
          expect(await answersByOutcome(observed.gateway)).toEqual({ incomplete: 1 });
          const code = 'gateway_store_unavailable';
          expect(await outcomesOf(observed, CHAT)).toEqual({ log: code, span: code });
          await history.mend();
          expect(await history.auditKinds()).not.toContain('completion_answered');
        },
      );

      it(`a ${how} turn ends as an error in all of them`, LIMIT, async () => {
        const history = await open();
        const observed = await startObserved(history);
        const { interactionId } = (await postJson(observed.gateway, '/v1/interactions', {})).body;
        const path = `/v1/interactions/${interactionId}/turns`;
        const turn = { messageId: 'm', text: 'Where is my parcel?', stream };
        const answering = post(observed.gateway, path, turn);
        await atTheEnd(observed.vendor, history.fail);
        const wire = await (await answering).text();
        expect(wire).toContain('gateway_store_unavailable');
        expect(wire).not.toContain('completed');
        expect(await answersByOutcome(observed.gateway)).toEqual({ incomplete: 1 });
        const code = 'gateway_store_unavailable';
        expect(await outcomesOf(observed, TURNS)).toEqual({ log: code, span: code });
        await history.mend();
        expect(await history.auditKinds()).not.toContain('turn_answered');
      });
    }
  });
}

describe('after the text, with a history that is well', () => {
  it('a completion and a turn are complete in all of them', LIMIT, async () => {
    const history = await lockedSqlite();
    const observed = await startObserved(history);
    const chat = post(observed.gateway, CHAT, { ...QUESTION, stream: true });
    await atTheEnd(observed.vendor, async () => undefined);
    expect(await (await chat).text()).toContain('[DONE]');
    const { interactionId } = (await postJson(observed.gateway, '/v1/interactions', {})).body;
    const turn = { messageId: 'm', text: 'Where is my parcel?', stream: true };
    const answering = post(observed.gateway, `/v1/interactions/${interactionId}/turns`, turn);
    await atTheEnd(observed.vendor, async () => undefined);
    expect(await (await answering).text()).toContain('completed');
    expect(await answersByOutcome(observed.gateway)).toEqual({ complete: 2 });
    expect(await outcomesOf(observed, CHAT)).toEqual({ log: 'ok', span: 'ok' });
    expect(await outcomesOf(observed, TURNS)).toEqual({ log: 'ok', span: 'ok' });
    const kinds = await history.auditKinds();
    expect(kinds).toEqual(expect.arrayContaining(['completion_answered', 'turn_answered']));
  });
});
