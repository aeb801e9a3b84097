import { SHARE_RULES } from '../../../../planner/check/rules/share-rules.ts';
import { describeRules } from './rule-cases.ts';

describeRules('rules of share', SHARE_RULES, [
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
]);
