import { CAPACITY_RULES } from '../../../../planner/check/rules/capacity-rules.ts';
import { carried, describeRules, tier } from './rule-cases.ts';

describeRules('rules of capacity', CAPACITY_RULES, [
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
    rule: 'limits-order',
    wrong: { tiers: tier({ minInstances: 5, maxInstances: 4 }) },
    corrected: [4, 4],
    right: { tiers: tier({ minInstances: 4, maxInstances: 5 }) },
  },
]);
