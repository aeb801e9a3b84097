import { describe, expect, test } from 'vitest';
import { computeContactUsd, computeInteractionAvailability } from '../../../planner/money/interaction.ts';
import { computeInteractionTokens } from '../../../planner/money/interaction-tokens.ts';
import { computeCapexUsdPerMonth, computeEnergyUsdPerMonth } from '../../../planner/money/own-gpu.ts';
import { computeCallUsd, disputedRange, pricesForInput } from '../../../planner/money/token-cost.ts';
import { findLlmPrice, readCatalogue } from '../../../scenarios/catalogue.ts';
import { unwrap } from '../../../vocabulary/errors.ts';

const catalogue = unwrap(readCatalogue());
const priceOf = (id: string) => unwrap(findLlmPrice(catalogue, id));

/** Five primary calls of 500 / 200 tokens and five supervisor calls of 600 / 120, as the guide has them. */
const GUIDE = { input: 5 * 500 + 5 * 600, cachedInput: 0, output: 5 * 200 + 5 * 120 };

describe('cost of an interaction (corrected call-centre guide)', () => {
  test.each([
    ['economy', 'openai/gpt-4o-mini', 0.001785],
    ['standard', 'openai/gpt-4o', 0.02975],
    ['premium', 'openai/gpt-4', 0.261],
  ])('%s tier at the price of %s', (_, id, usd) => {
    expect(computeCallUsd(GUIDE, pricesForInput(priceOf(id), 600))).toBeCloseTo(usd, 12);
  });

  test('75 % economy and 25 % standard is $0.00878', () => {
    expect(0.75 * 0.001785 + 0.25 * 0.02975).toBeCloseTo(0.00878, 5);
  });

  test('a context that grows costs more than turns times the first', () => {
    const tokens = computeInteractionTokens({
      turns: 3,
      systemTokens: 100,
      messageTokens: 20,
      answerTokens: 50,
    });
    // (100 + 20) + (100 + 40 + 50) + (100 + 60 + 100)
    expect(tokens).toEqual({ input: 120 + 190 + 260, cachedInput: 0, cacheWrite: 0, output: 150 });
  });
});

describe('token prices', () => {
  test('cached input is billed at its price, and as input where there is none', () => {
    const tokens = { input: 1_000_000, cachedInput: 600_000, output: 0 };
    const mini = pricesForInput(priceOf('openai/gpt-4o-mini'), 1000);
    expect(computeCallUsd(tokens, mini)).toBeCloseTo(0.4 * 0.15 + 0.6 * 0.075, 12);
    const uncached = pricesForInput(priceOf('openai/gpt-4'), 1000);
    expect(computeCallUsd(tokens, uncached)).toBeCloseTo(30, 12);
  });

  test('a long context is billed at its tier, from the first token past the bound', () => {
    const price = priceOf('openai/gpt-5.4');
    expect(pricesForInput(price, 272_000).inputUsdPerMTokens).toBe(2.5);
    expect(pricesForInput(price, 272_001)).toEqual({
      inputUsdPerMTokens: 5,
      cachedInputUsdPerMTokens: 0.5,
      // No price for writes: they are input.
      cacheWriteUsdPerMTokens: 5,
      outputUsdPerMTokens: 22.5,
    });
  });

  test('disputing sources give a range around the stated price', () => {
    const tokens = { input: 1_000_000, cachedInput: 0, output: 1_000_000 };
    // 4 + 20 stated against 5 + 30 elsewhere.
    expect(disputedRange(priceOf('openai/gpt-5.6-sol'), tokens)).toEqual({ low: 1, high: 35 / 24 });
    expect(disputedRange(priceOf('openai/gpt-4o-mini'), tokens)).toEqual({ low: 1, high: 1 });
  });
});

describe('cost of a contact', () => {
  test('25 % escalated at $10 is a blended $2.51 (corrected guide), not 1 % of a person', () => {
    const usd = computeContactUsd({ aiUsd: 0.00878, escalationRatio: 0.25, humanUsd: 10, repeatRatio: 0 });
    expect(usd.blended).toBeCloseTo(2.51, 2);
    expect(usd.resolved).toBe(usd.blended);
    expect(1 - usd.blended / 10).toBeLessThan(0.8);
  });
  test('contacts that come back are paid again', () => {
    const usd = computeContactUsd({ aiUsd: 1, escalationRatio: 0, humanUsd: 10, repeatRatio: 0.2 });
    expect(usd.resolved).toBeCloseTo(1.25, 12);
    expect(() => computeContactUsd({ aiUsd: 1, escalationRatio: 0, humanUsd: 1, repeatRatio: 1 })).toThrow(
      '[0, 1)',
    );
  });
  test('a 99.9 % call makes a 99.0 % interaction of ten calls', () => {
    expect(computeInteractionAvailability(0.999, 10)).toBeCloseTo(0.99, 3);
  });
});

describe('own GPUs', () => {
  test('straight line: 270,000 USD over five years is 4,500 a month', () => {
    expect(computeCapexUsdPerMonth(270_000, 5)).toBeCloseTo(4500, 9);
  });
  test('10 kW at PUE 1.5 and 0.10 USD/kWh for 730 h', () => {
    expect(computeEnergyUsdPerMonth(10, 1.5, 0.1)).toBeCloseTo(1095, 9);
  });
});
