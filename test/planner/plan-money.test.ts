import { describe, expect, test } from 'vitest';
import type { DeploymentMode } from '../../scenarios/mode.ts';
import { machineUsd, modeOf, modes, PER_MONTH, planOf } from './fixtures/planned.ts';
import { buildResult } from './fixtures/result.ts';

describe('money', () => {
  test.each(['compose', 'kubernetes', 'onprem'])('%s: lines, categories and months add up', (id) => {
    const mode = modeOf(id);
    const total = mode.costLines.reduce((sum, line) => sum + line.usdPerMonth, 0);
    expect(mode.usdPerMonth).toBeCloseTo(total, 6);
    for (const line of mode.costLines)
      expect(line.usdPerMonth).toBeCloseTo(line.quantity * line.unitPriceUsd, 9);
    const perInteraction = Object.values(mode.byCategoryUsdPerInteraction).reduce((sum, usd) => sum + usd, 0);
    expect(perInteraction * PER_MONTH).toBeCloseTo(total, 4);
    const { ai, blended, resolved } = mode.usdPerInteraction;
    for (const interval of [ai, blended, resolved]) {
      expect(interval.p10).toBeLessThanOrEqual(interval.p50);
      expect(interval.p50).toBeLessThanOrEqual(interval.p90);
    }
    expect(ai.p50).toBeLessThan(blended.p50);
    expect(blended.p50).toBeLessThan(resolved.p50);
  });

  test('tokens at their price: 500 and 200 per turn, 1 % retried, by hand', () => {
    const llm = modeOf('kubernetes').costLines.filter(({ category }) => category === 'llm');
    const perInteraction = llm.reduce((sum, line) => sum + line.usdPerMonth, 0) / PER_MONTH;
    expect(perInteraction).toBeCloseTo(5 * ((500 * 0.15 + 200 * 0.6) / 1e6) * 1.01, 12);
  });

  test('cached input is billed as cached, from the length on that a vendor caches', () => {
    const usdOf = (inputTokens: number, cachedInputTokens: number): number => {
      const step = { gatewayCpuSPerTurn: 0.004, inputTokens, cachedInputTokens };
      const cached = [buildResult({ engine: 'simulated', rates: [10, 20, 39], servicePerS: 40, step })];
      const { costLines } = modeOf('kubernetes', { results: cached });
      const llm = costLines.filter(({ category }) => category === 'llm');
      return llm.reduce((sum, line) => sum + line.usdPerMonth, 0) / PER_MONTH;
    };
    expect(usdOf(1500, 900)).toBeCloseTo(5 * ((600 * 0.15 + 900 * 0.075 + 200 * 0.6) / 1e6) * 1.01, 12);
    expect(usdOf(500, 300)).toBeCloseTo(5 * ((500 * 0.15 + 200 * 0.6) / 1e6) * 1.01, 12);
  });

  test('own GPUs by hand: capital over 5.5 years, 8 % maintenance, power, space', () => {
    const gpu = modeOf('onprem').costLines.filter(({ category }) => category === 'gpu');
    const perNode = 270_000 / (5.5 * 12) + (270_000 * 0.08) / 12 + 10.2 * 1.54 * 730 * 0.146 + 10.2 * 184;
    expect(gpu.reduce((sum, line) => sum + line.usdPerMonth, 0)).toBeCloseTo(2 * perNode, 6);
  });

  test('given values replace the defaults and leave no range', () => {
    const overrides = {
      escalationRatio: 0.25,
      humanContactUsd: 10,
      repeatRatio: 0,
      busyHourShareRatio: 0.15,
    };
    const mode = modeOf('kubernetes', { overrides });
    const ai = machineUsd(mode) / PER_MONTH;
    expect(mode.usdPerInteraction.blended.p50).toBeCloseTo(ai + 2.5, 3);
    expect(mode.usdPerInteraction.blended).toEqual(mode.usdPerInteraction.resolved);
    const figure = planOf({ overrides }).demand.figures.find(({ name }) => name === 'escalationRatio');
    expect(figure).toMatchObject({ value: 0.25, source: 'given with the plan' });
  });

  test('159 scheduled agents for a quarter of 25,000 a day at 360 s (corrected guide)', () => {
    const overrides = { escalationRatio: 0.25, averageHandleTimeS: 360 };
    const agents = planOf({ overrides }).demand.figures.find(({ name }) => name === 'scheduledAgents');
    expect(agents).toMatchObject({ value: 159, basis: 'derived' });
  });

  test('an interval that covers the disputed price of a model', () => {
    const disputed = modes.map(
      (mode): DeploymentMode => ({
        ...mode,
        tiers: mode.tiers.map((tier) =>
          tier.sizing.kind === 'vendor'
            ? { ...tier, sizing: { ...tier.sizing, priceId: 'openai/gpt-5.6-sol' } }
            : tier,
        ),
      }),
    );
    const mode = modeOf('kubernetes', { modes: disputed });
    const llm = mode.costLines.filter(({ category }) => category === 'llm');
    const llmUsd = llm.reduce((sum, line) => sum + line.usdPerMonth, 0) / PER_MONTH;
    const { ai } = mode.usdPerInteraction;
    // Stated 4 and 20, elsewhere 5 and 30: 500 and 200 tokens cost up to 1.417 times as much.
    expect(ai.p90 - ai.p10).toBeGreaterThan(0.2 * llmUsd);
    expect(ai.p90).toBeLessThan(machineUsd(mode) / PER_MONTH + 0.45 * llmUsd);
    expect(mode.diagnostics.map(({ code }) => code)).toContain('DISPUTED_PRICE');
  });
});
