import { RESTATED_RULES } from '../../../../planner/check/rules/restated-rules.ts';
import { describeRules, tier } from './rule-cases.ts';

describeRules('rules of restated', RESTATED_RULES, [
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
]);
