import { describe, expect, it } from 'vitest';
import { resolveGatewayConfig } from '../../../runtime/config.ts';
import { ProviderChain } from '../../../runtime/llm/chain.ts';
import { readPrices } from '../../../runtime/llm/prices.ts';
import { addSpent, costUsdOf, spentFrom } from '../../../runtime/llm/spent.ts';
import { findLlmPrice, readCatalogue } from '../../../scenarios/catalogue.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { completionOf } from '../../contracts/provider.ts';
import { endOf, failing, GOOD, run, STARTED, scripted, TIMEOUTS, text } from './scripted-provider.ts';

const PRICE = { inputUsdPerMTok: 3, cachedInputUsdPerMTok: 0.3, outputUsdPerMTok: 15 };
const configOf = (price: object) => ({
  providers: [{ kind: 'anthropic', name: 'v', model: 'm', price }],
});
const pricesOf = (price: object) => {
  const config = unwrap(resolveGatewayConfig(configOf(price)));
  return readPrices(config.providers);
};

describe('cost', () => {
  // 1,000,000 input at 3 USD, of which 200,000 cached at 0.30 and 100,000 written at 3.75; 10,000 output at 15.
  it('is what an invoice says', () => {
    const usage = {
      promptTokens: 1_000_000,
      cachedPromptTokens: 200_000,
      cacheWriteTokens: 100_000,
      outputTokens: 10_000,
    };
    expect(costUsdOf(usage, { ...PRICE, cacheWriteUsdPerMTok: 3.75 })).toBeCloseTo(
      2.1 + 0.06 + 0.375 + 0.15,
      10,
    );
    expect(costUsdOf(usage, PRICE)).toBeCloseTo(2.1 + 0.06 + 0.3 + 0.15, 10);
    expect(costUsdOf(usage, undefined)).toBe(0);
  });

  it('follows the prices for long prompts: the highest bound that is passed', () => {
    const tier = (aboveInputTokens: number, inputUsdPerMTok: number) => ({
      ...PRICE,
      aboveInputTokens,
      inputUsdPerMTok,
    });
    const price = { ...PRICE, longContextTiers: [tier(200_000, 6), tier(500_000, 9)] };
    const of = (promptTokens: number) =>
      costUsdOf({ promptTokens, cachedPromptTokens: 0, outputTokens: 0 }, price) / promptTokens;
    expect([of(200_000), of(200_001), of(600_000)].map((usd) => Math.round(usd * 1e6))).toEqual([3, 6, 9]);
  });

  it('of several attempts adds up', () => {
    const one = spentFrom({ promptTokens: 10, cachedPromptTokens: 4, outputTokens: 2 }, PRICE);
    const two = addSpent(one, one);
    expect(two).toEqual({ inputTokens: 20, cachedInputTokens: 8, outputTokens: 4, costUsd: 2 * one.costUsd });
  });
});

describe('spent', () => {
  const spentOf = async (script: Parameters<typeof scripted>[1]) => {
    const chain = new ProviderChain([{ provider: scripted('p', script), timeouts: TIMEOUTS, price: PRICE }]);
    const last = (await run(chain, { messages: [{ role: 'user', content: 'x'.repeat(400) }] })).at(-1);
    return last?.kind === 'end' || last?.kind === 'refused' ? last.spent : undefined;
  };

  it('of a whole answer is what the provider reports', async () => {
    expect(await spentOf(() => GOOD)).toEqual({
      inputTokens: 100,
      cachedInputTokens: 40,
      outputTokens: 2,
      costUsd: expect.closeTo((60 * 3 + 40 * 0.3 + 2 * 15) / 1e6, 12),
    });
  });

  it('of a cut one is the tokens that came and the prompt by its length; of a refusal nothing', async () => {
    expect(
      await spentOf(() => [STARTED, text('a'), text('b'), failing('provider_incomplete')]),
    ).toMatchObject({
      inputTokens: 100,
      outputTokens: 2,
    });
    expect(await spentOf(() => [failing('provider_rate_limited')])).toMatchObject({
      inputTokens: 0,
      costUsd: 0,
    });
  });

  it('counts failed attempts before the answer', async () => {
    const usage = { promptTokens: 50, cachedPromptTokens: 0, outputTokens: 0 };
    const first = scripted('p', () => [STARTED, { ...failing('provider_error'), usage } as never]);
    const members = [first, scripted('q', () => GOOD)].map((provider) => ({
      provider,
      timeouts: TIMEOUTS,
      price: PRICE,
    }));
    const events = await run(new ProviderChain(members));
    expect(endOf(events)).toBe('failed_over');
    expect(events.at(-1)).toMatchObject({ spent: { inputTokens: 150, outputTokens: 2 } });
  });

  it('never exceeds the estimate of a request that one provider answered', async () => {
    const chain = new ProviderChain([
      { provider: scripted('p', () => GOOD), timeouts: TIMEOUTS, price: PRICE },
    ]);
    const request = completionOf({ messages: [{ role: 'user', content: 'word '.repeat(100) }] });
    const estimate = chain.estimate(request);
    // 500 bytes, 8 tokens for each message and the answer's opening, 6 output tokens. Two bytes make a token of ordinary
    // text; money is for a token of every byte.
    expect(estimate).toEqual({ tokens: 250 + 16 + 6, costUsd: expect.closeTo((516 * 3 + 6 * 15) / 1e6, 12) });
    const last = (await run(chain, request)).at(-1);
    if (last?.kind !== 'end') throw new Error('no end');
    expect(last.spent.costUsd).toBeLessThan(estimate.costUsd);
  });
});

describe('prices of the configuration', () => {
  it('name themselves, cached input as input when it has no price', () => {
    expect(unwrap(pricesOf({ inputUsdPerMTok: 1, outputUsdPerMTok: 2 })).get('v')).toEqual({
      inputUsdPerMTok: 1,
      cachedInputUsdPerMTok: 1,
      outputUsdPerMTok: 2,
    });
  });

  it('or an entry of the catalogue that plans use', () => {
    const id = 'openai/gpt-5.6-sol';
    const entry = unwrap(findLlmPrice(unwrap(readCatalogue()), id));
    expect(unwrap(pricesOf({ catalogue: id })).get('v')).toMatchObject({
      inputUsdPerMTok: entry.inputUsdPerMTokens,
      cachedInputUsdPerMTok: entry.cachedInputUsdPerMTokens,
      outputUsdPerMTok: entry.outputUsdPerMTokens,
      longContextTiers: [{ aboveInputTokens: 272_000 }],
    });
  });

  it('an unknown entry is refused with the names nearest to it', () => {
    const result = pricesOf({ catalogue: 'openai/gpt-5.6-sool' });
    if (result.kind === 'ok') throw new Error('accepted');
    expect(result.failure.code).toBe('INVALID_CONFIG');
    expect(result.failure.issues).toMatchObject([
      { path: 'providers[0].price.catalogue', fix: expect.stringContaining('openai/gpt-5.6-sol') },
    ]);
  });
});

describe('egress.allowedHosts', () => {
  const issuesOf = (allowedHosts: string[], provider: object) => {
    const result = resolveGatewayConfig({ egress: { allowedHosts }, providers: [provider] });
    return result.kind === 'ok' ? [] : result.failure.issues.map(({ path }) => path);
  };

  it.each([
    [['api.anthropic.com'], { kind: 'anthropic', name: 'v', model: 'm' }, []],
    [['*.anthropic.com'], { kind: 'anthropic', name: 'v', model: 'm' }, []],
    [
      ['*.anthropic.com'],
      { kind: 'openai', name: 'v', baseUrl: 'https://evilanthropic.com/v1' },
      ['providers[0].baseUrl'],
    ],
    [['anthropic.com'], { kind: 'anthropic', name: 'v', model: 'm' }, ['providers[0].baseUrl']],
    [['10.0.0.7'], { kind: 'grpc', name: 'v', address: '10.0.0.7:50051' }, []],
    [['10.0.0.7'], { kind: 'grpc', name: 'v', address: '10.0.0.8:50051' }, ['providers[0].address']],
    [['::1'], { kind: 'openai', name: 'v', baseUrl: 'http://[::1]:8000/v1' }, []],
    [['API.example.com'], { kind: 'openai', name: 'v', baseUrl: 'https://api.EXAMPLE.com/v1' }, []],
    [
      ['good.com'],
      { kind: 'openai', name: 'v', baseUrl: 'https://good.com@evil.com/v1' },
      ['providers[0].baseUrl'],
    ],
    [[], { kind: 'keyword', name: 'v' }, []],
  ])('%j with %j: %j', (allowed, provider, paths) => {
    expect(issuesOf(allowed, provider)).toEqual(paths);
  });
});
