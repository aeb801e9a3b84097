import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import type { Driver } from '../../../bench/drive/driver.ts';
import { createOpenaiChatDriver } from '../../../bench/drive/openai-chat.ts';
import { createPlainHttpDriver } from '../../../bench/drive/plain-http.ts';
import { Behaviour } from '../../../bench/ground-truth/behaviour.ts';
import { type GroundTruthOptions, groundTruthSchema } from '../../../bench/ground-truth/options.ts';
import { type GroundTruthServer, startGroundTruth } from '../../../bench/ground-truth/server.ts';
import { spawnGroundTruth } from '../../../bench/ground-truth/spawn.ts';

const TIMEOUTS = { connectMs: 2_000, firstTokenMs: 1_500, idleMs: 500, totalMs: 5_000 };
const turn = (maxOutputTokens = 3) => ({
  interactionId: 'i',
  messages: [{ role: 'user' as const, content: 'two words' }],
  maxOutputTokens,
  exactOutputTokens: true,
  keepText: false,
});

let server: GroundTruthServer | undefined;
let driver: Driver | undefined;
afterEach(async () => {
  await driver?.close();
  await server?.close();
  driver = undefined;
  server = undefined;
});

const behaviourOf = (options: GroundTruthOptions): Behaviour =>
  new Behaviour(groundTruthSchema.parse(options), 0);

describe('what the server intends', () => {
  it('is the mean and the coefficient of variation asked for (gamma: cv² = 1/shape)', () => {
    const behaviour = behaviourOf({ firstTokenMs: { kind: 'gamma', shape: 4, scale: 25 } });
    const draws = Array.from({ length: 50_000 }, () => behaviour.firstTokenMs());
    const mean = draws.reduce((sum, ms) => sum + ms, 0) / draws.length;
    const variance = draws.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean - 100)).toBeLessThan(1);
    expect(Math.abs(Math.sqrt(variance) / mean - 0.5)).toBeLessThan(0.01);
  });

  it('holds what falls into a standstill to its end: the share lasts ÷ every, mean wait lasts ÷ 2', () => {
    const behaviour = behaviourOf({ stall: { everyMs: 1_000, lastsMs: 200 } });
    const waits = Array.from({ length: 100_000 }, (_, i) => behaviour.heldUntilMs(i * 0.1) - i * 0.1);
    const held = waits.filter((ms) => ms > 0);
    expect(held.length / waits.length).toBeCloseTo(0.2, 3);
    expect(held.reduce((sum, ms) => sum + ms, 0) / held.length).toBeCloseTo(100, 0);
    expect(Math.max(...waits)).toBeLessThanOrEqual(200 + 1e-6);
  });

  it('is the same for the same seed, and the shares of errors are those asked for', () => {
    const options: GroundTruthOptions = { errors: { '503': 0.2, cut: 0.1 }, seed: 7 };
    const [one, other] = [behaviourOf(options), behaviourOf(options)];
    const draws = Array.from({ length: 20_000 }, () => one.error());
    expect(draws).toEqual(Array.from({ length: 20_000 }, () => other.error()));
    // Four standard errors of a binomial share.
    const within = (kind: string, share: number): void => {
      const seen = draws.filter((draw) => draw === kind).length / draws.length;
      expect(Math.abs(seen - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / draws.length));
    };
    within('503', 0.2);
    within('cut', 0.1);
  });
});

describe('errors on purpose', () => {
  it.each([
    ['400', { state: 'failed', code: 'http-client-error', faultCode: 'caller_invalid_request' }],
    ['429', { state: 'failed', code: 'http-rate-limited', faultCode: 'policy_rate_limited' }],
    ['500', { state: 'failed', code: 'http-server-error', faultCode: 'gateway_internal' }],
    ['503', { state: 'failed', code: 'http-overloaded', faultCode: 'gateway_overloaded' }],
    ['reset', { state: 'failed', code: 'connection-reset' }],
    ['cut', { state: 'failed', code: 'incomplete-stream' }],
    ['empty', { state: 'failed', code: 'empty-answer' }],
    ['malformed', { state: 'failed', code: 'malformed-response' }],
    ['garbage', { state: 'failed', code: 'malformed-response' }],
    ['silence', { state: 'timed-out', phase: 'first-token' }],
    ['stuck', { state: 'timed-out', phase: 'idle' }],
  ] as const)('%s is seen by the driver as what it is', async (kind, outcome) => {
    server = await startGroundTruth({ firstTokenMs: 1, tokenGapMs: 1, errors: { [kind]: 1 } });
    driver = createOpenaiChatDriver({ url: server.url, timeouts: TIMEOUTS, maxConnections: 1 });
    const exchange = await driver.send(turn(), new AbortController().signal);
    expect(exchange.outcome).toMatchObject(outcome);
    expect(server.truth().errors).toEqual({ [kind]: 1 });
  });

  it('are counted by server and driver alike, beside good answers', async () => {
    server = await startGroundTruth({ firstTokenMs: 0, errors: { '503': 0.2, reset: 0.1, cut: 0.1 } });
    driver = createPlainHttpDriver({ url: `${server.url}/plain`, timeouts: TIMEOUTS, maxConnections: 4 });
    const counts: Record<string, number> = {};
    for (let i = 0; i < 400; i++) {
      const { outcome } = await driver.send(turn(), new AbortController().signal);
      const name = outcome.state === 'failed' ? outcome.code : outcome.state;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    const { answers, errors } = server.truth();
    expect(counts).toEqual({
      completed: answers,
      'http-overloaded': errors['503'],
      'connection-reset': errors.reset,
      'incomplete-stream': errors.cut,
    });
  });
});

describe('what the server keeps to', () => {
  it('is what its own clock says: nothing early, tokens counted, a flood as fast as it is read', async () => {
    server = await startGroundTruth({ firstTokenMs: 10, tokenGapMs: 0, tokensPerWrite: 7 });
    driver = createOpenaiChatDriver({ url: server.url, timeouts: TIMEOUTS, maxConnections: 2 });
    const exchanges = await Promise.all(
      [1_000, 1_001].map((tokens) => driver?.send(turn(tokens), new AbortController().signal)),
    );
    expect(exchanges.map((exchange) => exchange?.chunksAtMs.length)).toEqual([1_000, 1_001]);
    const truth = server.truth();
    expect(truth).toMatchObject({ streams: 2, tokens: 2_001 });
    expect(truth.firstTokenP50Ms).toBeGreaterThanOrEqual(10);
  });

  const hasWrk = (): boolean => {
    try {
      execFileSync('wrk', ['--version'], { stdio: 'ignore' });
      return true;
    } catch (error) {
      // wrk prints its version and ends with 1; only a missing program has a code.
      return (error as NodeJS.ErrnoException).code !== 'ENOENT';
    }
  };

  it.runIf(hasWrk())('is what wrk measures of it (skipped where wrk is not installed)', async () => {
    const process = await spawnGroundTruth({ firstTokenMs: 40 });
    const text = execFileSync('wrk', ['-t1', '-c8', '-d2s', '--latency', `${process.url}/plain`]).toString();
    const truth = (await (await fetch(`${process.url}/truth`)).json()) as {
      answers: number;
      answerP50Ms: number;
    };
    await process.close();
    const p50Ms = Number(/50%\s+([\d.]+)ms/.exec(text)?.[1]);
    const requests = Number(/(\d+) requests in/.exec(text)?.[1]);
    expect(p50Ms).toBeGreaterThanOrEqual(40);
    expect(p50Ms - truth.answerP50Ms).toBeLessThan(10);
    // What was under way when wrk left was answered to nobody.
    expect(Math.abs(truth.answers - requests)).toBeLessThanOrEqual(8);
  });
});
