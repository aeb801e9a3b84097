import { INTERACTION_RULES } from '../../../../planner/check/rules/interaction-rules.ts';
import { describeRules } from './rule-cases.ts';

describeRules('rules of interaction', INTERACTION_RULES, [
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
]);
