import { assertNever } from '../../vocabulary/errors.ts';
import type {
  ComparedMode,
  InputChange,
  InputKind,
  LineChange,
  ModeDiff,
  MoneyEffects,
  PlanDiff,
  TierChange,
} from '../../vocabulary/plan-diff.ts';
import {
  type Block,
  basisBadge,
  type Cell,
  cell,
  column,
  numeric,
  paragraph,
  type Section,
} from '../blocks.ts';
import { ABSENT, formatCount, formatNumber, formatRatio, formatUsd } from '../numbers.ts';
import {
  formatEnds,
  formatInput,
  formatInputPlace,
  formatInputValues,
  formatUsdChange,
  formatUsdDelta,
  formatWordsChange,
} from './words.ts';

const REPLICAS = (value: number): string => formatCount(value);

export const comparedModes = (diff: PlanDiff): ComparedMode[] =>
  diff.modes.filter((mode): mode is ComparedMode => mode.kind === 'compared');

/** `+$1,900 by quantity, +$103 by price`; parts of nothing are left out. */
export function formatEffects(effects: MoneyEffects): string {
  const parts: readonly (readonly [number, string])[] = [
    [effects.quantityUsd, 'by quantity'],
    [effects.priceUsd, 'by price'],
    [effects.addedUsd, 'by new lines'],
    [effects.removedUsd, 'by lines that went'],
  ];
  const said = parts.filter(([usd]) => Math.abs(usd) >= 0.005);
  return said.length === 0
    ? 'nothing moved it'
    : said.map(([usd, how]) => `${formatUsdDelta(usd)} ${how}`).join(', ');
}

const absentCells = (count: number): Cell[] =>
  Array.from({ length: count }, (): Cell => ({ text: ABSENT, muted: true }));

function modeBadge({ simulated, changed }: ComparedMode): Pick<Cell, 'badge'> {
  if (simulated) return { badge: basisBadge('simulated') };
  return changed ? {} : { badge: { kind: 'good', text: 'unchanged' } };
}

const comparedRow = (mode: ComparedMode): Cell[] => [
  { text: mode.title, ...modeBadge(mode) },
  cell(formatEnds(mode.replicas, REPLICAS)),
  cell(formatUsdChange(mode.money.machineUsdPerMonth)),
  cell(formatEffects(mode.money.machineEffects)),
  cell(formatUsdChange(mode.money.aiUsdPerInteraction)),
  cell(formatEnds(mode.turnP95Ms)),
  cell(formatEnds(mode.availabilityRatio, formatRatio)),
  cell(formatWordsChange(mode.bindingConstraint)),
];

function modeRow(mode: ModeDiff): Cell[] {
  const { title } = mode;
  switch (mode.kind) {
    case 'compared':
      return comparedRow(mode);
    case 'added':
    case 'planned-now':
      return [
        { text: title, badge: { kind: 'good', text: mode.kind === 'added' ? 'new' : 'planned now' } },
        cell(`${ABSENT} → ${formatCount(mode.replicas)}`),
        cell(`${ABSENT} → ${formatUsd(mode.machineUsdPerMonth)}`),
        ...absentCells(5),
      ];
    case 'removed':
      return [{ text: title, badge: { kind: 'unsure', text: 'not in the new plan' } }, ...absentCells(7)];
    case 'refused-now':
    case 'still-refused':
      return [
        {
          text: title,
          badge: { kind: 'bad', text: mode.kind === 'refused-now' ? 'refused now' : 'refused' },
        },
        ...absentCells(6),
        cell(`${mode.reason} Lifted by: ${mode.liftedBy}`),
      ];
    default:
      return assertNever(mode);
  }
}

const modesTable = (diff: PlanDiff): Block => ({
  kind: 'table',
  caption: 'Each mode: the old plan, then the new one. Cost is that of the machine, without people.',
  columns: [
    column('mode'),
    numeric('replicas'),
    numeric('USD per month'),
    column('what moved the month'),
    numeric('USD per interaction, median'),
    numeric('turn p95 ms'),
    numeric('availability'),
    column('binding constraint'),
  ],
  rows: diff.modes.map(modeRow),
});

const tierWords = ({ tier, replicas }: TierChange): string => `${tier} ${formatEnds(replicas, REPLICAS)}`;

/** A compared mode in one sentence: month, what moved it, replicas. */
export function formatModeSentence(mode: ComparedMode): string {
  const { money, tiers, title } = mode;
  const cost = `${title}: ${formatUsdChange(money.machineUsdPerMonth)} a month, ${formatEffects(money.machineEffects)}`;
  const size = tiers.length === 0 ? 'no replicas changed' : tiers.map(tierWords).join(', ');
  return `${cost}; ${size}.`;
}

function answerText(diff: PlanDiff): string {
  if (!diff.changed) return 'The two plans say the same, from the same inputs.';
  const changed = diff.modes.filter((mode) => mode.kind !== 'compared' || mode.changed).length;
  return `${changed} of ${diff.modes.length} modes changed; ${diff.inputs.length} inputs are not the same.`;
}

/** First screen: replicas and money of each mode, old and new. */
export const changesSection = (diff: PlanDiff): Section => ({
  id: 'changes',
  title: 'What changed',
  blocks: [
    paragraph(answerText(diff)),
    ...comparedModes(diff)
      .filter(({ changed }) => changed)
      .map((mode) => paragraph(formatModeSentence(mode))),
    modesTable(diff),
  ],
});

const KINDS = {
  demand: 'Demand',
  objective: 'Objectives',
  measurement: 'Measurements',
  capacity: 'What one replica carries',
  price: 'Prices',
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
        `${name} ${formatEnds(requiredReplicas, REPLICAS)}: ${explanation.after ?? explanation.before ?? ''}`,
    )
    .join('; ') || 'no limit of its own changed';

const tierRow = (mode: ComparedMode, tier: TierChange): Cell[] => [
  cell(mode.title),
  cell(tier.tier),
  cell(formatEnds(tier.replicas, REPLICAS)),
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
    ...tiersTable(diff),
  ],
});

const lineRow = (line: LineChange): Cell[] => [
  cell(line.line),
  cell(line.category),
  cell(formatUsdChange(line.usdPerMonth)),
  cell(`${formatEnds(line.quantity)} ${line.unit}`),
  cell(formatEnds(line.unitPriceUsd, formatUsd)),
  line.source.before === undefined && line.source.after === undefined
    ? { text: 'as before', muted: true }
    : cell(formatWordsChange(line.source)),
];

/** Cost lines that changed, mode by mode, the largest change first. */
export function moneySection(diff: PlanDiff): Section[] {
  const tables = comparedModes(diff)
    .filter(({ money }) => money.lines.length > 0)
    .map(
      (mode): Block => ({
        kind: 'table',
        caption: `${mode.title}: cost lines that changed, of an average month. With people: ${formatUsdChange(mode.money.usdPerMonth)}; ${formatEffects(mode.money.effects)}`,
        columns: [
          column('line'),
          column('category'),
          numeric('USD per month'),
          numeric('quantity'),
          numeric('USD per unit'),
          column('price from'),
        ],
        rows: mode.money.lines.map(lineRow),
      }),
    );
  return tables.length === 0 ? [] : [{ id: 'money', title: 'Cost lines', blocks: tables }];
}

const otherRow = (mode: ComparedMode): Cell[] => [
  cell(mode.title),
  cell(formatUsdChange(mode.money.aiP90UsdPerInteraction)),
  cell(formatUsdChange(mode.money.blendedUsdPerInteraction)),
  cell(formatUsdChange(mode.money.resolvedUsdPerInteraction)),
  cell(formatEnds(mode.missProbability, formatRatio)),
  cell(formatEnds(mode.scheduledAgents, formatNumber)),
];

/** The rest of a mode's answer: P90, people, risk. */
export function otherFigures(diff: PlanDiff): Block[] {
  const modes = comparedModes(diff).filter(({ changed }) => changed);
  if (modes.length === 0) return [];
  return [
    {
      kind: 'table',
      caption: 'The rest of the answer, old → new. USD per interaction',
      columns: [
        column('mode'),
        numeric('machine, P90'),
        numeric('with people, median'),
        numeric('per contact resolved, median'),
        numeric('probability of a missed objective'),
        numeric('agents on the schedule'),
      ],
      rows: modes.map(otherRow),
    },
  ];
}
