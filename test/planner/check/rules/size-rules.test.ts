import { SIZE_RULES } from '../../../../planner/check/rules/size-rules.ts';
import { carried, describeRules, tier } from './rule-cases.ts';

describeRules('rules of size', SIZE_RULES, [
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
]);
