import { describe, expect, it } from 'vitest';
import { checkClaims } from '../../../planner/check/check.ts';
import { readCatalogue } from '../../../scenarios/catalogue.ts';
import { resolveClaims } from '../../../scenarios/claims.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { withFigureTimes } from './consistent-guide.ts';

const catalogue = unwrap(readCatalogue());

/**
 * A proposal of another kind: own GPUs in two sites, no vendor, no people. Worked out by hand: 64 conversations ÷ 30 s
 * are 2.133 turns/s; × 0.75 × 3600 ÷ 0.12 ÷ 8 = 6,000 interactions a day; 40,000 take 7, and 14 when a site is lost.
 */
const PROPOSAL = {
  kind: 'busyhour-claims' as const,
  schemaVersion: 1 as const,
  title: 'Service desk on own GPUs',
  source: 'proposal.pdf',
  interaction: {
    turns: 8,
    meanResponseS: 3,
    thinkTimeS: 27,
    durationS: 240,
    callsPerTurn: 1,
    callsPerInteraction: 8,
  },
  calls: [
    {
      name: 'answer',
      callsPerTurn: 1,
      inputTokensPerCall: 2_000,
      outputTokensPerCall: 250,
      outputTokensPerInteraction: 2_000,
    },
  ],
  demand: {
    interactionsPerDay: 40_000,
    interactionsPerMonth: 1_216_667,
    busyHourRatio: 0.12,
    busyHourInteractionsPerS: 1.333,
    busyHourTurnsPerS: 10.67,
    openInteractions: 320,
  },
  tiers: [
    {
      id: 'inference',
      zones: 2,
      zonesLost: 1,
      instances: 14,
      busyHourUtilisation: 0.357,
      cpuUtilisation: 0.75,
      availabilityRatio: 0.9995,
      perInstance: [
        {
          case: 'one H100',
          concurrentInteractions: 64,
          turnsPerS: 2.133,
          interactionsPerDay: 6_000,
          kvTokens: 400_000,
          tokensPerConversation: 4_000,
        },
      ],
    },
    { id: 'store', primaries: 1, standbys: 1, availabilityRatio: 0.9999 },
  ],
  sizes: [
    { name: 'first year', instances: 14, interactionsPerDay: 40_000 },
    { name: 'third year', instances: 68, interactionsPerDay: 200_000 },
  ],
  bill: {
    lines: [
      { name: 'node', tier: 'inference', category: 'compute', usdPerMonth: 1_900 },
      { name: 'network', category: 'network', shared: true as const, usdPerMonth: 300 },
    ],
  },
  volumes: [{ name: 'first year', interactionsPerDay: 40_000, infrastructureUsd: 0.02211 }],
  targets: [
    { metric: 'availability' as const, per: 'time' as const, target: 0.999 },
    { metric: 'p95-response-s' as const, target: 8 },
  ],
  arithmetic: [
    { name: 'time to answer', unit: 'ms', result: 3_000, sumOf: [120, 80, 2_800] },
    { name: 'power', unit: 'kW', result: 142.8, productOf: [14, 10.2] },
  ],
};

const findingsOf = (claims: unknown) => checkClaims(unwrap(resolveClaims(claims)), catalogue).findings;

describe('a proposal of another kind', () => {
  it('that agrees with itself raises nothing', () => {
    expect(findingsOf(PROPOSAL).map(({ sentence }) => sentence)).toEqual([]);
  });

  it.each([
    ['a digit lost', 'demand.openInteractions', 0.1, 'little', 320],
    ['twelve months for thirty days', 'demand.interactionsPerMonth', 0.4, 'months-and-days', 1_216_667],
    ['no site to lose', 'sizes.0.instances', 0.5, 'instances', 14],
    ['half the cache', 'tiers.0.perInstance.0.kvTokens', 0.5, 'kv-tokens', 45],
    ['a tenth of the cost', 'volumes.0.infrastructureUsd', 0.1, 'volume-cost', 0.02211],
    ['a stage forgotten', 'arithmetic.0.result', 2 / 3, 'arithmetic', 3_000],
    ['a decimal point', 'arithmetic.1.result', 0.1, 'arithmetic', 142.8],
    [
      'one site short of the objective',
      'tiers.1.availabilityRatio',
      0.99,
      'layers-in-series',
      0.9995 * 0.9999 * 0.99,
    ],
    ['one call for two', 'interaction.callsPerInteraction', 0.5, 'calls', 8],
    ['a percentile below the mean', 'targets.1.target', 0.3, 'percentile-above-mean', 3 * Math.log(20)],
  ])('%s is found, and nothing else', (...[, path, factor, rule, right]) => {
    const found = findingsOf(withFigureTimes(PROPOSAL, path, factor));
    expect(found.map((finding) => finding.rule)).toEqual([rule]);
    expect((found[0]?.corrected?.high ?? 0) / right).toBeCloseTo(1, 2);
  });
});
