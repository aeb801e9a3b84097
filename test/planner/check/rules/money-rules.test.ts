import { MONEY_RULES } from '../../../../planner/check/rules/money-rules.ts';
import { describeRules, tier } from './rule-cases.ts';

describeRules('rules of money', MONEY_RULES, [
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
]);
