import { writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chunkOf } from '../runtime/support/fault-server.ts';
import { Cleanup, until } from '../runtime/support/gateway-rig.ts';
import { redisBinary, startRedis } from '../support/redis.ts';
import { startServe } from '../support/serve-process.ts';
import type { RealServer } from '../support/server-process.ts';
import { childrenOf } from './children.ts';
import { scratchFolder } from './command.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

/** A vendor over a real socket that counts what it is asked, and answers after a while or when it is told to. */
class CountingVendor {
  readonly #server: Server;
  readonly askedAtMs: number[] = [];
  readonly #open = new Set<ServerResponse>();
  mostAtOnce = 0;
  answerAfterMs: number;

  private constructor(answerAfterMs: number) {
    this.answerAfterMs = answerAfterMs;
    this.#server = createServer((request, response) => {
      request.resume();
      if (request.method === 'GET') return void response.end('{"data": [{"id": "m"}]}');
      this.askedAtMs.push(performance.now());
      this.#noteMostAtOnce([...this.#open]);
      this.#open.add(response);
      response.once('close', () => this.#open.delete(response));
      if (Number.isFinite(this.answerAfterMs)) setTimeout(() => this.#answer(response), this.answerAfterMs);
    });
  }

  static async start(answerAfterMs: number): Promise<CountingVendor> {
    const vendor = new CountingVendor(answerAfterMs);
    await new Promise<void>((resolve) => vendor.#server.listen(0, '127.0.0.1', resolve));
    return vendor;
  }

  get openRequests(): number {
    return this.#open.size;
  }

  provider(name: string, rest: object) {
    const { port } = this.#server.address() as AddressInfo;
    return { kind: 'openai', name, baseUrl: `http://127.0.0.1:${port}/v1`, model: 'm', ...rest };
  }

  /**
   * Counts a request that came beside these. The end of a connection whose client was killed may be read after the request
   * that its place was given to, so they are looked at again when all that had come by then has been read.
   */
  #noteMostAtOnce(others: readonly ServerResponse[]): void {
    const note = (): void => {
      const stillOpen = others.filter((other) => this.#open.has(other)).length;
      this.mostAtOnce = Math.max(this.mostAtOnce, 1 + stillOpen);
    };
    setImmediate(() => setImmediate(note));
  }

  #answer(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(`data: ${chunkOf('Yes.')}\n\ndata: ${chunkOf('', 'stop')}\n\ndata: [DONE]\n\n`);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const WORKERS = 3;
const RPM = 60;
/** A sixth of a minute's limit may go at once (docs/providers.md). */
const BURST = RPM / 6;
const FLOOD_MS = 5000;
/** Starting processes takes seconds on a machine that is busy. */
const LIMIT = { timeout: 120_000 };

async function chat(url: string): Promise<{ status: number; provider: string | null }> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'I want a refund' }] }),
    signal: AbortSignal.timeout(20_000),
  });
  await response.arrayBuffer();
  return { status: response.status, provider: response.headers.get('x-busyhour-provider') };
}

describe.skipIf(redisBinary() === undefined)('limits of vendors (skipped without redis-server)', () => {
  let redis: RealServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  async function serveBefore(providers: readonly object[]) {
    const folder = scratchFolder();
    const config = join(folder, 'gateway.json');
    // A machine that tests keep busy is late by itself, which is not what is asked here.
    const overload = { loopDelayTargetMs: 0 };
    const settings = { overload, providers: [...providers, { kind: 'keyword', name: 'keyword' }] };
    writeFileSync(config, JSON.stringify(settings));
    const history = join(folder, 'history.sqlite');
    return startServe(['--workers', String(WORKERS), '--history', history, '--config', config], {
      BUSYHOUR_REDIS_URL: redis.url,
    });
  }

  it(
    'hold for all workers together, a rate and a number of places that is smaller than theirs',
    LIMIT,
    async () => {
      const rated = cleanup.add(await CountingVendor.start(0));
      const narrow = cleanup.add(await CountingVendor.start(50));
      const queue = { maxQueued: 0, maxWaitMs: 0 };
      const serve = await serveBefore([
        rated.provider('rated', { queue, limits: { requestsPerMin: RPM } }),
        narrow.provider('narrow', { queue, limits: { concurrent: 1 } }),
      ]);
      const answers: { status: number; provider: string | null }[] = [];
      const startedAtMs = performance.now();
      const lane = async (): Promise<void> => {
        while (performance.now() < startedAtMs + FLOOD_MS) answers.push(await chat(serve.url));
      };
      await Promise.all(Array.from({ length: 8 }, lane));
      const tookS = (performance.now() - startedAtMs) / 1000;

      // What one process would let through; each for itself they would let through three times the burst and the rate.
      expect(rated.askedAtMs.length).toBeLessThanOrEqual(BURST + (RPM / 60) * tookS + 1);
      expect(rated.askedAtMs.length).toBeGreaterThanOrEqual(BURST);
      expect(narrow.mostAtOnce).toBe(1);
      expect(narrow.askedAtMs.length).toBeGreaterThan(10);
      // Nobody is the worse for it: what the vendors have no room for, the next in the chain answers.
      expect(answers.every(({ status }) => status === 200)).toBe(true);
      const by = (name: string) => answers.filter(({ provider }) => provider === name).length;
      expect(by('rated')).toBe(rated.askedAtMs.length);
      expect(by('narrow')).toBe(narrow.askedAtMs.length);
      expect(by('keyword')).toBeGreaterThan(0);
      serve.kill('SIGTERM');
      expect(await serve.exited).toBe(0);
    },
  );

  it('let those who wait in a line go on when a worker dies that held the place', LIMIT, async () => {
    const narrow = cleanup.add(await CountingVendor.start(Number.POSITIVE_INFINITY));
    const queue = { maxQueued: 10, maxWaitMs: 60_000 };
    const serve = await serveBefore([narrow.provider('narrow', { queue, limits: { concurrent: 1 } })]);
    const outcomes = Array.from({ length: 9 }, () =>
      chat(serve.url).then(
        ({ provider }) => provider,
        () => 'cut',
      ),
    );
    await until(() => narrow.openRequests === 1, 'the first request', 10_000);
    narrow.answerAfterMs = 0;
    // Whoever holds the place is among them, and those who wait with it are cut like it.
    const [spared, ...victims] = childrenOf(serve.pid);
    expect(spared).toBeDefined();
    for (const pid of victims) process.kill(pid, 'SIGKILL');
    const held = Promise.all(outcomes);
    const isOver = await Promise.race([
      held.then(() => true),
      until(() => narrow.askedAtMs.length > 1, 'another request', 5000).then(
        () => true,
        () => false,
      ),
    ]);
    // The one that was spared may be the one that holds it.
    if (!isOver) process.kill(spared ?? 0, 'SIGKILL');
    const ended = await held;
    expect(ended.filter((outcome) => outcome !== 'cut' && outcome !== 'narrow')).toEqual([]);
    await until(
      async () => (await chat(serve.url).catch(() => undefined))?.provider === 'narrow',
      'a place',
      20_000,
    );
    expect(narrow.mostAtOnce).toBe(1);
    serve.kill('SIGTERM');
    expect(await serve.exited).toBe(0);
  });
});
