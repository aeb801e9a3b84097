import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Driver, TurnRequest } from '../../../bench/drive/driver.ts';
import { createGrpcDriver } from '../../../bench/drive/grpc.ts';
import { SimulatedEngine } from '../../../runtime/inference/engines/simulated/simulated-engine.ts';
import { startInferenceServer } from '../../../runtime/inference/server.ts';
import { testProfile } from '../../runtime/inference/simulated-profile.ts';

const TIMEOUTS = { connectMs: 2_000, firstTokenMs: 10_000, idleMs: 10_000, totalMs: 20_000 };
const MAX_SEQUENCES = 4;

const turn = (overrides: Partial<TurnRequest> = {}): TurnRequest => ({
  interactionId: 'i1',
  messages: [{ role: 'user', content: 'where is my parcel' }],
  maxOutputTokens: 12,
  exactOutputTokens: true,
  keepText: true,
  ...overrides,
});

describe('the grpc driver against the real inference server', () => {
  let server: Awaited<ReturnType<typeof startInferenceServer>>;
  let driver: Driver;
  const send = (request = turn(), signal = new AbortController().signal) => driver.send(request, signal);

  beforeAll(async () => {
    const profile = testProfile({ contextTokens: 1_024, maxSequences: MAX_SEQUENCES });
    const engine = new SimulatedEngine({ profile, seed: 1, maxWaiting: 1 });
    server = await startInferenceServer({ host: '127.0.0.1', engine, port: 0 });
    driver = createGrpcDriver({
      url: `http://127.0.0.1:${server.port}`,
      timeouts: TIMEOUTS,
      maxConnections: 4,
    });
  });
  afterAll(async () => {
    await driver.close();
    await server.close(0);
  });

  it('times every chunk, in order, and reads usage and waiting time', async () => {
    const exchange = await send();
    expect(exchange.outcome).toEqual({ state: 'completed' });
    const instants = [exchange.sentAtMs, ...exchange.chunksAtMs, exchange.endedAtMs];
    expect(instants).toEqual([...instants].sort((a, b) => a - b));
    expect(exchange.chunksAtMs.length).toBeGreaterThan(1);
    expect(exchange.usage?.outputTokens).toBe(12);
    expect(exchange.usage?.inputTokens).toBeGreaterThan(0);
    expect(exchange.queueWaitMs).toBeGreaterThanOrEqual(0);
    expect(exchange.text.length).toBeGreaterThan(0);
  });

  it('gives no text where none is wanted', async () => {
    expect((await send(turn({ keepText: false }))).text).toBe('');
  });

  it('says of a prompt that does not fit that the request failed', async () => {
    const { outcome } = await send(turn({ messages: [{ role: 'user', content: 'word '.repeat(5_000) }] }));
    expect(outcome).toMatchObject({ state: 'failed', code: 'grpc-error' });
  });

  it('sends nothing when the signal is aborted already, and reaches the engine when it aborts later', async () => {
    expect((await send(turn(), AbortSignal.abort())).outcome).toEqual({
      state: 'timed-out',
      phase: 'run-ended',
    });
    const abort = new AbortController();
    const sending = send(turn({ maxOutputTokens: 900 }), abort.signal);
    setTimeout(() => abort.abort(), 60);
    expect((await sending).outcome).toEqual({ state: 'timed-out', phase: 'run-ended' });
    // The places of aborted requests are free again: as many as there are sequences complete at once.
    const outcomes = await Promise.all(Array.from({ length: MAX_SEQUENCES }, () => send()));
    expect(outcomes.map(({ outcome }) => outcome.state)).toEqual(Array(MAX_SEQUENCES).fill('completed'));
  });

  it('runs into its limits', async () => {
    const hasty = createGrpcDriver({
      url: `http://127.0.0.1:${server.port}`,
      timeouts: { ...TIMEOUTS, totalMs: 40 },
      maxConnections: 1,
    });
    const { outcome } = await hasty.send(turn({ maxOutputTokens: 900 }), new AbortController().signal);
    await hasty.close();
    expect(outcome).toMatchObject({ state: 'timed-out' });
  });

  it('is refused where nobody listens', async () => {
    const lonely = createGrpcDriver({ url: 'http://127.0.0.1:1', timeouts: TIMEOUTS, maxConnections: 1 });
    const { outcome } = await lonely.send(turn(), new AbortController().signal);
    await lonely.close();
    expect(outcome).toMatchObject({ state: 'failed', code: 'connect-refused' });
  });
});
