import { PEOPLE_RULES } from '../../../../planner/check/rules/people-rules.ts';
import { describeRules, model } from './rule-cases.ts';

describeRules('rules of people', PEOPLE_RULES, [
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
]);
