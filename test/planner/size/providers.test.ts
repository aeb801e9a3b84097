import { describe, expect, test } from 'vitest';
import { planAvailability } from '../../../planner/availability.ts';
import type { DeploymentMode, ModeProvider } from '../../../scenarios/mode.ts';
import { MODES, sizeMode } from '../fixtures/sized.ts';

const FABLE: ModeProvider = {
  service: 'fable',
  priceId: 'openai/gpt-4o-mini',
  quotaId: 'anthropic/scale/fable-5.x',
  maxQuotas: 50,
  availabilityRatio: 0.99,
};

const withVendors = (alsoFrom: readonly ModeProvider[], maxQuotas = 4): DeploymentMode => ({
  ...MODES.kubernetes,
  tiers: MODES.kubernetes.tiers.map(({ maxReplicas: _, ...tier }) =>
    tier.sizing.kind === 'vendor'
      ? { ...tier, sizing: { ...tier.sizing, maxQuotas, alsoFrom: [...alsoFrom] } }
      : tier,
  ),
});

// 4.8 million a day are 1,000 turns/s: 60,600 requests, 30.3 million tokens in and 12.1 million out per minute.
const PER_DAY = 4_800_000;
const sized = (mode: DeploymentMode, interactionsPerDay = PER_DAY) =>
  sizeMode({ mode, interactionsPerDay, overrides: { busyHourShareRatio: 0.15, retryRatio: 0.01 } });

const llmOf = ({ plans }: ReturnType<typeof sized>) => {
  const llm = plans.find(({ tier }) => tier === 'llm');
  if (llm === undefined) throw new Error('no llm');
  return llm;
};

// What one account carries of 60,600 requests at 80 %: by requests, tokens are far off.
const FIRST = (30_000 * 0.8) / 60_600;
// Of the second vendor: 4,000 requests, 4 million in, 800,000 out, at 80 %; requests are the tightest.
const SECOND = Math.min((4000 * 0.8) / 60_600, (4e6 * 0.8) / (60_600 * 500), (8e5 * 0.8) / (60_600 * 200));

describe('quotas summed over vendors', () => {
  test('the second vendor takes what the first has no quota for, each by its own tightest quota', () => {
    const llm = llmOf(sized(withVendors([FABLE], 2)));
    const second = Math.ceil((1 - 2 * FIRST) / SECOND - 1e-9);
    expect(llm.replicas).toBe(2 + second);
    expect(llm.providers?.map(({ service, accounts }) => [service, accounts])).toEqual([
      ['gpt-4o-mini', 2],
      ['fable', second],
    ]);
    const shares = llm.providers?.map(({ callsRatio }) => callsRatio) ?? [];
    expect(shares[0]).toBeCloseTo(2 * FIRST, 9);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(llm.bindingConstraint).toBe('quota');
    expect(llm.slackRatio).toBeCloseTo(2 * FIRST + second * SECOND - 1, 9);
  });

  test('while the first has room the second is not used', () => {
    const llm = llmOf(sized(withVendors([FABLE])));
    expect(llm.replicas).toBe(Math.ceil(1 / FIRST));
    expect(llm.providers?.[1]).toMatchObject({ accounts: 0, callsRatio: 0 });
    expect(llm.replicas).toBe(llmOf(sized(withVendors([]))).replicas);
  });

  test('more than all of them give is refused with what each carries', () => {
    expect(() => sized(withVendors([{ ...FABLE, maxQuotas: 2 }], 1))).toThrow(
      /tier llm needs \d+ × account with its full rate limit and the mode allows 3 \(accounts carry .* by gpt-4o-mini, 2 × .* by fable/,
    );
  });

  test('a second vendor that could carry everything lifts availability; one that is needed lowers it', () => {
    const ratioOf = (mode: DeploymentMode) => {
      const { tiers, plans } = sized(mode);
      const models = tiers.map(({ model }) => model);
      return planAvailability(mode, models, plans).tiers.find(({ tier }) => tier === 'llm')?.ratio;
    };
    expect(ratioOf(withVendors([]))).toBeCloseTo(0.995, 12);
    expect(ratioOf(withVendors([FABLE], 2))).toBeCloseTo(0.995 * 0.99, 12);
  });
});
