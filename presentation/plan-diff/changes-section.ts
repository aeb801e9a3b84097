import { assertNever } from '../../vocabulary/errors.ts';
import type {
  ComparedMode,
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
import { asSentence } from '../escape.ts';
import { ABSENT, formatCount, formatNumber, formatRatio, formatUsd } from '../numbers.ts';
import { formatEnds, formatUsdChange, formatUsdDelta, formatWordsChange } from './words.ts';

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
  cell(formatEnds(mode.replicas, formatCount)),
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
        cell(`${asSentence(mode.reason)} Lifted by: ${mode.liftedBy}`),
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

const tierWords = ({ tier, replicas }: TierChange): string => `${tier} ${formatEnds(replicas, formatCount)}`;

/** A compared mode in one sentence: month, what moved it, replicas. */
export function formatModeSentence(mode: ComparedMode): string {
  const { money, tiers, title } = mode;
  const cost = `${title}: ${formatUsdChange(money.machineUsdPerMonth)} a month, ${formatEffects(money.machineEffects)}`;
  const size = tiers.length === 0 ? 'no replicas changed' : tiers.map(tierWords).join(', ');
  return `${cost}; ${size}.`;
}

const isChanged = (mode: ModeDiff): boolean =>
  mode.kind === 'compared' || mode.kind === 'still-refused' ? mode.changed : true;

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

function answerText(diff: PlanDiff): string {
  if (!diff.changed) return 'The two plans say the same, from the same inputs.';
  const changed = diff.modes.filter(isChanged).length;
  return `${changed} of ${counted(diff.modes.length, 'mode', 'modes')} changed; ${counted(diff.inputs.length, 'input is', 'inputs are')} not the same.`;
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
