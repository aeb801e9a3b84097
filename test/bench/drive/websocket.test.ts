import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Driver, TurnRequest } from '../../../bench/drive/driver.ts';
import { createWebsocketDriver } from '../../../bench/drive/websocket.ts';
import { startGroundTruth } from '../../../bench/ground-truth/server.ts';
import { type RunningGateway, startGateway } from '../../../runtime/gateway/start-gateway.ts';

const TIMEOUTS = { connectMs: 2_000, firstTokenMs: 5_000, idleMs: 5_000, totalMs: 10_000 };
const DELAY_MS = 60;
const GAP_MS = 15;
const TOKENS = 8;

let interactions = 0;
const turn = (overrides: Partial<TurnRequest> = {}): TurnRequest => ({
  interactionId: `i${interactions++}`,
  messages: [{ role: 'user', content: 'where is my parcel' }],
  maxOutputTokens: TOKENS,
  exactOutputTokens: false,
  keepText: false,
  ...overrides,
});

describe('the websocket driver against the real gateway', () => {
  let vendor: Awaited<ReturnType<typeof startGroundTruth>>;
  let gateway: RunningGateway;
  let driver: Driver;
  const send = (request = turn(), signal = new AbortController().signal) => driver.send(request, signal);

  beforeAll(async () => {
    vendor = await startGroundTruth({ firstTokenMs: DELAY_MS, tokenGapMs: GAP_MS, outputTokens: TOKENS });
    gateway = await startGateway({
      port: 0,
      logLevel: 'silent',
      dialog: { maxOutputTokens: TOKENS },
      providers: [{ kind: 'openai', name: 'vendor', baseUrl: `${vendor.url}/v1`, model: 'm' }],
    });
    driver = createWebsocketDriver({ url: gateway.url, timeouts: TIMEOUTS, maxConnections: 16 });
  });
  afterAll(async () => {
    await driver.close();
    await gateway.close(0);
    await vendor.close();
  });

  it('times the text as it comes and reads the account', async () => {
    const exchange = await send(turn({ keepText: true }));
    expect(exchange.outcome).toEqual({ state: 'completed' });
    expect(exchange.text.trim().split(' ')).toHaveLength(TOKENS);
    expect(exchange.usage?.outputTokens).toBe(TOKENS);
    const [firstAtMs = 0] = exchange.chunksAtMs;
    expect(firstAtMs - exchange.sentAtMs).toBeGreaterThanOrEqual(DELAY_MS);
    expect((exchange.chunksAtMs.at(-1) ?? 0) - exchange.sentAtMs).toBeGreaterThanOrEqual(
      DELAY_MS + (TOKENS - 1) * GAP_MS - 1,
    );
    expect(exchange.endedAtMs).toBeGreaterThanOrEqual(exchange.chunksAtMs.at(-1) ?? 0);
  });

  it('keeps one interaction over several turns', async () => {
    const interactionId = 'three turns';
    for (const keepText of [true, true, false]) {
      expect((await send(turn({ interactionId, keepText }))).outcome).toEqual({ state: 'completed' });
    }
  });

  it('carries many interactions at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => send()));
    expect(outcomes.map(({ outcome }) => outcome.state)).toEqual(Array(30).fill('completed'));
  });

  it('ends when its signal aborts, before and under way', async () => {
    expect((await send(turn(), AbortSignal.abort())).outcome).toEqual({
      state: 'timed-out',
      phase: 'run-ended',
    });
    const abort = new AbortController();
    const sending = send(turn(), abort.signal);
    setTimeout(() => abort.abort(), DELAY_MS + GAP_MS);
    expect((await sending).outcome).toEqual({ state: 'timed-out', phase: 'run-ended' });
  });

  it('says what the gateway says of a turn that it refuses', async () => {
    const { outcome } = await send(turn({ messages: [{ role: 'user', content: '' }] }));
    expect(outcome.state).toBe('failed');
  });

  it('is refused where nobody listens', async () => {
    const lonely = createWebsocketDriver({
      url: 'http://127.0.0.1:1',
      timeouts: TIMEOUTS,
      maxConnections: 1,
    });
    const { outcome } = await lonely.send(turn(), new AbortController().signal);
    await lonely.close();
    expect(outcome).toMatchObject({ state: 'failed', code: 'connect-refused' });
  });
});
