import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawBackoffMs } from '../../../runtime/llm/backoff.ts';
import { DEFAULT_BREAKER } from '../../../runtime/llm/breaker.ts';
import { type ChainOptions, ProviderChain } from '../../../runtime/llm/chain.ts';
import { createKeywordProvider } from '../../../runtime/llm/keyword-provider.ts';
import type { Provider } from '../../../runtime/llm/provider.ts';
import { VirtualClock } from '../../../vocabulary/clock.ts';
import { createRandom } from '../../../vocabulary/random.ts';
import { endOf, failing, GOOD, run, STARTED, scripted, TIMEOUTS, text } from './scripted-provider.ts';

const RETRIES = { maxAttempts: 4, baseMs: 100, maxMs: 2000, budget: { ratio: 0.1, minPerS: 1 } };
/** Never rests, so that the budget alone bounds what is sent. */
const NO_REST = { ...DEFAULT_BREAKER, maxFailures: 1e9, minRequests: 1e9 };

function chainOf(providers: readonly Provider[], options: Partial<ChainOptions> = {}) {
  const clock = new VirtualClock();
  const chain = new ProviderChain(
    providers.map((provider) => ({ provider, timeouts: TIMEOUTS })),
    { clock, random: createRandom(7), retries: RETRIES, breaker: NO_REST, ...options },
  );
  return { chain, clock };
}

describe('retries', () => {
  it('ask again after a wait, before the first token', async () => {
    const flaky = scripted('p', (n) => (n < 3 ? [failing('provider_error')] : GOOD));
    const { chain, clock } = chainOf([flaky]);
    const running = run(chain);
    await clock.advanceTo(0);
    expect(flaky.asked).toHaveLength(1);
    await clock.advanceTo(300);
    expect(endOf(await running)).toBe('complete');
    expect(flaky.asked).toHaveLength(3);
    expect(new Set(flaky.asked.map(({ requestId }) => requestId)).size).toBe(3);
  });

  it.each(['provider_timeout', 'provider_rejected', 'caller_context_too_long'] as const)(
    'are not made for %s',
    async (code) => {
      const { chain, clock } = chainOf([scripted('p', () => [failing(code)])]);
      const running = run(chain);
      await clock.advanceTo(5000);
      expect(endOf(await running)).toBe(code);
      expect((chain.providers[0] as ReturnType<typeof scripted>).asked).toHaveLength(1);
    },
  );

  it('are never made after the first token', async () => {
    const cut = scripted('p', () => [STARTED, text('a'), failing('provider_incomplete')]);
    expect(endOf(await run(chainOf([cut]).chain))).toBe('incomplete');
    expect(cut.asked).toHaveLength(1);
  });

  it('wait at least as long as the provider asks, and not at all when that is longer than the time left', async () => {
    const limited = scripted('p', (n) => (n === 1 ? [failing('provider_rate_limited', 1500)] : GOOD));
    const { chain, clock } = chainOf([limited]);
    const running = run(chain);
    await clock.advanceTo(1499);
    expect(limited.asked).toHaveLength(1);
    await clock.advanceTo(1501);
    expect(endOf(await running)).toBe('complete');

    const closed = scripted('p', () => [failing('provider_rate_limited', TIMEOUTS.totalMs)]);
    expect(endOf(await run(chainOf([closed]).chain))).toBe('provider_rate_limited');
    expect(closed.asked).toHaveLength(1);
  });

  it('leave a provider alone that asks for longer than another one takes to answer, also for the next request', async () => {
    const limited = scripted('p', () => [failing('provider_rate_limited', 30_000)]);
    const other = scripted('q', () => GOOD);
    const { chain } = chainOf([limited, other]);
    expect(endOf(await run(chain))).toBe('failed_over');
    expect(endOf(await run(chain))).toBe('failed_over');
    expect([limited.asked.length, other.asked.length]).toEqual([1, 2]);
  });

  it('end at once when the caller leaves in between', async () => {
    const { chain, clock } = chainOf([scripted('p', () => [failing('provider_error')])]);
    const leaving = new AbortController();
    const running = run(chain, {}, leaving.signal);
    await clock.advanceTo(0);
    leaving.abort();
    expect(endOf(await running)).toBe('caller_disconnected');
  });

  it('keep one attempt for each provider still to be asked, within maxAttempts; keyword rules need none', async () => {
    const providers = ['a', 'b', 'c'].map((name) => scripted(name, () => [failing('provider_error')]));
    const { chain, clock } = chainOf([...providers, createKeywordProvider('keyword')]);
    const running = run(chain);
    await clock.advanceTo(10_000);
    expect(endOf(await running)).toBe('failed_over');
    expect(providers.map(({ asked }) => asked.length)).toEqual([2, 1, 1]);
  });
});

it('waits are uniform between nothing and a ceiling that doubles up to its limit (full jitter)', () => {
  const random = createRandom(3);
  const options = { baseMs: 100, maxMs: 1000 };
  for (const [retry, ceilingMs] of [
    [1, 100],
    [2, 200],
    [3, 400],
    [4, 800],
    [5, 1000],
    [9, 1000],
  ] as const) {
    const draws = Array.from({ length: 20_000 }, () => drawBackoffMs(options, retry, random, undefined));
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    // Uniform on [0, c]: mean c/2, standard error c/√(12 n) ≈ 0.002 c.
    expect(Math.abs(mean - ceilingMs / 2)).toBeLessThan(0.01 * ceilingMs);
    expect(Math.max(...draws)).toBeLessThan(ceilingMs);
    expect(Math.max(...draws)).toBeGreaterThan(0.99 * ceilingMs);
    expect(Math.min(...draws)).toBeLessThan(0.01 * ceilingMs);
  }
  expect(drawBackoffMs(options, 1, random, 5000)).toBe(5000);
});

describe('the budget of the whole gateway', () => {
  /** Requests at a steady rate, each run to its end. */
  async function drive(chain: ProviderChain, clock: VirtualClock, ratePerS: number, seconds: number) {
    const running: Promise<unknown>[] = [];
    const requests = ratePerS * seconds;
    for (let n = 0; n < requests; n++) {
      await clock.advanceTo((n * 1000) / ratePerS);
      running.push(run(chain));
    }
    await clock.advanceTo(seconds * 1000 + 60_000);
    await Promise.all(running);
    return requests;
  }

  it.each([
    [0.1, 1],
    [0.25, 0],
    [0, 0],
  ])('bounds what an outage adds to the traffic (ratio %s, %s per second)', async (ratio, minPerS) => {
    const down = scripted('p', () => [failing('provider_error')]);
    const retries = { ...RETRIES, maxAttempts: 10, budget: { ratio, minPerS } };
    const { chain, clock } = chainOf([down], { retries });
    const seconds = 20;
    const requests = await drive(chain, clock, 100, seconds);
    const extra = down.asked.length - requests;
    // The share of the requests, the minimum over the whole time, and what was saved up at the start.
    const allowed = ratio * requests + minPerS * (seconds + 60 + 10);
    expect(extra).toBeLessThanOrEqual(allowed + 1);
    // And it is used: without the budget there would be nine extra attempts for each request.
    expect(extra).toBeGreaterThanOrEqual(Math.floor(0.8 * (ratio * requests + minPerS * seconds)));
    expect(down.asked.length / requests).toBeLessThan(1 + ratio + 0.05);
  });

  it('holds for each provider of a chain that is down as a whole: every one sees each request once, plus the share', async () => {
    const providers = ['a', 'b', 'c'].map((name) => scripted(name, () => [failing('provider_overloaded')]));
    const retries = { ...RETRIES, maxAttempts: 30, budget: { ratio: 0.1, minPerS: 0 } };
    const { chain, clock } = chainOf(providers, { retries });
    const requests = await drive(chain, clock, 100, 10);
    for (const { asked } of providers) {
      expect(asked.length).toBeGreaterThanOrEqual(requests);
      expect(asked.length).toBeLessThanOrEqual(1.1 * requests + 1);
    }
    // Failing over empties the budget: it leaves next to nothing for retries.
    const total = providers.reduce((sum, { asked }) => sum + asked.length, 0);
    expect(total).toBeLessThanOrEqual(3.1 * requests + 1);
  });
});

it('an answer that began ends in exactly one way for any providers, faults, retries, hedges and leavings', async () => {
  const step = fc.constantFrom(
    STARTED,
    text('a'),
    text('b'),
    ...GOOD.slice(3),
    failing('provider_error'),
    failing('provider_rate_limited', 50),
    failing('caller_context_too_long'),
    'throw' as const,
    'silence' as const,
  );
  const script = fc.array(step, { maxLength: 5 });
  const provider = fc.array(script, { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(provider, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 0, max: 400 }),
      fc.boolean(),
      async (behaviours, leavesAtMs, isHedged) => {
        const clock = new VirtualClock();
        const providers = behaviours.map((scripts, at) =>
          scripted(`p${at}`, (n) => scripts[(n - 1) % scripts.length] ?? []),
        );
        const chain = new ProviderChain(
          providers.map((provider) => ({
            provider,
            timeouts: TIMEOUTS,
            ...(isHedged ? { hedge: { afterMs: 20 } } : {}),
          })),
          { clock, random: createRandom(leavesAtMs), retries: RETRIES, breaker: NO_REST },
        );
        const leaving = new AbortController();
        const running = run(chain, {}, leaving.signal);
        await clock.advanceTo(leavesAtMs);
        leaving.abort();
        await clock.advanceTo(60_000);
        const events = await running;
        const grammar = events.map((event) => (event.kind === 'end' ? event.outcome : event.kind)).join(' ');
        expect(grammar).toMatch(/^(refused|selected( text)* (complete|failed_over|incomplete))$/);
        // Nothing is left running, and no text of two attempts is mixed.
        expect(chain.state.providers.every(({ running, queued }) => running === 0 && queued === 0)).toBe(
          true,
        );
        expect(providers.flatMap(({ asked }) => asked).length).toBeLessThanOrEqual(RETRIES.maxAttempts);
      },
    ),
    { seed: 11, numRuns: 400 },
  );
});
