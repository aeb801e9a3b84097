import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CHECK_RULES, checkClaims } from '../../../planner/check/check.ts';
import { readCatalogue } from '../../../scenarios/catalogue.ts';
import { type ClaimsInput, resolveClaims } from '../../../scenarios/claims.ts';
import { unwrap } from '../../../vocabulary/errors.ts';

const catalogue = unwrap(readCatalogue());
type Parts = Omit<ClaimsInput, 'kind' | 'schemaVersion' | 'title' | 'source'>;

function findings(parts: Parts) {
  const claims = { kind: 'busyhour-claims', schemaVersion: 1, title: 'a guide', source: 'here', ...parts };
  return checkClaims(unwrap(resolveClaims(claims)), catalogue).findings;
}

interface Case {
  readonly rule: string;
  readonly wrong: Parts;
  /** Right figure, worked out by hand; absent where the finding has none. */
  readonly corrected?: readonly [number, number];
  readonly right: Parts;
}

const tier = (row: object) => [{ id: 'app', ...row }];
const carried = (row: object) => tier({ perInstance: [{ case: 'only', ...row }] });
const model = (totalUsd: number) => ({ name: 'm', totalUsd });

/** One minimal document a rule: a figure that breaks it, and the same put right. */
const CASES: readonly Case[] = [
  {
    rule: 'restated',
    wrong: {
      tiers: tier({
        maxInstances: [
          { value: 50, line: 3 },
          { value: 40, line: 9 },
        ],
      }),
    },
    corrected: [50, 50],
    right: {
      tiers: tier({
        maxInstances: [
          { value: 50, line: 3 },
          { value: 50, line: 9 },
        ],
      }),
    },
  },
  {
    rule: 'scaling-metrics',
    wrong: { tiers: tier({ scalesOn: [{ metrics: ['cpu'] }, { metrics: ['cpu', 'memory'] }] }) },
    right: { tiers: tier({ scalesOn: [{ metrics: ['memory', 'cpu'] }, { metrics: ['cpu', 'memory'] }] }) },
  },
  {
    rule: 'arithmetic',
    wrong: { arithmetic: [{ name: 'disk', result: 600, sumOf: [20, 500] }] },
    corrected: [520, 520],
    right: { arithmetic: [{ name: 'disk', result: 520, sumOf: [20, 500] }] },
  },
  {
    rule: 'calls',
    wrong: { interaction: { turns: 8, callsPerTurn: 3, callsPerInteraction: 20 } },
    corrected: [24, 24],
    right: { interaction: { turns: 8, callsPerTurn: 3, callsPerInteraction: 24 } },
  },
  {
    rule: 'tokens',
    wrong: { interaction: { turns: 4, inputTokensPerTurn: 900, inputTokensPerInteraction: 900 } },
    corrected: [3600, 3600],
    right: { interaction: { turns: 4, inputTokensPerTurn: 900, inputTokensPerInteraction: 3600 } },
  },
  {
    // 300 + 50 · (1 + 10) ÷ 2 + 200 · (10 − 1) ÷ 2 = 1,475.
    rule: 'history-growth',
    wrong: {
      interaction: { turns: 10 },
      calls: [
        {
          name: 'a',
          callsPerTurn: 1,
          inputTokensPerCall: 550,
          outputTokensPerCall: 200,
          systemTokens: 300,
          messageTokens: 50,
          carriesHistory: true,
        },
      ],
    },
    corrected: [1475, 1475],
    right: {
      interaction: { turns: 10 },
      calls: [
        {
          name: 'a',
          callsPerTurn: 1,
          inputTokensPerCall: 1475,
          outputTokensPerCall: 200,
          systemTokens: 300,
          messageTokens: 50,
          carriesHistory: true,
        },
      ],
    },
  },
  {
    rule: 'stream-speed',
    wrong: {
      interaction: { turns: 1, meanResponseS: 1 },
      calls: [{ name: 'a', callsPerTurn: 1, outputTokensPerCall: 1000 }],
    },
    corrected: [5, 5],
    right: {
      interaction: { turns: 1, meanResponseS: 10 },
      calls: [{ name: 'a', callsPerTurn: 1, outputTokensPerCall: 1000 }],
    },
  },
  {
    rule: 'percentile-above-mean',
    wrong: {
      interaction: { meanResponseS: 3 },
      targets: [{ metric: 'p95-response-s', target: { atMost: 2 } }],
    },
    corrected: [8.987, 8.987],
    right: {
      interaction: { meanResponseS: 0.6 },
      targets: [{ metric: 'p95-response-s', target: { atMost: 2 } }],
    },
  },
  {
    rule: 'duration',
    wrong: { interaction: { turns: 5, meanResponseS: 1.5, thinkTimeS: 20, durationS: 60 } },
    corrected: [107.5, 107.5],
    right: { interaction: { turns: 5, meanResponseS: 1.5, thinkTimeS: 20, durationS: 108 } },
  },
  {
    rule: 'little',
    wrong: {
      interaction: { meanResponseS: 2, thinkTimeS: 18 },
      tiers: carried({ concurrentInteractions: 100, turnsPerS: 50 }),
    },
    corrected: [5, 5],
    right: {
      interaction: { meanResponseS: 2, thinkTimeS: 18 },
      tiers: carried({ concurrentInteractions: 100, turnsPerS: 5 }),
    },
  },
  {
    rule: 'think-time',
    wrong: {
      interaction: { meanResponseS: 2 },
      tiers: carried({ concurrentInteractions: 100, turnsPerS: 50 }),
    },
    right: {
      interaction: { meanResponseS: 2, thinkTimeS: 0 },
      tiers: carried({ concurrentInteractions: 100, turnsPerS: 50 }),
    },
  },
  {
    rule: 'daily-capacity',
    wrong: { interaction: { turns: 10 }, tiers: carried({ turnsPerS: 10, interactionsPerDay: 864_000 }) },
    corrected: [86_400, 86_400],
    right: { interaction: { turns: 10 }, tiers: carried({ turnsPerS: 10, interactionsPerDay: 86_400 }) },
  },
  {
    // 10 turns/s ÷ 10 × 0.7 × 3600 ÷ 0.2 = 12,600.
    rule: 'daily-capacity',
    wrong: {
      interaction: { turns: 10 },
      demand: { busyHourRatio: 0.2 },
      tiers: tier({
        cpuUtilisation: 0.7,
        perInstance: [{ case: 'a', turnsPerS: 10, interactionsPerDay: 86_400 }],
      }),
    },
    corrected: [12_600, 12_600],
    right: {
      interaction: { turns: 10 },
      demand: { busyHourRatio: 0.2 },
      tiers: tier({
        cpuUtilisation: 0.7,
        perInstance: [{ case: 'a', turnsPerS: 10, interactionsPerDay: 12_600 }],
      }),
    },
  },
  {
    rule: 'concurrency-limit',
    wrong: {
      principles: { concurrentInteractions: { unlimited: true } },
      tiers: tier({ maxInstances: 8, perInstance: [{ case: 'a', concurrentInteractions: 30 }] }),
    },
    corrected: [240, 240],
    right: {
      principles: { concurrentInteractions: 240 },
      tiers: tier({ maxInstances: 8, perInstance: [{ case: 'a', concurrentInteractions: 30 }] }),
    },
  },
  {
    rule: 'queue-wait',
    wrong: {
      interaction: { meanResponseS: 1, thinkTimeS: 0 },
      targets: [{ metric: 'p95-response-s', target: { atMost: 3 } }],
      tiers: tier({ queuedRequests: 200, perInstance: [{ case: 'a', turnsPerS: 20 }] }),
    },
    corrected: [40, 40],
    right: {
      interaction: { meanResponseS: 1, thinkTimeS: 0 },
      targets: [{ metric: 'p95-response-s', target: { atMost: 3 } }],
      tiers: tier({ queuedRequests: 40, perInstance: [{ case: 'a', turnsPerS: 20 }] }),
    },
  },
  {
    // 30 turns/s ÷ 5 = 6 busy instances: 6 never catch up.
    rule: 'stability',
    wrong: {
      demand: { busyHourTurnsPerS: 30 },
      tiers: tier({ instances: 6, perInstance: [{ case: 'a', turnsPerS: 5 }] }),
    },
    corrected: [7, 7],
    right: {
      demand: { busyHourTurnsPerS: 30 },
      tiers: tier({ instances: 8, busyHourUtilisation: 0.75, perInstance: [{ case: 'a', turnsPerS: 5 }] }),
    },
  },
  {
    rule: 'stability',
    wrong: {
      demand: { busyHourTurnsPerS: 30 },
      tiers: tier({ instances: 10, busyHourUtilisation: 0.3, perInstance: [{ case: 'a', turnsPerS: 5 }] }),
    },
    corrected: [0.6, 0.6],
    right: {
      demand: { busyHourTurnsPerS: 30 },
      tiers: tier({ instances: 10, busyHourUtilisation: 0.6, perInstance: [{ case: 'a', turnsPerS: 5 }] }),
    },
  },
  {
    rule: 'kv-tokens',
    wrong: {
      tiers: carried({ concurrentInteractions: 200, kvTokens: 400_000, tokensPerConversation: 3_000 }),
    },
    corrected: [120, 120],
    right: {
      tiers: carried({ concurrentInteractions: 120, kvTokens: 400_000, tokensPerConversation: 3_000 }),
    },
  },
  {
    rule: 'limits-order',
    wrong: { tiers: tier({ minInstances: 5, maxInstances: 4 }) },
    corrected: [4, 4],
    right: { tiers: tier({ minInstances: 4, maxInstances: 5 }) },
  },
  {
    // 10 are needed; of 15 over three zones, 10 remain when one zone of 5 is lost.
    rule: 'instances',
    wrong: {
      tiers: tier({ zones: 3, zonesLost: 1, perInstance: [{ case: 'a', interactionsPerDay: 1000 }] }),
      sizes: [{ name: 's', instances: 10, interactionsPerDay: 10_000 }],
    },
    corrected: [15, 15],
    right: {
      tiers: tier({ zones: 3, zonesLost: 1, perInstance: [{ case: 'a', interactionsPerDay: 1000 }] }),
      sizes: [{ name: 's', instances: 15, interactionsPerDay: 10_000 }],
    },
  },
  {
    rule: 'no-gain-from-scale',
    wrong: {
      tiers: carried({ interactionsPerDay: 1000 }),
      sizes: [
        { name: 's', instances: 10, interactionsPerDay: 10_000 },
        { name: 'l', instances: 20, interactionsPerDay: 100_000 },
      ],
    },
    corrected: [1000, 1000],
    right: {
      tiers: carried({ interactionsPerDay: 1000 }),
      sizes: [
        { name: 's', instances: 10, interactionsPerDay: 10_000 },
        { name: 'l', instances: 100, interactionsPerDay: 100_000 },
      ],
    },
  },
  {
    rule: 'demand-limit',
    wrong: {
      demand: { interactionsPerDay: 50_000 },
      tiers: tier({ maxInstances: 20, perInstance: [{ case: 'a', interactionsPerDay: 1000 }] }),
    },
    corrected: [20_000, 20_000],
    right: {
      demand: { interactionsPerDay: 20_000 },
      tiers: tier({ maxInstances: 20, perInstance: [{ case: 'a', interactionsPerDay: 1000 }] }),
    },
  },
  {
    rule: 'size-gaps',
    wrong: {
      sizes: [
        { name: 's', instances: [1, 4] },
        { name: 'l', instances: [8, 20] },
      ].map((size) => ({ ...size, instances: size.instances as [number, number], interactionsPerDay: 1 })),
    },
    corrected: [5, 20],
    right: {
      sizes: [
        { name: 's', instances: [1, 7] },
        { name: 'l', instances: [8, 20] },
      ].map((size) => ({ ...size, instances: size.instances as [number, number], interactionsPerDay: 1 })),
    },
  },
  {
    rule: 'room-to-grow',
    wrong: {
      tiers: tier({ maxInstances: 20, perInstance: [{ case: 'a', interactionsPerDay: 1000 }] }),
      sizes: [{ name: 'l', instances: 20, interactionsPerDay: 20_000 }],
    },
    corrected: [19, 19],
    right: {
      tiers: tier({ maxInstances: 24, perInstance: [{ case: 'a', interactionsPerDay: 1000 }] }),
      sizes: [{ name: 'l', instances: 20, interactionsPerDay: 20_000 }],
    },
  },
  {
    rule: 'losses',
    wrong: {
      targets: [{ metric: 'availability', per: 'time', target: 0.999 }],
      tiers: carried({ interactionsPerDay: 1000 }),
      sizes: [{ name: 's', instances: 4, interactionsPerDay: 4000 }],
    },
    corrected: [5, 5],
    right: {
      targets: [{ metric: 'availability', per: 'time', target: 0.999 }],
      tiers: tier({ zones: 2, zonesLost: 1, perInstance: [{ case: 'a', interactionsPerDay: 1000 }] }),
      sizes: [{ name: 's', instances: 8, interactionsPerDay: 4000 }],
    },
  },
  {
    rule: 'headroom',
    wrong: { tiers: tier({ cpuUtilisation: 0.6, perInstance: [{ case: 'a', interactionsPerDay: 1000 }] }) },
    corrected: [600, 600],
    right: { tiers: carried({ interactionsPerDay: 1000 }) },
  },
  {
    rule: 'single-writer',
    wrong: {
      targets: [{ metric: 'availability', per: 'time', target: 0.999 }],
      tiers: tier({ primaries: 1, standbys: 0 }),
    },
    corrected: [2, 2],
    right: {
      targets: [{ metric: 'availability', per: 'time', target: 0.999 }],
      tiers: tier({ primaries: 1, standbys: 1 }),
    },
  },
  {
    rule: 'zones',
    wrong: { tiers: tier({ zones: 2, zonesLost: 2 }) },
    corrected: [1, 1],
    right: { tiers: tier({ zones: 3, zonesLost: 2 }) },
  },
  {
    rule: 'utilisation-base',
    wrong: { tiers: tier({ cpuUtilisation: 0.8, requestCores: 1, limitCores: 4 }) },
    corrected: [0.2, 0.2],
    right: { tiers: tier({ cpuUtilisation: 0.8, requestCores: 4, limitCores: 4 }) },
  },
  {
    rule: 'container-shape',
    wrong: { tiers: tier({ memoryMb: 4000, limitMemoryMb: 2000 }) },
    corrected: [4000, 4000],
    right: { tiers: tier({ memoryMb: 4000, limitMemoryMb: 4000 }) },
  },
  {
    rule: 'trigger-before-target',
    wrong: {
      targets: [{ metric: 'p95-response-s', target: { atMost: 2 } }],
      tiers: tier({ scaleOutP95S: 2.5 }),
    },
    corrected: [0, 1.5],
    right: {
      targets: [{ metric: 'p95-response-s', target: { atMost: 2 } }],
      tiers: tier({ scaleOutP95S: 1.5 }),
    },
  },
  {
    rule: 'months-and-days',
    wrong: { demand: { interactionsPerDay: 1000, interactionsPerMonth: 365_000 } },
    corrected: [30_416.7, 30_416.7],
    right: { demand: { interactionsPerDay: 1000, interactionsPerMonth: 30_000 } },
  },
  {
    rule: 'volumes-meet-sizes',
    wrong: {
      volumes: [{ name: 'v', interactionsPerMonth: 10_000 }],
      sizes: [{ name: 's', instances: 1, interactionsPerDay: 10_000 }],
    },
    corrected: [10_000, 10_000],
    right: {
      volumes: [{ name: 'v', interactionsPerMonth: 310_000 }],
      sizes: [{ name: 's', instances: 1, interactionsPerDay: 10_000 }],
    },
  },
  {
    // 720,000 × 6 ÷ 86,400 = 50/s on a flat day; × 15 % ÷ 3600 = 180/s.
    rule: 'busy-hour',
    wrong: {
      interaction: { turns: 6 },
      sizes: [{ name: 's', instances: 9, interactionsPerDay: 720_000 }],
    },
    corrected: [180, 180],
    right: {
      interaction: { turns: 6 },
      demand: { busyHourRatio: 0.15 },
      sizes: [{ name: 's', instances: 9, interactionsPerDay: 720_000 }],
    },
  },
  {
    rule: 'quota-need',
    wrong: {
      interaction: { turns: 6, callsPerTurn: 2 },
      quotaNeed: { forInteractionsPerDay: 144_000, requestsPerMin: 100 },
    },
    corrected: [1200, 1200],
    right: {
      interaction: { turns: 6, callsPerTurn: 2 },
      quotaNeed: { forInteractionsPerDay: 144_000, requestsPerMin: 1200 },
    },
  },
  {
    // 144,000 × 12 ÷ 1440 = 1,200 a minute, 2.4 times that in a busy hour of 10 %.
    rule: 'quotas',
    wrong: {
      interaction: { turns: 6, callsPerTurn: 2 },
      demand: { interactionsPerDay: 144_000, busyHourRatio: 0.1 },
      quotas: [
        { provider: 'a', requestsPerMin: 1000 },
        { provider: 'b', requestsPerMin: 1000 },
      ],
    },
    corrected: [2880, 2880],
    right: {
      interaction: { turns: 6, callsPerTurn: 2 },
      demand: { interactionsPerDay: 144_000, busyHourRatio: 0.1 },
      quotas: [
        { provider: 'a', requestsPerMin: 2000 },
        { provider: 'b', requestsPerMin: 1000 },
      ],
    },
  },
  {
    rule: 'quota-stated',
    wrong: {
      interaction: { turns: 6, callsPerTurn: 2 },
      demand: { interactionsPerDay: 144_000_000 },
      models: [model(1)],
    },
    corrected: [1_200_000, 1_200_000],
    right: {
      interaction: { turns: 6, callsPerTurn: 2 },
      demand: { interactionsPerDay: 1_440 },
      models: [model(1)],
    },
  },
  {
    rule: 'model-cost',
    wrong: {
      interaction: { turns: 1, inputTokensPerTurn: 1_000_000, outputTokensPerTurn: 500_000 },
      models: [
        { name: 'm', inputUsdPerMTokens: 2, outputUsdPerMTokens: 8, inputUsd: 2, outputUsd: 4, totalUsd: 8 },
      ],
    },
    corrected: [6, 6],
    right: {
      interaction: { turns: 1, inputTokensPerTurn: 1_000_000, outputTokensPerTurn: 500_000 },
      models: [
        { name: 'm', inputUsdPerMTokens: 2, outputUsdPerMTokens: 8, inputUsd: 2, outputUsd: 4, totalUsd: 6 },
      ],
    },
  },
  {
    rule: 'catalogue-price',
    wrong: { models: [{ name: 'm', catalogueId: 'openai/gpt-4o', inputUsdPerMTokens: 5 }] },
    corrected: [2.5, 2.5],
    right: { models: [{ name: 'm', catalogueId: 'openai/gpt-4o', inputUsdPerMTokens: 2.5 }] },
  },
  {
    rule: 'mix',
    wrong: {
      models: [
        { name: 'a', totalUsd: 0.01 },
        { name: 'b', totalUsd: 0.1 },
      ],
      mix: {
        parts: [
          { model: 'a', ratio: 0.9 },
          { model: 'b', ratio: 0.1 },
        ],
        usd: 0.055,
      },
    },
    corrected: [0.019, 0.019],
    right: {
      models: [
        { name: 'a', totalUsd: 0.01 },
        { name: 'b', totalUsd: 0.1 },
      ],
      mix: {
        parts: [
          { model: 'a', ratio: 0.9 },
          { model: 'b', ratio: 0.1 },
        ],
        usd: 0.019,
      },
    },
  },
  {
    rule: 'volume-cost',
    wrong: {
      bill: { lines: [{ name: 'vm', category: 'compute', usdPerMonth: 500 }] },
      volumes: [{ name: 'v', interactionsPerMonth: 10_000, infrastructureUsd: 0.5 }],
    },
    corrected: [0.05, 0.05],
    right: {
      bill: { lines: [{ name: 'vm', category: 'compute', usdPerMonth: 500 }] },
      volumes: [{ name: 'v', interactionsPerMonth: 10_000, infrastructureUsd: 0.05 }],
    },
  },
  {
    rule: 'bill-total',
    wrong: {
      bill: {
        lines: [
          { name: 'a', category: 'c', usdPerMonth: [50, 80] },
          { name: 'b', category: 'c', usdPerMonth: 20 },
        ],
        totalUsdPerMonth: [90, 110],
      },
    },
    corrected: [70, 100],
    right: {
      bill: {
        lines: [
          { name: 'a', category: 'c', usdPerMonth: [50, 80] },
          { name: 'b', category: 'c', usdPerMonth: 20 },
        ],
        totalUsdPerMonth: [70, 100],
      },
    },
  },
  {
    rule: 'shared-cost',
    wrong: {
      bill: {
        per: 'instance',
        lines: [
          { name: 'vm', category: 'c', usdPerMonth: 80 },
          { name: 'lb', category: 'n', shared: true, usdPerMonth: 20 },
        ],
      },
    },
    corrected: [80, 80],
    right: {
      bill: {
        per: 'deployment',
        lines: [
          { name: 'vm', category: 'c', usdPerMonth: 80 },
          { name: 'lb', category: 'n', shared: true, usdPerMonth: 20 },
        ],
      },
    },
  },
  {
    rule: 'priced-as-run',
    wrong: {
      tiers: tier({ minInstances: 3 }),
      bill: { lines: [{ name: 'db', tier: 'app', category: 'c', shared: true, usdPerMonth: 100 }] },
    },
    corrected: [300, 300],
    right: {
      tiers: tier({ minInstances: 3 }),
      bill: { lines: [{ name: 'db', tier: 'app', category: 'c', shared: true, count: 3, usdPerMonth: 300 }] },
    },
  },
  {
    rule: 'priced-as-run',
    wrong: { regions: 3, bill: { lines: [{ name: 'vm', category: 'c', usdPerMonth: 100 }] } },
    corrected: [1, 1],
    right: { regions: 3, bill: { regions: 3, lines: [{ name: 'vm', category: 'c', usdPerMonth: 100 }] } },
  },
  {
    rule: 'shares',
    wrong: {
      shares: [
        {
          name: 'all',
          of: 'other',
          parts: [
            { name: 'a', ratio: 0.7 },
            { name: 'b', ratio: 0.4 },
          ],
        },
      ],
    },
    corrected: [1, 1],
    right: {
      shares: [
        {
          name: 'all',
          of: 'other',
          parts: [
            { name: 'a', ratio: 0.7 },
            { name: 'b', ratio: 0.3 },
          ],
        },
      ],
    },
  },
  {
    // 100 % in the middle, but b can never be 60 %: a takes at least 50 %.
    rule: 'shares',
    wrong: {
      shares: [
        {
          name: 'all',
          of: 'other',
          parts: [
            { name: 'a', ratio: [0.5, 0.7] },
            { name: 'b', ratio: [0.2, 0.6] },
          ],
        },
      ],
    },
    corrected: [0.3, 0.5],
    right: {
      shares: [
        {
          name: 'all',
          of: 'other',
          parts: [
            { name: 'a', ratio: [0.5, 0.7] },
            { name: 'b', ratio: [0.3, 0.5] },
          ],
        },
      ],
    },
  },
  {
    rule: 'shares-of-cost',
    wrong: {
      volumes: [{ name: 'v', llmUsd: 0.01, totalUsd: 0.05 }],
      shares: [
        {
          name: 'cost',
          of: 'cost',
          parts: [
            { name: 'llm', category: 'llm', ratio: 0.6 },
            { name: 'rest', ratio: 0.4 },
          ],
        },
      ],
    },
    corrected: [0.2, 0.2],
    right: {
      volumes: [{ name: 'v', llmUsd: 0.03, totalUsd: 0.05 }],
      shares: [
        {
          name: 'cost',
          of: 'cost',
          parts: [
            { name: 'llm', category: 'llm', ratio: 0.6 },
            { name: 'rest', ratio: 0.4 },
          ],
        },
      ],
    },
  },
  {
    rule: 'parts-of-cost',
    wrong: {
      bill: { lines: [{ name: 'vm', category: 'compute', usdPerMonth: 80 }] },
      shares: [
        {
          name: 'cost',
          of: 'cost',
          parts: [
            { name: 'c', category: 'compute', ratio: 0.6 },
            { name: 'disk', category: 'storage', ratio: 0.4 },
          ],
        },
      ],
    },
    right: {
      bill: {
        lines: [
          { name: 'vm', category: 'compute', usdPerMonth: 80 },
          { name: 'd', category: 'storage', usdPerMonth: 8 },
        ],
      },
      shares: [
        {
          name: 'cost',
          of: 'cost',
          parts: [
            { name: 'c', category: 'compute', ratio: 0.6 },
            { name: 'disk', category: 'storage', ratio: 0.4 },
          ],
        },
      ],
    },
  },
  {
    // Compute is 80 of 100.
    rule: 'savings',
    wrong: {
      bill: {
        lines: [
          { name: 'vm', category: 'compute', usdPerMonth: 80 },
          { name: 'lb', category: 'network', shared: true, usdPerMonth: 20 },
        ],
      },
      savings: [{ name: 'spot', on: 'infrastructure', actsOn: 'compute', ratio: 0.7 }],
    },
    corrected: [0.56, 0.56],
    right: {
      bill: {
        lines: [
          { name: 'vm', category: 'compute', usdPerMonth: 80 },
          { name: 'lb', category: 'network', shared: true, usdPerMonth: 20 },
        ],
      },
      savings: [{ name: 'spot', on: 'infrastructure', actsOn: 'compute', ratio: 0.56 }],
    },
  },
  {
    rule: 'savings',
    wrong: {
      models: [
        { name: 'a', totalUsd: 1 },
        { name: 'b', totalUsd: 4 },
      ],
      savings: [{ name: 'smaller', on: 'llm', from: 'b', to: 'a', ratio: { atLeast: 0.9 } }],
    },
    corrected: [0.75, 0.75],
    right: {
      models: [
        { name: 'a', totalUsd: 1 },
        { name: 'b', totalUsd: 4 },
      ],
      savings: [{ name: 'smaller', on: 'llm', from: 'b', to: 'a', ratio: 0.75 }],
    },
  },
  {
    rule: 'saving',
    wrong: {
      people: {
        humanUsd: 8,
        machineUsd: 0.8,
        escalationRatio: 0.3,
        savings: [{ name: 's', of: 'all', ratio: 0.9 }],
      },
    },
    corrected: [0.6, 0.6],
    right: {
      people: {
        humanUsd: 8,
        machineUsd: 0.8,
        escalationRatio: 0.3,
        savings: [{ name: 's', of: 'all', ratio: 0.6 }],
      },
    },
  },
  {
    rule: 'blended-cost',
    wrong: { people: { humanUsd: 8, machineUsd: 0.8, escalationRatio: 0.3, blendedUsd: 0.8 } },
    corrected: [3.2, 3.2],
    right: { people: { humanUsd: 8, machineUsd: 0.8, escalationRatio: 0.3, blendedUsd: 3.2 } },
  },
  {
    rule: 'cost-range',
    wrong: {
      models: [model(0.4)],
      volumes: [{ name: 'v', totalUsd: 0.2, infrastructureUsd: 0.1 }],
      people: { machineUsdRange: [0.2, 0.3] },
    },
    corrected: [0.2, 0.5],
    right: {
      models: [model(0.4)],
      volumes: [{ name: 'v', totalUsd: 0.2, infrastructureUsd: 0.1 }],
      people: { machineUsdRange: [0.2, 0.5] },
    },
  },
  {
    rule: 'conservative',
    wrong: { volumes: [{ name: 'v', totalUsd: 0.2 }], people: { machineUsd: 0.1, conservative: true } },
    corrected: [0.2, 0.2],
    right: { volumes: [{ name: 'v', totalUsd: 0.2 }], people: { machineUsd: 0.2, conservative: true } },
  },
  {
    // 300 ÷ (5 − 1 − 0.2 · 5) = 100.
    rule: 'break-even',
    wrong: {
      models: [model(1)],
      bill: { lines: [{ name: 'vm', category: 'c', usdPerMonth: 300 }] },
      people: { humanUsd: 5, escalationRatio: 0.2, breakEvenInteractionsPerMonth: 60 },
    },
    corrected: [100, 100],
    right: {
      models: [model(1)],
      bill: { lines: [{ name: 'vm', category: 'c', usdPerMonth: 300 }] },
      people: { humanUsd: 5, escalationRatio: 0.2, breakEvenInteractionsPerMonth: 100 },
    },
  },
  {
    // 25,000 × 15 % × 25 % × 360 s = 93.75 erlangs ÷ 0.85 = 111 agents ÷ 0.7 = 159.
    rule: 'people',
    wrong: {
      people: {
        escalationRatio: 0.25,
        averageHandleS: 360,
        forInteractionsPerDay: 25_000,
        scheduledAgents: 60,
      },
    },
    corrected: [159, 159],
    right: {
      people: {
        escalationRatio: 0.25,
        averageHandleS: 360,
        forInteractionsPerDay: 25_000,
        scheduledAgents: 160,
      },
    },
  },
  {
    // 0.999 ^ 20.
    rule: 'per-interaction',
    wrong: {
      interaction: { turns: 10, callsPerTurn: 2 },
      targets: [{ metric: 'availability', per: 'call', target: 0.999, perInteraction: 0.999 }],
    },
    corrected: [0.98019, 0.98019],
    right: {
      interaction: { turns: 10, callsPerTurn: 2 },
      targets: [{ metric: 'availability', per: 'call', target: 0.999, perInteraction: 0.98 }],
    },
  },
  {
    rule: 'layers-in-series',
    wrong: {
      tiers: [
        { id: 'a', availabilityRatio: 0.999 },
        { id: 'b', availabilityRatio: 0.998 },
      ],
      targets: [{ metric: 'availability', per: 'time', target: 0.999 }],
    },
    corrected: [0.997, 0.997],
    right: {
      tiers: [
        { id: 'a', availabilityRatio: 0.9999 },
        { id: 'b', availabilityRatio: 0.9995 },
      ],
      targets: [{ metric: 'availability', per: 'time', target: 0.999 }],
    },
  },
  {
    rule: 'alerts',
    wrong: { targets: [{ metric: 'escalation', target: 0.2, alert: 0.1 }] },
    corrected: [0.2, 0.2],
    right: { targets: [{ metric: 'escalation', target: 0.2, alert: 0.3 }] },
  },
  {
    rule: 'alerts',
    wrong: { targets: [{ metric: 'errors', target: { atMost: 0.001 }, alert: 0.01 }] },
    corrected: [0, 0.001],
    right: { targets: [{ metric: 'errors', target: { atMost: 0.001 }, alert: 0.002 }] },
  },
  {
    rule: 'incidents',
    wrong: {
      targets: [{ metric: 'availability', per: 'time', target: 0.9999 }],
      incidents: [{ severity: 'critical', responseMin: 60 }],
    },
    corrected: [0, 4.38],
    right: {
      targets: [{ metric: 'availability', per: 'time', target: 0.9999 }],
      incidents: [{ severity: 'critical', responseMin: 4 }],
    },
  },
  {
    rule: 'always-up',
    wrong: {
      principles: { alwaysAvailable: true },
      targets: [{ metric: 'availability', per: 'time', target: 0.995 }],
    },
    corrected: [0.995, 0.995],
    right: { targets: [{ metric: 'availability', per: 'time', target: 0.995 }] },
  },
  {
    rule: 'vertical-scaling',
    wrong: { principles: { noVerticalScaling: true }, tiers: tier({ scaling: 'vertical' }) },
    right: { principles: { noVerticalScaling: true }, tiers: tier({ scaling: 'horizontal' }) },
  },
  {
    rule: 'stateless',
    wrong: { principles: { stateless: true }, tiers: tier({ state: 'process' }) },
    right: { principles: { stateless: true }, tiers: tier({ state: 'external' }) },
  },
  {
    rule: 'identical-environments',
    wrong: {
      principles: { identicalEnvironments: true },
      environments: [
        { name: 'a', settings: { db: 'x' } },
        { name: 'b', settings: { db: 'y' } },
      ],
    },
    right: {
      principles: { identicalEnvironments: true },
      environments: [
        { name: 'a', settings: { db: 'x' } },
        { name: 'b', settings: { db: 'x' } },
      ],
    },
  },
  {
    rule: 'deterministic',
    wrong: { principles: { deterministicAnswers: true }, models: [model(1)] },
    right: { models: [model(1)] },
  },
];

describe('each rule', () => {
  it('has a case', () => {
    expect([...new Set(CASES.map(({ rule }) => rule))].sort()).toEqual(
      CHECK_RULES.map(({ id }) => id).sort(),
    );
  });

  it('has its row in docs/check.md, in the same order', () => {
    const page = readFileSync(new URL('../../../docs/check.md', import.meta.url), 'utf8');
    const section = page.split('## The rules')[1]?.split('\n## ')[0] ?? '';
    const rows = [...section.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map((match) => match[1]);
    expect(rows).toEqual(CHECK_RULES.map(({ id }) => id));
  });

  it.each(CASES)('$rule finds the figure that breaks it', ({ rule, wrong, corrected }) => {
    const [found, ...others] = findings(wrong).filter((finding) => finding.rule === rule);
    expect(found).toBeDefined();
    expect(others).toEqual([]);
    if (corrected === undefined) return;
    expect((found?.corrected?.low ?? 0) / (corrected[0] || 1)).toBeCloseTo(corrected[0] === 0 ? 0 : 1, 3);
    expect((found?.corrected?.high ?? 0) / corrected[1]).toBeCloseTo(1, 3);
  });

  it.each(CASES)('$rule has nothing to say once it is put right', ({ rule, right }) => {
    expect(findings(right).filter((finding) => finding.rule === rule)).toEqual([]);
  });
});

describe('claims about little', () => {
  it('raise nothing', () => {
    expect(findings({})).toEqual([]);
    expect(
      findings({ interaction: { turns: 5 }, tiers: [{ id: 'a', minInstances: 2 }], models: [model(0.1)] }),
    ).toEqual([]);
  });

  it('come in the order of the document', () => {
    const lines = findings({
      interaction: { turns: 5, callsPerTurn: 2, callsPerInteraction: { value: 7, line: 90 } },
      people: {
        humanUsd: 10,
        machineUsd: 1,
        blendedUsd: { value: 4, line: 20 },
        directRatio: 0.1,
        escalationRatio: 0.1,
        scheduledAgents: 10,
      },
    }).map(({ line }) => line);
    expect(lines).toEqual([20, 90]);
  });
});
