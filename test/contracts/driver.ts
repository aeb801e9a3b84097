import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Driver, DriverOptions, Exchange, TurnRequest } from '../../bench/drive/driver.ts';
import type { Outcome } from '../../vocabulary/outcomes.ts';
import { type Behaviour, GAP_MS, type WireServer, WORDS } from './wire-server.ts';

/** Wide apart, so that which of them ran out is plain on a busy machine too. */
const TIMEOUTS = { connectMs: 2_000, firstTokenMs: 1_000, idleMs: 350, totalMs: 1_800 };

export interface DriverContract {
  readonly name: string;
  readonly create: (options: DriverOptions) => Driver;
  /** A real server of the protocol, which misbehaves as told. */
  readonly start: () => Promise<WireServer>;
  /** Where the driver is pointed at, given the server's origin. */
  readonly urlFrom: (origin: string) => string;
  readonly isStreaming: boolean;
  /** Behaviours that this protocol cannot tell from a good answer. */
  readonly blindTo?: readonly Behaviour[];
  /** Outcomes of a protocol that has no HTTP status to tell. */
  readonly outcomes?: { readonly [B in Behaviour]?: Partial<Outcome> };
}

let interactions = 0;

const turn = (overrides: Partial<TurnRequest> = {}): TurnRequest => ({
  interactionId: `interaction ${interactions++}`,
  messages: [
    { role: 'system', content: 'be brief' },
    { role: 'user', content: 'where is my parcel' },
  ],
  maxOutputTokens: 3,
  exactOutputTokens: true,
  keepText: true,
  ...overrides,
});

const EXPECTED: readonly (readonly [Behaviour, Partial<Outcome>])[] = [
  ['slow-first-token', { state: 'timed-out', phase: 'first-token' }],
  ['stall-after-first-token', { state: 'timed-out', phase: 'idle' }],
  ['endless', { state: 'timed-out', phase: 'total' }],
  ['reset-before-answer', { state: 'failed', code: 'connection-reset' }],
  ['cut-after-first-token', { state: 'failed', code: 'incomplete-stream' }],
  ['clean-end-without-finish', { state: 'failed', code: 'incomplete-stream' }],
  [
    'error-event-after-first-token',
    { state: 'failed', code: 'incomplete-stream', faultCode: 'provider_incomplete' },
  ],
  ['malformed', { state: 'failed', code: 'malformed-response' }],
  ['empty', { state: 'failed', code: 'empty-answer' }],
  ['400', { state: 'failed', code: 'http-client-error', httpStatus: 400 }],
  ['429', { state: 'failed', code: 'http-rate-limited', httpStatus: 429, faultCode: 'policy_rate_limited' }],
  ['500', { state: 'failed', code: 'http-server-error', httpStatus: 500 }],
  ['503', { state: 'failed', code: 'http-overloaded', httpStatus: 503, faultCode: 'gateway_overloaded' }],
];

/** What every driver must do, against a real server on loopback. */
export function describeDriver(contract: DriverContract): void {
  describe(`driver ${contract.name}`, () => {
    let server: WireServer;
    let driver: Driver;
    const createFor = (origin: string): Driver =>
      contract.create({
        url: contract.urlFrom(origin),
        apiKey: 'key',
        model: 'm',
        timeouts: TIMEOUTS,
        maxConnections: 64,
      });
    const send = (behaviour: Behaviour, request = turn()): Promise<Exchange> => {
      server.behaviour = behaviour;
      return driver.send(request, new AbortController().signal);
    };

    beforeAll(async () => {
      server = await contract.start();
      driver = createFor(server.url);
    });
    afterAll(async () => {
      await driver.close();
      await server.close();
    });

    it('completes a good answer with its text and its instants in order', async () => {
      const beforeMs = performance.now();
      const exchange = await send('good');
      expect(exchange.outcome).toEqual({ state: 'completed' });
      expect(exchange.sentAtMs).toBeGreaterThanOrEqual(beforeMs);
      expect(exchange.endedAtMs - exchange.sentAtMs).toBeGreaterThanOrEqual(WORDS.length * GAP_MS - 3);
      expect(exchange.endedAtMs).toBeLessThanOrEqual(performance.now());
      expect(exchange.text).toContain('grüße');
      const instants = [exchange.sentAtMs, ...exchange.chunksAtMs, exchange.endedAtMs];
      expect(instants).toEqual([...instants].sort((a, b) => a - b));
    });

    it.runIf(contract.isStreaming)(
      'times each content chunk when its bytes come and reads usage',
      async () => {
        const { chunksAtMs, sentAtMs, usage, queueWaitMs } = await send('good');
        expect(chunksAtMs).toHaveLength(WORDS.length);
        expect((chunksAtMs[0] ?? 0) - sentAtMs).toBeGreaterThanOrEqual(GAP_MS - 3);
        expect((chunksAtMs[2] ?? 0) - (chunksAtMs[0] ?? 0)).toBeGreaterThanOrEqual(1.5 * GAP_MS);
        expect(usage).toEqual({ inputTokens: 6, outputTokens: 3, cachedInputTokens: 2 });
        expect(queueWaitMs).toBe(1.5);
      },
    );

    it.runIf(contract.isStreaming)(
      'reads events that are split anywhere, inside a character too',
      async () => {
        const exchange = await send('split-bytes');
        expect(exchange.outcome.state).toBe('completed');
        expect(exchange.text).toBe(WORDS.join(''));
        expect(exchange.chunksAtMs).toHaveLength(WORDS.length);
      },
    );

    it('gives no text where none is wanted', async () => {
      expect((await send('good', turn({ keepText: false }))).text).toBe('');
    });

    for (const [behaviour, usual] of EXPECTED.filter(([name]) => !contract.blindTo?.includes(name))) {
      const outcome = contract.outcomes?.[behaviour] ?? usual;
      it(`says ${JSON.stringify(outcome)} of ${behaviour}`, async () => {
        expect((await send(behaviour)).outcome).toMatchObject(outcome);
      });
    }

    it('keeps the idle limit from the last bytes, not from the limit before', async () => {
      const { sentAtMs, endedAtMs } = await send('stall-after-first-token');
      expect(endedAtMs - sentAtMs).toBeGreaterThanOrEqual(TIMEOUTS.idleMs);
      expect(endedAtMs - sentAtMs).toBeLessThan(TIMEOUTS.firstTokenMs - 20);
    });

    it('does not name a fault code that is not in the closed list', async () => {
      expect((await send('500')).outcome).not.toHaveProperty('faultCode');
    });

    it('is refused where nobody listens', async () => {
      const placeholder = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => placeholder.once('listening', resolve));
      const { port } = placeholder.address() as AddressInfo;
      await new Promise((resolve) => placeholder.close(resolve));
      const lonely = createFor(`http://127.0.0.1:${port}`);
      const { outcome } = await lonely.send(turn(), new AbortController().signal);
      expect(outcome).toMatchObject({ state: 'failed', code: 'connect-refused' });
      await lonely.close();
    });

    it('reaches the socket when aborted, and says that the run ended', async () => {
      server.behaviour = 'endless';
      const before = server.aborted;
      const abort = new AbortController();
      const sending = driver.send(turn(), abort.signal);
      setTimeout(() => abort.abort(), 100);
      expect((await sending).outcome).toEqual({ state: 'timed-out', phase: 'run-ended' });
      await expect.poll(() => server.aborted).toBe(before + 1);
    });

    it('sends nothing when the signal is aborted already', async () => {
      server.behaviour = 'good';
      const asked = server.bodies.length;
      const { outcome } = await driver.send(turn(), AbortSignal.abort());
      expect(outcome).toEqual({ state: 'timed-out', phase: 'run-ended' });
      expect(server.bodies).toHaveLength(asked);
    });

    it('carries many requests at once, each with its own answer', async () => {
      server.behaviour = 'good';
      const signal = new AbortController().signal;
      const exchanges = await Promise.all(Array.from({ length: 40 }, () => driver.send(turn(), signal)));
      expect(exchanges.map(({ outcome }) => outcome.state)).toEqual(Array(40).fill('completed'));
    });

    it('sends the customer message', async () => {
      await send('good', turn({ messages: [{ role: 'user', content: 'a rare message' }] }));
      expect(JSON.stringify(server.bodies.at(-1))).toContain('a rare message');
    });
  });
}
