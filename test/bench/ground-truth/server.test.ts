import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOpenaiChatDriver } from '../../../bench/drive/openai-chat.ts';
import { createPlainHttpDriver } from '../../../bench/drive/plain-http.ts';
import { type GroundTruthProcess, spawnGroundTruth } from '../../../bench/ground-truth/spawn.ts';

const timeouts = { connectMs: 1_000, firstTokenMs: 5_000, idleMs: 5_000, totalMs: 10_000 };
const turn = (maxOutputTokens: number) => ({
  interactionId: 'i',
  messages: [{ role: 'user' as const, content: 'two words' }],
  maxOutputTokens,
  exactOutputTokens: true,
  keepText: true,
});

describe('the ground-truth server', () => {
  let server: GroundTruthProcess;
  beforeAll(async () => {
    server = await spawnGroundTruth({ firstTokenMs: 60, tokenGapMs: 15, outputTokens: 4 });
  });
  afterAll(() => server.close());

  it('streams as many tokens as asked for, never sooner than its constants, and the driver sees it so', async () => {
    const driver = createOpenaiChatDriver({ url: server.url, timeouts, maxConnections: 4 });
    const exchanges = await Promise.all(
      [3, 9, 1].map((tokens) => driver.send(turn(tokens), new AbortController().signal)),
    );
    await driver.close();
    expect(exchanges.map(({ outcome }) => outcome.state)).toEqual(['completed', 'completed', 'completed']);
    expect(exchanges.map(({ chunksAtMs }) => chunksAtMs.length)).toEqual([3, 9, 1]);
    expect(exchanges.map(({ usage }) => usage)).toEqual(
      [3, 9, 1].map((outputTokens) => ({ inputTokens: 2, outputTokens, cachedInputTokens: 0 })),
    );
    for (const { sentAtMs, chunksAtMs } of exchanges) {
      expect((chunksAtMs[0] ?? 0) - sentAtMs).toBeGreaterThanOrEqual(60);
      // The last token is due at a fixed instant, so lateness does not add up: a wrong unit would.
      expect((chunksAtMs.at(-1) ?? 0) - sentAtMs).toBeGreaterThanOrEqual(60 + (chunksAtMs.length - 1) * 15);
      expect((chunksAtMs.at(-1) ?? 0) - sentAtMs).toBeLessThan(60 + (chunksAtMs.length - 1) * 15 + 400);
    }
  });

  it('answers plain requests after its constant', async () => {
    const driver = createPlainHttpDriver({ url: `${server.url}/plain`, timeouts, maxConnections: 1 });
    const { outcome, sentAtMs, endedAtMs } = await driver.send(turn(1), new AbortController().signal);
    await driver.close();
    expect(outcome.state).toBe('completed');
    expect(endedAtMs - sentAtMs).toBeGreaterThanOrEqual(60);
  });

  it('is gone once closed', async () => {
    const other = await spawnGroundTruth({ firstTokenMs: 1, tokenGapMs: 1, outputTokens: 1 });
    await other.close();
    const driver = createPlainHttpDriver({ url: `${other.url}/plain`, timeouts, maxConnections: 1 });
    const { outcome } = await driver.send(turn(1), new AbortController().signal);
    await driver.close();
    expect(outcome).toMatchObject({ state: 'failed', code: 'connect-refused' });
  });
});
