import type { LineChange, PlanDiff } from '../../vocabulary/plan-diff.ts';
import { type Block, type Cell, cell, column, numeric, type Section } from '../blocks.ts';
import { formatCompact, formatUsd } from '../numbers.ts';
import { comparedModes, formatEffects } from './changes-section.ts';
import { formatEnds, formatUsdChange, formatWordsChange } from './words.ts';

const lineRow = (line: LineChange): Cell[] => [
  cell(line.line),
  cell(line.category),
  line.tier === undefined ? { text: 'all', muted: true } : cell(line.tier),
  cell(formatUsdChange(line.usdPerMonth)),
  cell(`${formatEnds(line.quantity)} ${line.unit}`),
  cell(formatEnds(line.unitPriceUsd, formatUsd)),
  line.source.before === undefined && line.source.after === undefined
    ? { text: 'as before', muted: true }
    : cell(formatWordsChange(line.source)),
];

function crossingsTable({ crossings }: PlanDiff): Block[] {
  if (crossings.length === 0) return [];
  return [
    {
      kind: 'table',
      caption: 'Volumes at which the cheapest option changes for good',
      columns: [
        column('among'),
        column('cheaper below'),
        column('cheaper above'),
        numeric('interactions a day'),
      ],
      rows: crossings.map(({ among, cheaperBelow, cheaperAbove, interactionsPerDay }) => [
        cell(among === 'modes' ? 'deployment modes' : 'ways to get the model'),
        cell(cheaperBelow),
        cell(cheaperAbove),
        cell(formatEnds(interactionsPerDay, formatCompact)),
      ]),
    },
  ];
}

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
          column('tier'),
          numeric('USD per month'),
          numeric('quantity'),
          numeric('USD per unit'),
          column('price from'),
        ],
        rows: mode.money.lines.map(lineRow),
      }),
    );
  const blocks = [...tables, ...crossingsTable(diff)];
  return blocks.length === 0 ? [] : [{ id: 'money', title: 'Cost lines and break-even', blocks }];
}
