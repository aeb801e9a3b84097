import { PRINCIPLE_RULES } from '../../../../planner/check/rules/principle-rules.ts';
import { describeRules, model, tier } from './rule-cases.ts';

describeRules('rules of principle', PRINCIPLE_RULES, [
  {
    rule: 'vertical-scaling',
    wrong: { principles: { noVerticalScaling: true }, tiers: tier({ scaling: 'vertical' }) },
    right: { principles: { noVerticalScaling: true }, tiers: tier({ scaling: 'horizontal' }) },
  },
  {
    rule: 'stateless',
    wrong: { principles: { stateless: true }, tiers: tier({ state: 'process' }) },
    right: { principles: { stateless: true }, tiers: tier({ state: 'external' }) },
  },
  {
    rule: 'identical-environments',
    wrong: {
      principles: { identicalEnvironments: true },
      environments: [
        { name: 'a', settings: { db: 'x' } },
        { name: 'b', settings: { db: 'y' } },
      ],
    },
    right: {
      principles: { identicalEnvironments: true },
      environments: [
        { name: 'a', settings: { db: 'x' } },
        { name: 'b', settings: { db: 'x' } },
      ],
    },
  },
  {
    rule: 'deterministic',
    wrong: { principles: { deterministicAnswers: true }, models: [model(1)] },
    right: { models: [model(1)] },
  },
]);
