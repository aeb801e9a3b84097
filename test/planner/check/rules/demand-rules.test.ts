import { DEMAND_RULES } from '../../../../planner/check/rules/demand-rules.ts';
import { describeRules, model } from './rule-cases.ts';

describeRules('rules of demand', DEMAND_RULES, [
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
]);
