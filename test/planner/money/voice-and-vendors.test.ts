import { describe, expect, test } from 'vitest';
import { planModes } from '../../../planner/index.ts';
import { focusRows } from '../../../planner/money/focus.ts';
import { monthlyShares } from '../../../planner/money/week-hours.ts';
import { parseDemand } from '../../../scenarios/demand.ts';
import type { DeploymentMode } from '../../../scenarios/mode.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import type { PlannedMode } from '../../../vocabulary/plan-file.ts';
import type { ResultFile } from '../../../vocabulary/result-file.ts';
import { llamaResult, simulatedResult } from '../fixtures/result.ts';
import { CATALOGUE, MODES, sizeMode } from '../fixtures/sized.ts';

const DAYS = 730 / 24;

function planWith(demandText: string, mode: DeploymentMode = MODES.kubernetes): PlannedMode {
  const spec = unwrap(parseDemand(demandText, 'demand.yaml'));
  const plan = unwrap(
    planModes({
      results: [llamaResult(), simulatedResult()],
      demand: { path: 'demand.yaml', spec },
      modes: [mode],
      catalogue: CATALOGUE,
      seed: 1,
      nowUnixMs: Date.UTC(2026, 10, 21),
    }),
  );
  const [found] = plan.modes;
  if (found?.kind !== 'planned') throw new Error(found?.reason);
  expect(focusRows(plan).length).toBeGreaterThanOrEqual(found.costLines.length);
  return found;
}

const demandText = (more: string, perDay = 25_000): string => `kind: busyhour-demand
schemaVersion: 1
name: test
source: this test
volume: { kind: per-day, interactionsPerDay: ${perDay} }
${more}`;

describe('voice', () => {
  test('four minutes, 40 % spoken by the machine, recorded: each minute at its stored price', () => {
    const mode = planWith(
      demandText('voice: { minutesPerInteraction: 4, spokenRatio: 0.4, recorded: true }'),
    );
    const voice = mode.costLines.filter(({ category }) => category === 'voice');
    const calls = 25_000 * DAYS;
    expect(voice.map(({ line, usdPerMonth }) => [line, Math.round(usdPerMonth)])).toEqual([
      ['telephone line', Math.round(calls * 4 * 0.0085)],
      ['speech recognition', Math.round(calls * 4 * 0.006)],
      ['speech synthesis', Math.round(calls * 4 * 0.4 * 0.011)],
      ['recording', Math.round(calls * 4 * 0.0025)],
    ]);
    expect(mode.byCategoryUsdPerInteraction.voice).toBeCloseTo(
      4 * (0.0085 + 0.006 + 0.4 * 0.011 + 0.0025),
      9,
    );
  });

  test('none where customers write, no recording unless asked, and a range widens the interval', () => {
    expect(planWith(demandText('')).costLines.filter(({ category }) => category === 'voice')).toEqual([]);
    const given = planWith(demandText('voice: { minutesPerInteraction: 4, spokenRatio: 0.4 }'));
    expect(given.costLines.map(({ line }) => line)).not.toContain('recording');
    const ranged = planWith(
      demandText('voice: { minutesPerInteraction: { value: 4, low: 2, high: 8 }, spokenRatio: 0.4 }'),
    );
    const width = ({ usdPerInteraction: { ai } }: PlannedMode): number => ai.p90 - ai.p10;
    expect(width(ranged)).toBeGreaterThan(2 * width(given));
  });

  test('absurd calls are refused with their place', () => {
    const failure = parseDemand(
      demandText('voice: { minutesPerInteraction: -1, spokenRatio: 2 }'),
      'demand.yaml',
    );
    const paths = failure.kind === 'failed' ? failure.failure.issues.map(({ path }) => path) : [];
    expect(paths.some((path) => path.includes('minutesPerInteraction'))).toBe(true);
    expect(paths.some((path) => path.includes('spokenRatio'))).toBe(true);
  });
});

describe('a conversation that a demand file states', () => {
  /** A result whose server counts no tokens, so that the file's are planned with. */
  const silent = (): ResultFile => {
    const result = llamaResult();
    const none = { input: 0, cachedInput: 0, output: 0, requestsWithUsage: 0, requestsCounted: 0 };
    return { ...result, steps: result.steps.map((step) => ({ ...step, tokens: none })) };
  };
  const llm = MODES.kubernetes.tiers.find(({ id }) => id === 'llm');

  function usdPerInteraction(priceId: string, interaction: string): number {
    if (llm?.sizing.kind !== 'vendor') throw new Error('another mode was expected');
    const tiers = MODES.kubernetes.tiers.map((tier) =>
      tier.id === 'llm' && tier.sizing.kind === 'vendor'
        ? { ...tier, maxReplicas: 500, sizing: { ...tier.sizing, priceId, maxQuotas: 500 } }
        : tier,
    );
    const spec = unwrap(parseDemand(demandText(`interaction: ${interaction}`, 100), 'demand.yaml'));
    const plan = unwrap(
      planModes({
        results: [silent()],
        demand: { path: 'demand.yaml', spec },
        modes: [{ ...MODES.kubernetes, tiers }],
        catalogue: CATALOGUE,
        seed: 1,
        nowUnixMs: Date.UTC(2026, 10, 21),
      }),
    );
    const [mode] = plan.modes;
    if (mode?.kind !== 'planned') throw new Error(mode?.reason);
    return (mode.byCategoryUsdPerInteraction.llm ?? Number.NaN) / 1.01;
  }

  test('history is sent again each turn: 5 turns of 300, 50 and 150 tokens', () => {
    const usd = usdPerInteraction(
      'openai/gpt-4o',
      '{ turns: 5, systemTokens: 300, messageTokens: 50, answerTokens: 150 }',
    );
    // 5 · 300 + 50 · 15 + 150 · 10 in, 750 out.
    expect(usd).toBeCloseTo((3750 * 2.5 + 750 * 10) / 1e6, 9);
  });

  test('each turn in its own context tier', () => {
    const usd = usdPerInteraction(
      'openai/gpt-5.6-terra',
      '{ turns: 10, messageTokens: 40000, answerTokens: 0 }',
    );
    // Turns 1 to 6 stay within 272,000 tokens, 7 to 10 are past them.
    expect(usd).toBeCloseTo((40_000 * 21 * 2 + 40_000 * 34 * 4) / 1e6, 6);
  });

  test('a turn shorter than what a vendor caches is not read from the cache', () => {
    const usd = usdPerInteraction(
      'openai/gpt-4o',
      '{ turns: 2, systemTokens: 800, messageTokens: 100, answerTokens: 200, cachedInputRatio: 0.5 }',
    );
    // 900 tokens are below 1,024; half of the 1,200 of the second turn are read.
    expect(usd).toBeCloseTo(((900 + 600) * 2.5 + 600 * 1.25 + 400 * 10) / 1e6, 9);
  });

  test('cached input and cache writes at their prices', () => {
    const usd = usdPerInteraction(
      'anthropic/claude-haiku-4-5',
      '{ turns: 1, systemTokens: 2000, messageTokens: 0, answerTokens: 100, cachedInputRatio: 0.75 }',
    );
    expect(usd).toBeCloseTo((1500 * 0.1 + 500 * 1.25 + 100 * 5) / 1e6, 9);
  });
});

describe('several vendors', () => {
  const { demand } = sizeMode({ mode: MODES.kubernetes, interactionsPerDay: 25_000 }).context;

  test('the second sees only the hours that the first cannot carry', () => {
    // Twelve equal hours a day, each as full as the tier is sized for: the first takes what it carries of each.
    const levels = Array.from({ length: 168 }, (_, hour) => (hour % 24 < 12 ? 2 : 0));
    const even = { ...demand, week: { ...demand.week, levels }, sizingTurnsPerS: 0, turnsPerInteraction: 5 };
    const flat = { ...even, sizingTurnsPerS: ((even.interactionsPerDay * 5) / 86_400) * 2 };
    expect(monthlyShares([0.75, 0.25], flat)).toEqual([0.75, 0.25].map((share) => expect.closeTo(share, 9)));
    expect(monthlyShares([1, 0], flat)).toEqual([1, 0]);
    // Hours of half the sizing rate fit wholly into the first vendor's three quarters.
    const quiet = { ...flat, sizingTurnsPerS: flat.sizingTurnsPerS * 2 };
    expect(monthlyShares([0.75, 0.25], quiet)).toEqual([expect.closeTo(1, 9), expect.closeTo(0, 9)]);
  });

  test('overflow and what the first does not answer are paid at the price of the second', () => {
    const [gateway, llm, ...others] = MODES.kubernetes.tiers;
    if (gateway === undefined || llm?.sizing.kind !== 'vendor') throw new Error('another mode was expected');
    const second = {
      service: 'gpt-4o',
      priceId: 'openai/gpt-4o',
      quotaId: 'openai/tier5/gpt-4o',
      maxQuotas: 10,
      availabilityRatio: 0.99,
    };
    const sizing = { ...llm.sizing, maxQuotas: 1, alsoFrom: [second] };
    const { maxReplicas: _, ...unbounded } = llm;
    const mode = { ...MODES.kubernetes, tiers: [gateway, { ...unbounded, sizing }, ...others] };
    const plan = planWith(demandText('', 2_200_000), mode);
    const providers = plan.tiers.find(({ tier }) => tier === 'llm')?.providers ?? [];
    expect(providers[0]?.accounts).toBe(1);
    expect(providers[1]?.accounts).toBeGreaterThanOrEqual(1);
    const millions = (name: string): number =>
      plan.costLines.find(({ line }) => line === name)?.quantity ?? Number.NaN;
    const all = (2_200_000 * DAYS * 5 * 1.01 * 200) / 1e6;
    const [mini, large] = [millions('openai/gpt-4o-mini output'), millions('openai/gpt-4o output')];
    expect((mini + large) / all).toBeCloseTo(1, 9);
    // Half a per cent is not answered by the first, and its quota is short only in the fullest hours.
    expect(large / all).toBeGreaterThan(0.005);
    expect(large / all).toBeLessThan(1 - (providers[0]?.callsRatio ?? 0));
  });
});
