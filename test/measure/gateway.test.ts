import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { steady } from '../../measure/gateway/blocks.ts';
import { intervalOfMedian, percentileOf } from '../../measure/gateway/reading.ts';
import { startHttpStub, type Target } from '../../measure/gateway/targets.ts';
import { createRandom } from '../../vocabulary/random.ts';

describe('the interval of a median of pairs', () => {
  it('covers the true median as often as the binomial says, whatever the distribution', () => {
    const random = createRandom(7);
    const trials = 20_000;
    const trueMedian = Math.log(2);
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      // Exponential: as skewed as latencies are.
      const differences = Array.from({ length: 7 }, () => -Math.log(1 - random.next()));
      const { low, high } = intervalOfMedian(differences);
      if (low <= trueMedian && trueMedian <= high) covered++;
    }
    // 1 − 2 · ½⁷ = 0.984; four standard errors of 20,000 trials are 0.0035.
    expect(covered / trials).toBeGreaterThan(0.984 - 0.0035);
    expect(covered / trials).toBeLessThan(0.984 + 0.0035);
  });

  it('has no figure where nothing was measured', () => {
    expect(percentileOf([], 50)).toBeNaN();
    expect(intervalOfMedian([]).median).toBeNaN();
  });
});

describe('a block of load', () => {
  it('warms up before the window that it measures', () => {
    const { phases } = steady(1000, 4000, 1);
    expect(phases.at(-1)).toEqual({ ratePerS: 1000, durationMs: 4000 });
    expect(phases.slice(0, -1).every(({ isWarmUp }) => isWarmUp === true)).toBe(true);
  });
});

describe('the vendor that answers after a constant delay', () => {
  let stub: Target;
  let client: OpenAI;
  beforeAll(async () => {
    stub = await startHttpStub(40);
    client = new OpenAI({ baseURL: `${stub.url}/v1`, apiKey: 'none', maxRetries: 0 });
  });
  afterAll(() => stub.stop());
  const messages = [{ role: 'user' as const, content: 'Where is my parcel?' }];

  it('gives the official client the same answer streamed and whole, not before its delay', async () => {
    const startedAtMs = performance.now();
    const whole = await client.chat.completions.create({ model: 'stub', messages });
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(39);
    let text = '';
    for await (const chunk of await client.chat.completions.create({
      model: 'stub',
      messages,
      stream: true,
    })) {
      text += chunk.choices[0]?.delta.content ?? '';
    }
    expect(text).not.toBe('');
    expect(whole.choices[0]?.message.content).toBe(text);
  });

  it('lists its model', async () => {
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['stub']);
  });
});
