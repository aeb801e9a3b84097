import type {
  ComparedMode,
  InputChange,
  InputKind,
  PlanDiff,
  TierChange,
} from '../../vocabulary/plan-diff.ts';
import { type Block, type Cell, cell, column, numeric, paragraph, type Section } from '../blocks.ts';
import { formatCount } from '../numbers.ts';
import { comparedModes } from './changes-section.ts';
import { loneEffectsTable } from './lone-effects.ts';
import { formatEnds, formatInput, formatInputPlace, formatInputValues, formatWordsChange } from './words.ts';

const KINDS = {
  demand: 'Demand',
  objective: 'Objectives',
  measurement: 'Measurements',
  capacity: 'What one replica carries',
  price: 'Prices',
  range: 'Ranges that are drawn',
  setting: 'Settings of the modes',
  version: 'Release and seed',
} as const satisfies Record<InputKind, string>;

const inputRow = (change: InputChange): Cell[] => [
  cell(KINDS[change.kind]),
  cell(change.name),
  { text: formatInputPlace(change) || 'all', muted: true },
  cell(formatInputValues(change)),
  change.rests === undefined ? { text: 'as before', muted: true } : cell(formatWordsChange(change.rests)),
];

function reasonsOf(tier: TierChange): string {
  if (tier.because.length > 0) return tier.because.map(formatInput).join('; ');
  return 'no input that the plans keep changed: they were made without settings, or by another release';
}

const limitsOf = (tier: TierChange): string =>
  tier.limits
    .map(
      ({ name, requiredReplicas, explanation }) =>
        `${name} ${formatEnds(requiredReplicas, formatCount)}: ${explanation.after ?? explanation.before ?? ''}`,
    )
    .join('; ') || 'no limit of its own changed';

const tierRow = (mode: ComparedMode, tier: TierChange): Cell[] => [
  cell(mode.title),
  cell(tier.tier),
  cell(formatEnds(tier.replicas, formatCount)),
  cell(formatWordsChange(tier.unit)),
  cell(formatWordsChange(tier.bindingConstraint)),
  cell(limitsOf(tier)),
  cell(reasonsOf(tier)),
];

function tiersTable(diff: PlanDiff): Block[] {
  const rows = comparedModes(diff).flatMap((mode) => mode.tiers.map((tier) => tierRow(mode, tier)));
  if (rows.length === 0) return [];
  return [
    {
      kind: 'table',
      caption: 'Tiers with another number of replicas, or another unit, and why',
      columns: [
        column('mode'),
        column('tier'),
        numeric('replicas'),
        column('one replica is'),
        column('binding constraint'),
        column('limits that changed'),
        column('because'),
      ],
      rows,
    },
  ];
}

/** Why: inputs that changed, then each tier with the limits and inputs behind it. */
export const reasonsSection = (diff: PlanDiff): Section => ({
  id: 'why',
  title: 'Why',
  blocks: [
    ...(diff.inputs.length === 0
      ? [paragraph('Every input is the same in both plans.')]
      : [
          {
            kind: 'table' as const,
            caption: 'Inputs that are not the same, and what each rests on',
            columns: [
              column('kind'),
              column('input'),
              column('where'),
              column('old → new'),
              column('rests on'),
            ],
            rows: diff.inputs.map(inputRow),
          },
        ]),
    ...loneEffectsTable(diff),
    ...tiersTable(diff),
  ],
});
