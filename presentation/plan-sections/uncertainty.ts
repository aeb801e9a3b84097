import type { PlanFile, PlannedMode } from '../../vocabulary/plan-file.ts';
import type { TornadoRow, UncertaintySection } from '../../vocabulary/plan-sections/uncertainty.ts';
import { formatSlo } from '../../vocabulary/slo.ts';
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
import { type ReplicaRange, replicaRangeChart } from '../charts/replica-range.ts';
import { type TornadoCost, tornadoBars, tornadoChart } from '../charts/tornado.ts';
import { ABSENT, formatCount, formatNumber, formatRatio, formatUsd, formatUsdInterval } from '../numbers.ts';
import { basisOfMode, plannedModes } from '../plan-reading.ts';

interface Drawn {
  readonly mode: PlannedMode;
  readonly drawn: UncertaintySection;
}

const drawnModes = (plan: PlanFile): Drawn[] =>
  plannedModes(plan).flatMap((mode) =>
    mode.uncertainty === undefined ? [] : [{ mode, drawn: mode.uncertainty }],
  );

const titleCell = (mode: PlannedMode): Cell => ({ text: mode.title, badge: basisBadge(basisOfMode(mode)) });

const riskRow = ({ mode, drawn }: Drawn): Cell[] => [
  titleCell(mode),
  cell(formatRatio(drawn.missProbability.allUp)),
  cell(formatRatio(drawn.missProbability.afterLosses)),
  cell(formatRatio(drawn.missProbability.aboveMaxRatio)),
  {
    text:
      drawn.missProbability.byObjective
        .map(({ slo, tiers, allUp, afterLosses }) =>
          // Without a tier that was measured at the objective no draw can miss it.
          tiers.length === 0
            ? `${formatSlo(slo)}: not drawn`
            : `${formatSlo(slo)}: ${formatRatio(allUp)}, after losses ${formatRatio(afterLosses)}`,
        )
        .join('; ') || ABSENT,
  },
  cell(formatUsdInterval(drawn.usdPerMonth.machine)),
  cell(formatUsdInterval(drawn.usdPerMonth.total)),
  cell(drawn.cheapestRatio === undefined ? ABSENT : formatRatio(drawn.cheapestRatio.ai)),
];

const riskTable = (all: readonly Drawn[]): Block => ({
  kind: 'table',
  caption:
    'Probability that the busy hour misses an objective with the planned replicas, and the month: median, then P10–P90',
  columns: [
    column('mode'),
    numeric('all up'),
    numeric('after the planned losses'),
    numeric('needs more than the mode can have'),
    column('by objective'),
    numeric('USD per month, machine'),
    numeric('USD per month, with people'),
    numeric('draws in which its machine is the cheapest'),
  ],
  rows: all.map(riskRow),
});

const replicasTable = (all: readonly Drawn[]): Block => ({
  kind: 'table',
  caption: 'Replicas that the draws ask for, headroom and redundancy included, beside the plan',
  columns: [
    column('mode'),
    column('tier'),
    column('one replica is'),
    numeric('planned'),
    numeric('P10'),
    numeric('P50'),
    numeric('P90'),
    numeric('draws that need no more'),
    numeric('the most that it can have'),
  ],
  rows: all.flatMap(({ mode, drawn }) =>
    drawn.replicas.map((tier): Cell[] => [
      titleCell(mode),
      cell(tier.tier),
      cell(tier.unit),
      cell(formatCount(tier.planned)),
      cell(formatCount(tier.needed.p10)),
      cell(formatCount(tier.needed.p50)),
      cell(formatCount(tier.needed.p90)),
      cell(formatRatio(tier.sufficientRatio)),
      cell(tier.maxReplicas === undefined ? 'no limit' : formatCount(tier.maxReplicas)),
    ]),
  ),
});

/** Tiers that any draw moves: those that never change are in the table only. */
function movedRanges(all: readonly Drawn[]): ReplicaRange[] {
  return all.flatMap(({ mode, drawn }) =>
    drawn.replicas
      .filter(({ needed, planned }) => needed.p10 !== needed.p90 || needed.p50 !== planned)
      .map((tier) => ({ modeTitle: mode.title, simulated: mode.simulated, tier })),
  );
}

const COSTS = [
  { cost: 'ai', title: 'What moves the machine’s cost' },
  { cost: 'resolved', title: 'What moves the cost per contact resolved' },
] as const satisfies readonly { cost: TornadoCost; title: string }[];

const tornadoCharts = ({ mode, drawn }: Drawn, index: number): Block[] =>
  COSTS.flatMap(({ cost, title }): Block[] => {
    const svg = tornadoChart(drawn.tornado, {
      id: `tornado-${index}-${cost}`,
      title,
      cost,
      centralUsd: drawn.central.usdPerInteraction[cost],
      simulated: mode.simulated,
    });
    return svg === undefined ? [] : [{ kind: 'chart', svg, width: 'half' }];
  });

const withUnit = (value: number, unit: string): string => `${formatNumber(value)} ${unit}`;

/** What the charts show, largest first by the cost per contact resolved, and replicas that the input moves. */
function tornadoRow(row: TornadoRow): Cell[] {
  const ends = ({ atP10, atP90 }: { atP10: number; atP90: number }): string =>
    `${formatUsd(atP10)} – ${formatUsd(atP90)}`;
  return [
    cell(row.label),
    cell(withUnit(row.p10, row.unit)),
    cell(withUnit(row.p90, row.unit)),
    cell(ends(row.usdPerInteraction.ai)),
    cell(ends(row.usdPerInteraction.blended)),
    cell(ends(row.usdPerInteraction.resolved)),
    cell(
      row.replicas
        .map(({ tier, atP10, atP90 }) => `${tier} ${formatCount(atP10)} – ${formatCount(atP90)}`)
        .join(', ') || 'none',
    ),
  ];
}

const tornadoTable = ({ mode, drawn }: Drawn): Block => ({
  kind: 'table',
  caption: `${mode.title}: one input at a time at its P10 and at its P90, all others as planned. USD per interaction`,
  ...(mode.simulated ? { badge: basisBadge('simulated') } : {}),
  columns: [
    column('input'),
    numeric('P10'),
    numeric('P90'),
    numeric('machine'),
    numeric('with people'),
    numeric('per contact resolved'),
    column('replicas'),
  ],
  rows: drawn.tornado.map(tornadoRow),
});

const tornadoBlocks = (each: Drawn, index: number): Block[] =>
  each.drawn.tornado.length === 0
    ? []
    : [
        { kind: 'heading', text: each.mode.title, badge: basisBadge(basisOfMode(each.mode)) },
        ...tornadoCharts(each, index),
        tornadoTable(each),
      ];

/** Inputs drawn, once for each mode-independent key. */
function inputsTable(all: readonly Drawn[]): Block {
  const byKey = Map.groupBy(
    all.flatMap(({ drawn }) => drawn.inputs),
    (input) => JSON.stringify([input.key, input.low, input.value, input.high]),
  );
  return {
    kind: 'table',
    caption: 'What is drawn: low, as planned, high; P10 and P90 of the draws',
    columns: [
      column('input'),
      column('unit'),
      numeric('low'),
      numeric('as planned'),
      numeric('high'),
      numeric('P10'),
      numeric('P90'),
      column('drawn as'),
      column('rests on'),
    ],
    rows: [...byKey.values()].flatMap(([input]): Cell[][] =>
      input === undefined
        ? []
        : [
            [
              cell(input.label),
              cell(input.unit),
              ...[input.low, input.value, input.high, input.p10, input.p90].map((value) =>
                cell(formatNumber(value)),
              ),
              cell(input.distribution),
              { text: input.source, badge: basisBadge(input.basis) },
            ],
          ],
    ),
  };
}

function correlationsTable(all: readonly Drawn[]): Block[] {
  const rows = all.flatMap(({ drawn }) => {
    const labels = new Map(drawn.inputs.map(({ key, label }) => [key, label]));
    return drawn.correlations.map(({ a, b, rankCorrelation, drawnRankCorrelation, reason }) => [
      cell(`${labels.get(a) ?? a} and ${labels.get(b) ?? b}`),
      cell(formatNumber(rankCorrelation)),
      cell(formatNumber(drawnRankCorrelation)),
      cell(reason),
    ]);
  });
  const byWords = new Map(rows.map((row) => [JSON.stringify(row[0]), row]));
  if (rows.length === 0) return [];
  return [
    {
      kind: 'table',
      caption:
        'Inputs that move together, by Spearman’s rank correlation; all other pairs are drawn independently',
      columns: [column('inputs'), numeric('stated'), numeric('drawn'), column('why')],
      rows: [...byWords.values()],
    },
  ];
}

function leadText(all: readonly Drawn[]): string {
  const draws = Math.max(...all.map(({ drawn }) => drawn.draws));
  const widest = all
    .map(({ mode, drawn }) => ({ mode, bar: tornadoBars(drawn.tornado, 'ai')[0] }))
    .flatMap(({ mode, bar }) => (bar === undefined ? [] : [`${mode.title}: ${bar.row.label}`]));
  const said = widest.length === 0 ? '' : ` What moves the machine’s cost most: ${widest.join('; ')}.`;
  return `${formatCount(draws)} seeded draws of everything that is not certain, the same for every mode where modes share an input.${said}`;
}

/** How sure the plan is: risk, replicas and cost over the draws, and what moves them. Nothing where no mode was drawn. */
export function uncertaintySections(plan: PlanFile): Section[] {
  const all = drawnModes(plan);
  if (all.length === 0) return [];
  const ranges = replicaRangeChart(movedRanges(all), 'replica-ranges');
  return [
    {
      id: 'risk',
      title: 'How sure it is',
      blocks: [
        paragraph(leadText(all)),
        riskTable(all),
        ...(ranges === undefined ? [] : [{ kind: 'chart' as const, svg: ranges, width: 'full' as const }]),
        replicasTable(all),
        ...all.flatMap(tornadoBlocks),
        inputsTable(all),
        ...correlationsTable(all),
      ],
    },
  ];
}
