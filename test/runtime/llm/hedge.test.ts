import { expect, it } from 'vitest';
import { type ChainMember, ProviderChain } from '../../../runtime/llm/chain.ts';
import { FirstTokenTimes } from '../../../runtime/llm/first-token-times.ts';
import { type LlmObserver, SILENT_LLM_OBSERVER } from '../../../runtime/llm/llm-observer.ts';
import { VirtualClock } from '../../../vocabulary/clock.ts';
import { createRandom } from '../../../vocabulary/random.ts';
import {
  endOf,
  failing,
  GOOD,
  run,
  STARTED,
  type Step,
  scripted,
  TIMEOUTS,
  text,
} from './scripted-provider.ts';

const RETRIES = { maxAttempts: 4, baseMs: 100, maxMs: 2000, budget: { ratio: 0, minPerS: 0.1 } };
const PRICE = { inputUsdPerMTok: 1, cachedInputUsdPerMTok: 0.5, outputUsdPerMTok: 10 };

function open(scriptOf: (n: number) => readonly Step[], more: Partial<ChainMember> = {}) {
  const clock = new VirtualClock();
  const provider = scripted('p', scriptOf);
  const seen: string[] = [];
  const events: LlmObserver = {
    ...SILENT_LLM_OBSERVER,
    extraAttempt: (_provider, cause) => void seen.push(cause),
    extraAttemptDenied: (_provider, cause) => void seen.push(`${cause} denied`),
    hedgeEnded: (_provider, wasWorthIt) => void seen.push(wasWorthIt ? 'hedge won' : 'original won'),
  };
  const member = { provider, timeouts: TIMEOUTS, hedge: { afterMs: 50 }, price: PRICE, ...more };
  const chain = new ProviderChain([member], { clock, random: createRandom(1), retries: RETRIES, events });
  return { provider, chain, clock, seen };
}

it('asks a second time when the first token is late, and cancels the one that loses', async () => {
  const { provider, chain, clock, seen } = open((n) => (n === 1 ? [STARTED, 'silence'] : GOOD));
  const running = run(chain);
  await clock.advanceTo(49);
  expect(provider.asked).toHaveLength(1);
  await clock.advanceTo(51);
  const events = await running;
  expect(endOf(events)).toBe('complete');
  expect(seen).toEqual(['hedge', 'hedge won']);
  expect(provider.aborted).toBe(1);
  // The engine tells the two apart by their ids.
  expect(new Set(provider.asked.map(({ requestId }) => requestId)).size).toBe(2);
  // Both are paid for: the winner as reported (60 plain, 40 cached, 2 out), the loser's prompt of 23 characters by guess.
  const spent = events.at(-1)?.kind === 'end' ? (events.at(-1) as { spent: unknown }).spent : undefined;
  expect(spent).toEqual({
    inputTokens: 100 + 6,
    cachedInputTokens: 40,
    outputTokens: 2,
    costUsd: expect.closeTo((60 * 1 + 40 * 0.5 + 2 * 10 + 6 * 1) / 1e6, 12),
  });
  expect(chain.state.providers[0]).toMatchObject({ running: 0, breaker: 'closed' });
});

it('does not when the first token comes in time, and leaves no timer behind', async () => {
  const { provider, chain, clock, seen } = open(() => GOOD);
  expect(endOf(await run(chain))).toBe('complete');
  await clock.advanceTo(1000);
  expect([provider.asked.length, seen]).toEqual([1, []]);
});

it('stays with the original when that speaks first after all', async () => {
  let speak: () => void = () => undefined;
  const spoken = new Promise<void>((resolve) => {
    speak = resolve;
  });
  const { provider, chain, clock, seen } = open((n) => (n === 1 ? [spoken, ...GOOD] : ['silence']));
  const running = run(chain);
  await clock.advanceTo(60);
  expect(provider.asked).toHaveLength(2);
  speak();
  expect(endOf(await running)).toBe('complete');
  expect([seen, provider.aborted]).toEqual([['hedge', 'original won'], 1]);
});

it('leaves the field to the other when one of the two fails', async () => {
  let speak: () => void = () => undefined;
  const spoken = new Promise<void>((resolve) => {
    speak = resolve;
  });
  const { chain, clock, seen } = open((n) => (n === 1 ? [spoken, ...GOOD] : [failing('provider_rejected')]));
  const running = run(chain);
  await clock.advanceTo(60);
  expect(chain.state.providers[0]?.running).toBe(1);
  speak();
  expect(endOf(await running)).toBe('complete');
  expect(seen).toEqual(['hedge', 'original won']);
});

it('fails when both do, with the later fault', async () => {
  const { chain, clock, provider } = open((n) => [
    clock.sleepUntil(n === 1 ? 70 : 80),
    failing(n === 1 ? 'provider_timeout' : 'provider_rejected'),
  ]);
  const running = run(chain);
  await clock.advanceTo(5000);
  expect(endOf(await running)).toBe('provider_rejected');
  expect([provider.asked.length, chain.state.providers[0]?.running]).toEqual([2, 0]);
});

it('is paid from the budget: without any left, nobody is asked twice', async () => {
  const { provider, chain, clock, seen } = open((n) => (n % 2 === 1 ? ['silence'] : GOOD));
  const first = run(chain);
  await clock.advanceTo(51);
  expect(endOf(await first)).toBe('complete');
  const leaving = new AbortController();
  const second = run(chain, {}, leaving.signal);
  await clock.advanceTo(110);
  expect([provider.asked.length, seen.at(-1)]).toEqual([3, 'hedge denied']);
  leaving.abort();
  expect(endOf(await second)).toBe('caller_disconnected');
});

it('both attempts are cancelled when the caller leaves', async () => {
  const { provider, chain, clock } = open(() => [STARTED, 'silence']);
  const leaving = new AbortController();
  const running = run(chain, {}, leaving.signal);
  await clock.advanceTo(60);
  leaving.abort();
  expect(endOf(await running)).toBe('caller_disconnected');
  expect([provider.asked.length, provider.aborted]).toEqual([2, 2]);
});

it('without a time of its own waits for the 95th percentile of the latest first tokens', () => {
  const times = new FirstTokenTimes();
  for (let ms = 1; ms < 20; ms++) times.add(ms);
  expect(times.p95Ms).toBeUndefined();
  times.add(20);
  expect(times.p95Ms).toBe(19); // Nearest rank: ceil(0.95 × 20) = 19th of 20.
  for (let n = 0; n < 200; n++) times.add(500);
  expect(times.p95Ms).toBe(500); // The early ones are forgotten.
});

it('texts of the two are never mixed', async () => {
  const { chain, clock } = open((n) => [
    STARTED,
    clock.sleepUntil(n === 1 ? 90 : 80),
    text(String(n)),
    text(String(n)),
    ...GOOD.slice(3),
  ]);
  const running = run(chain);
  await clock.advanceTo(200);
  const texts = (await running).flatMap((event) => (event.kind === 'text' ? [event.text] : []));
  expect(texts).toEqual(['2', '2']);
});
