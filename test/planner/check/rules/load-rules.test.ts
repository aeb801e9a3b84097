import { LOAD_RULES } from '../../../../planner/check/rules/load-rules.ts';
import { carried, describeRules, tier } from './rule-cases.ts';

describeRules('rules of load', LOAD_RULES, [
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
]);
