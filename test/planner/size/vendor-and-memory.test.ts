import { describe, expect, test } from 'vitest';
import type { ModeTier } from '../../../scenarios/mode.ts';
import { buildResult } from '../fixtures/result.ts';
import { MODES, type SizedFixture, scaledCatalogue, sizeMode, unbounded } from '../fixtures/sized.ts';

const tierOf = ({ plans }: SizedFixture, id: string) => {
  const plan = plans.find(({ tier }) => tier === id);
  if (plan === undefined) throw new Error(`no tier ${id}`);
  return plan;
};

const result = (
  step: { inputTokens?: number; outputTokens?: number; cachedInputTokens?: number },
  thinkTimeMs = 20_000,
) =>
  buildResult({
    engine: 'simulated',
    rates: [10, 20, 30, 39],
    servicePerS: 40,
    thinkTimeMs,
    step: { gatewayCpuSPerTurn: 0.004, ...step },
  });

const withLlm = (change: (sizing: Extract<ModeTier['sizing'], { kind: 'vendor' }>) => object) => {
  const mode = unbounded(MODES.kubernetes);
  return {
    ...mode,
    tiers: mode.tiers.map((tier) =>
      tier.sizing.kind === 'vendor' ? { ...tier, sizing: { ...tier.sizing, ...change(tier.sizing) } } : tier,
    ),
  };
};

const PER_DAY = 4_800_000; // 1,000 turns/s at 15 % and 5 turns.

describe('quotas of a vendor', () => {
  test('10 M a day is 69,444 requests a minute on average (corrected guide, ten calls each)', () => {
    // An even day, two calls a turn and five turns, no retries.
    const sized = sizeMode({
      mode: withLlm(() => ({ llmCallsPerTurn: 2, maxUtilisation: 1 })),
      interactionsPerDay: 10_000_000,
      overrides: { busyHourShareRatio: 1 / 24, retryRatio: 0 },
      results: [result({})],
    });
    const llm = tierOf(sized, 'llm');
    expect((10_000_000 * 10) / (24 * 60)).toBeCloseTo(69_444, 0);
    // 69,444 of 30,000 a minute each.
    expect(llm.replicas).toBe(3);
    expect(llm.limits[0]?.explanation).toContain('69440 requests per minute');
  });

  test('requests or tokens, whichever fills first', () => {
    const accounts = (inputTokens: number, outputTokens: number): number =>
      tierOf(
        sizeMode({
          mode: unbounded(MODES.kubernetes),
          interactionsPerDay: PER_DAY,
          results: [result({ inputTokens, outputTokens })],
        }),
        'llm',
      ).replicas;
    const requests = Math.ceil((1000 * 60 * 1.01) / (30_000 * 0.8));
    expect(accounts(500, 200)).toBe(requests);
    // 150 million tokens a minute ÷ 30,000 requests: 5,000 a request is where they meet.
    expect(accounts(4000, 900)).toBe(requests);
    expect(accounts(9000, 1000)).toBe(Math.ceil((1000 * 60 * 1.01 * 10_000) / (150e6 * 0.8)));
  });

  test('cached input counts in full, as the stricter vendors do', () => {
    const accounts = (cachedInputTokens: number): number =>
      tierOf(
        sizeMode({
          mode: unbounded(MODES.kubernetes),
          interactionsPerDay: PER_DAY,
          results: [result({ inputTokens: 20_000, cachedInputTokens })],
        }),
        'llm',
      ).replicas;
    expect(accounts(19_000)).toBe(accounts(0));
  });

  test('input and output apart where the vendor limits them apart', () => {
    const sized = sizeMode({
      mode: withLlm(() => ({ quotaId: 'anthropic/scale/fable-5.x' })),
      interactionsPerDay: PER_DAY,
      results: [result({})],
    });
    const llm = tierOf(sized, 'llm');
    const turnsPerMin = 1000 * 60 * 1.01;
    expect(
      llm.limits.filter(({ name }) => name === 'quota').map(({ requiredReplicas }) => requiredReplicas),
    ).toEqual([
      Math.ceil(turnsPerMin / (4000 * 0.8)),
      Math.ceil((turnsPerMin * 500) / (4e6 * 0.8)),
      Math.ceil((turnsPerMin * 200) / (800_000 * 0.8)),
    ]);
  });

  test('a thousandth of the quota is a thousand times the accounts', () => {
    const sized = (factor: number) =>
      tierOf(
        sizeMode({
          mode: unbounded(MODES.kubernetes),
          interactionsPerDay: PER_DAY,
          catalogue: scaledCatalogue('openai/tier5/gpt-4o-mini', 'requestsPerMin', factor),
        }),
        'llm',
      );
    expect(sized(0.001).replicas).toBe(Math.ceil((1000 * 60 * 1.01) / (30 * 0.8)));
    expect(sized(1).replicas).toBe(3);
  });
});

describe('a store in memory', () => {
  test('open conversations × bytes ÷ (memory × utilisation), and as much again in the other zone', () => {
    // One turn/s with an hour of thinking is 3,600 open; 10,000 turns/s are 36 million of 32,000 bytes.
    const sized = sizeMode({
      mode: unbounded(MODES.kubernetes),
      interactionsPerDay: 48_000_000,
      results: [result({}, 3_600_000)],
    });
    const context = tierOf(sized, 'context');
    const needed = Math.ceil((36e6 * 32_000) / (6.42 * 2 ** 30 * 0.7));
    expect(context.replicasForLoad).toBeGreaterThanOrEqual(needed);
    expect(context.replicasForLoad).toBeLessThanOrEqual(needed + 1);
    expect(context.replicas).toBe(2 * context.replicasForLoad);
    expect(context.bindingConstraint).toBe('memory with redundancy');
  });

  test('bytes of a conversation in proportion', () => {
    const nodes = (factor: number) =>
      tierOf(
        sizeMode({
          mode: unbounded(MODES.kubernetes),
          interactionsPerDay: 48_000_000,
          results: [result({}, 3_600_000)],
          catalogue: scaledCatalogue('default/context-bytes', 'contextBytesPerInteraction', factor),
        }),
        'context',
      ).replicasForLoad;
    expect(Math.abs(nodes(10) / nodes(1) / 10 - 1)).toBeLessThan(0.01);
  });
});
