import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeInteractionCost, type InteractionCall } from '../../../planner/money/interaction-cost.ts';
import {
  callTokensOfTurn,
  computeInteractionTokens,
  type TokenShape,
} from '../../../planner/money/interaction-tokens.ts';
import { pricesForInput } from '../../../planner/money/token-cost.ts';
import { computePeakShare, parsePeakHours } from '../../../scenarios/catalogue/peak-hours.ts';
import { findLlmPrice, type LlmPrice, readCatalogue } from '../../../scenarios/catalogue.ts';
import { unwrap } from '../../../vocabulary/errors.ts';

const catalogue = unwrap(readCatalogue());
const priceOf = (id: string): LlmPrice => unwrap(findLlmPrice(catalogue, id));

/** Five turns of a primary call (500 in, 200 out) and a supervisor (600 in, 120 out), as the guide has them. */
const guideCalls = (id: string): InteractionCall[] => [
  {
    name: 'primary',
    price: priceOf(id),
    shape: { turns: 5, systemTokens: 0, messageTokens: 500, answerTokens: 200, history: 'none' },
  },
  {
    name: 'supervisor',
    price: priceOf(id),
    shape: { turns: 5, systemTokens: 0, messageTokens: 600, answerTokens: 120, history: 'none' },
  },
];

describe('worked figures of the corrected guide', () => {
  const usdOf = (id: string): number => computeInteractionCost({ calls: guideCalls(id) }).usd;

  test.each([
    ['economy', 'openai/gpt-4o-mini', 0.001785],
    ['standard', 'openai/gpt-4o', 0.02975],
    ['premium', 'openai/gpt-4', 0.261],
  ])('%s: %s', (_, id, usd) => {
    expect(usdOf(id)).toBeCloseTo(usd, 12);
  });

  test('75 % economy and 25 % standard', () => {
    expect(0.75 * usdOf('openai/gpt-4o-mini') + 0.25 * usdOf('openai/gpt-4o')).toBeCloseTo(0.00877625, 12);
  });

  test('history that grows makes the standard tier dearer than the guide says', () => {
    const calls = guideCalls('openai/gpt-4o').map((call) => ({
      ...call,
      shape: { ...call.shape, history: 'whole' as const },
    }));
    // Turn t sends message·t + answer·(t − 1): 15 messages and 10 answers over five turns, of each of the two calls.
    const input = 15 * 500 + 10 * 200 + 15 * 600 + 10 * 120;
    const output = 5 * 320;
    expect(computeInteractionCost({ calls }).usd).toBeCloseTo((input * 2.5 + output * 10) / 1e6, 12);
  });
});

const shape = fc.record({
  turns: fc.integer({ min: 1, max: 30 }),
  systemTokens: fc.integer({ min: 0, max: 5000 }),
  messageTokens: fc.integer({ min: 0, max: 2000 }),
  answerTokens: fc.integer({ min: 0, max: 2000 }),
});

describe('tokens of an interaction', () => {
  test('T·system + message·T(T + 1)/2 + answers·T(T − 1)/2', () => {
    fc.assert(
      fc.property(shape, (given) => {
        const { turns: T, systemTokens, messageTokens, answerTokens } = given;
        const { input, output } = computeInteractionTokens(given);
        expect(input).toBe(
          T * systemTokens + (messageTokens * T * (T + 1)) / 2 + (answerTokens * T * (T - 1)) / 2,
        );
        expect(output).toBe(T * answerTokens);
      }),
    );
  });

  test('a mean of 2.5 turns is half of two and half of three', () => {
    const given: TokenShape = { turns: 2.5, systemTokens: 100, messageTokens: 20, answerTokens: 50 };
    const [two, three] = [2, 3].map((turns) => computeInteractionTokens({ ...given, turns }).input);
    expect(computeInteractionTokens(given).input).toBeCloseTo(((two ?? 0) + (three ?? 0)) / 2, 9);
  });

  test('a prefix cache reads what the turn before sent, as the text itself shows', () => {
    // Each token is a letter; what two prompts have in common from the start can be read from the cache.
    const given: TokenShape = { turns: 4, systemTokens: 7, messageTokens: 3, answerTokens: 5 };
    let history = 's'.repeat(7);
    let before = '';
    for (let turn = 1; turn <= 4; turn++) {
      history += String(turn).repeat(3);
      const cache = { kind: 'prefix', hitRatio: 1, minPrefixTokens: 1, warmSystemPrompt: false } as const;
      const call = callTokensOfTurn(given, turn, cache);
      expect(call.input).toBe(history.length);
      expect(call.cachedInput).toBe(history.startsWith(before) ? before.length : 0);
      expect((call.cacheWrite ?? 0) + call.cachedInput).toBe(call.input);
      before = history;
      history += 'a'.repeat(5);
    }
  });

  test('short prompts are not cached; a warm system prompt is read on the first turn', () => {
    const given: TokenShape = { turns: 2, systemTokens: 1500, messageTokens: 10, answerTokens: 10 };
    const cache = { kind: 'prefix', hitRatio: 0.5, minPrefixTokens: 1024, warmSystemPrompt: true } as const;
    expect(callTokensOfTurn(given, 1, cache)).toEqual({
      input: 1510,
      cachedInput: 750,
      cacheWrite: 760,
      output: 10,
    });
    expect(callTokensOfTurn({ ...given, systemTokens: 500 }, 2, cache)).toEqual({
      input: 530,
      cachedInput: 0,
      output: 10,
    });
  });
});

describe('prices of an interaction', () => {
  const one = (id: string, given: TokenShape): InteractionCall => ({
    name: 'answer',
    price: priceOf(id),
    shape: given,
  });

  test('each turn at the price of its own context tier', () => {
    // Ten turns of 40,000 tokens: turns 1 to 6 stay within 272,000, turns 7 to 10 are past it.
    const call = one('openai/gpt-5.6-terra', {
      turns: 10,
      systemTokens: 0,
      messageTokens: 40_000,
      answerTokens: 0,
    });
    const within = 40_000 * (1 + 2 + 3 + 4 + 5 + 6);
    const past = 40_000 * (7 + 8 + 9 + 10);
    expect(computeInteractionCost({ calls: [call] }).usd).toBeCloseTo((within * 2 + past * 4) / 1e6, 9);
  });

  test('cache writes at their price: haiku reads a tenth, writes at a quarter more', () => {
    const call: InteractionCall = {
      ...one('anthropic/claude-haiku-4-5', {
        turns: 2,
        systemTokens: 2000,
        messageTokens: 0,
        answerTokens: 0,
      }),
      cache: { kind: 'prefix', hitRatio: 1, minPrefixTokens: 1024, warmSystemPrompt: false },
    };
    const cost = computeInteractionCost({ calls: [call] });
    expect(cost.cacheWriteUsd).toBeCloseTo((2000 * 1.25) / 1e6, 12);
    expect(cost.cachedInputUsd).toBeCloseTo((2000 * 0.1) / 1e6, 12);
    expect(cost.inputUsd).toBe(0);
  });

  test('retries are paid again, fallbacks at their own price, and the parts add up', () => {
    const calls = guideCalls('openai/gpt-4o-mini');
    const fallback = { price: priceOf('openai/gpt-4o'), ratio: 0.01 };
    const cost = computeInteractionCost({ calls, retryRatio: 0.02, fallback });
    expect(cost.usd).toBeCloseTo(0.001785 * 1.02 + 0.01 * 0.02975, 12);
    const { usd, byCall, ...parts } = cost;
    expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBeCloseTo(usd, 12);
    expect(byCall.map(({ name }) => name)).toEqual(['primary', 'supervisor']);
    expect(() => computeInteractionCost({ calls, retryRatio: -1 })).toThrow('[0, 1]');
    expect(() => computeInteractionCost({ calls, retryRatio: Number.NaN })).toThrow('[0, 1]');
  });

  test('peak hours: 35 of 168 hours at twice the price make an even week 20.8 % dearer', () => {
    const price = priceOf('deepseek/deepseek-flash');
    const peak = parsePeakHours(price.peak?.hoursUtc ?? '');
    if (peak === undefined) throw new Error('no peak hours');
    const share = computePeakShare(peak);
    expect(share).toBeCloseTo(35 / 168, 12);
    const prices = pricesForInput(price, 1000, share);
    for (const [part, base] of [
      ['inputUsdPerMTokens', 0.15],
      ['cachedInputUsdPerMTokens', 0.003],
      ['outputUsdPerMTokens', 0.6],
    ] as const) {
      expect(prices[part]).toBeCloseTo(base * (1 + 35 / 168), 12);
    }
    const call = one('deepseek/deepseek-flash', {
      turns: 1,
      systemTokens: 0,
      messageTokens: 1000,
      answerTokens: 0,
    });
    const usd = computeInteractionCost({ calls: [call], peakRatioOf: () => 1 }).usd;
    expect(usd).toBeCloseTo((1000 * 0.3) / 1e6, 12);
  });
});
