import { REDUNDANCY_RULES } from '../../../../planner/check/rules/redundancy-rules.ts';
import { carried, describeRules, tier } from './rule-cases.ts';

describeRules('rules of redundancy', REDUNDANCY_RULES, [
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
]);
