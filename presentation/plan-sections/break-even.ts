import type { PlanFile } from '../../vocabulary/plan-file.ts';
import type {
  BreakEven,
  Commitment,
  CostComparison,
  CostCurve,
  UtilisationBreakEven,
} from '../../vocabulary/plan-sections/break-even.ts';
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
import { breakEvenChart } from '../charts/break-even.ts';
import { ABSENT, formatCompact, formatNumber, formatRatio, formatUsd } from '../numbers.ts';

/** Cost at the volume nearest to the planned one, on the scale of factors. */
function atPlanned({ points }: CostCurve, plannedPerDay: number): Cell {
  const distance = (perDay: number): number => Math.abs(Math.log(perDay / plannedPerDay));
  const nearest = points.reduce<CostCurve['points'][number] | undefined>(
    (best, point) =>
      best === undefined || distance(point.interactionsPerDay) < distance(best.interactionsPerDay)
        ? point
        : best,
    undefined,
  );
  return nearest === undefined
    ? { text: ABSENT, muted: true }
    : {
        text: formatUsd(nearest.usdPerInteraction),
        hint: `at ${formatCompact(nearest.interactionsPerDay)} interactions a day`,
      };
}

function cheapestWords({ cheapest }: CostComparison, id: string): string {
  const spans = cheapest
    .filter((span) => span.id === id)
    .map(({ fromPerDay, toPerDay }) => `${formatCompact(fromPerDay)}–${formatCompact(toPerDay)}`);
  return spans.join(', ') || 'never';
}

const curvesTable = (comparison: CostComparison, caption: string, plannedPerDay: number): Block => ({
  kind: 'table',
  caption,
  columns: [
    column('option'),
    numeric('USD per interaction at the planned volume'),
    column('cheapest at interactions a day'),
    column('carries at most'),
    column('prices from'),
  ],
  rows: comparison.curves.map((curve): Cell[] => [
    { text: curve.title, badge: basisBadge(curve.basis) },
    atPlanned(curve, plannedPerDay),
    cell(cheapestWords(comparison, curve.id)),
    curve.end === undefined
      ? { text: 'no end found', muted: true }
      : cell(`${formatCompact(curve.end.interactionsPerDay)} a day: ${curve.end.reason}`),
    cell([curve.source, curve.date].filter((part) => part !== undefined).join(', ')),
  ]),
});

function crossingsTable({ crossings, curves }: CostComparison): Block[] {
  const titles = new Map(curves.map(({ id, title }) => [id, title]));
  const shown = crossings.filter(({ onEnvelope, lasting }) => onEnvelope || lasting);
  if (shown.length === 0) return [];
  return [
    {
      kind: 'table',
      caption: 'Volumes at which the cheaper of two options changes for good, or the cheapest of all changes',
      columns: [
        numeric('interactions a day'),
        column('cheaper below'),
        column('cheaper above'),
        numeric('USD per interaction there'),
        column('in words'),
      ],
      rows: shown.map((crossing) => [
        cell(formatCompact(crossing.interactionsPerDay)),
        cell(titles.get(crossing.cheaperBelow) ?? crossing.cheaperBelow),
        cell(titles.get(crossing.cheaperAbove) ?? crossing.cheaperAbove),
        cell(formatUsd(crossing.usdPerInteraction)),
        cell(crossing.sentence),
      ]),
    },
  ];
}

interface Named {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
}

function comparisonBlocks(comparison: CostComparison, named: Named, plannedPerDay: number): Block[] {
  if (comparison.curves.length === 0) return [];
  const svg = breakEvenChart(comparison, {
    id: named.id,
    title: named.title,
    plannedInteractionsPerDay: plannedPerDay,
  });
  return [
    ...(svg === undefined ? [] : [{ kind: 'chart' as const, svg, width: 'full' as const }]),
    curvesTable(comparison, named.caption, plannedPerDay),
    ...crossingsTable(comparison),
  ];
}

const utilisationRow = (each: UtilisationBreakEven): Cell[] => [
  cell(each.own),
  cell(each.bought),
  cell(formatUsd(each.ownUsdPerUnitHour)),
  cell(formatNumber(each.turnsPerSPerUnit)),
  cell(formatUsd(each.boughtUsdPerTurn)),
  cell(formatRatio(each.breakEvenUtilisationRatio)),
  cell(formatRatio(each.plannedUtilisationRatio)),
  cell(formatRatio(each.reachableUtilisationRatio)),
  cell(each.sentence),
];

function utilisationTable(rows: readonly UtilisationBreakEven[]): Block[] {
  if (rows.length === 0) return [];
  return [
    {
      kind: 'table',
      caption: 'Busy share from which own hardware is cheaper than buying the same work',
      columns: [
        column('own'),
        column('bought'),
        numeric('own, USD per unit-hour'),
        numeric('turns/s of a full unit'),
        numeric('bought, USD per turn'),
        numeric('break-even'),
        numeric('as planned'),
        numeric('reachable'),
        column('in words'),
      ],
      rows: rows.map(utilisationRow),
    },
  ];
}

function commitmentRows(each: Commitment): Cell[][] {
  return each.purchases.map((purchase) => [
    cell(`${each.mode}, ${each.tier}: ${each.unit}`),
    {
      text: purchase.kind,
      ...(purchase.kind === each.cheapest ? { badge: { kind: 'good' as const, text: 'cheapest' } } : {}),
    },
    cell(formatUsd(purchase.usdPerMonth)),
    cell(formatNumber(purchase.committedReplicas)),
    cell(
      `${formatNumber(each.plannedReplicas)} planned, ${formatNumber(each.meanReplicas)} needed on average`,
    ),
    cell(purchase.sentence),
  ]);
}

function commitmentsTable(rows: readonly Commitment[]): Block[] {
  if (rows.length === 0) return [];
  return [
    {
      kind: 'table',
      caption: 'Ways to pay for the same machines',
      columns: [
        column('machines'),
        column('bought as'),
        numeric('USD per month'),
        numeric('committed'),
        column('replicas'),
        column('in words'),
      ],
      rows: rows.flatMap(commitmentRows),
    },
  ];
}

function leadText({ modes, inference, plannedInteractionsPerDay }: BreakEven): string {
  const of = (comparison: CostComparison): string | undefined => {
    const span = comparison.cheapest.find(
      ({ fromPerDay, toPerDay }) =>
        fromPerDay <= plannedInteractionsPerDay && plannedInteractionsPerDay <= toPerDay,
    );
    return comparison.curves.find(({ id }) => id === span?.id)?.title;
  };
  const [mode, model] = [of(modes), of(inference)];
  return [
    `At the planned ${formatCompact(plannedInteractionsPerDay)} interactions a day:`,
    mode === undefined ? '' : ` the cheapest mode is ${mode}.`,
    model === undefined ? '' : ` The cheapest way to get the model alone is ${model}.`,
    ' People who take escalated contacts are left out, as they cost the same in all.',
  ].join('');
}

/** Volumes and utilisations at which another way becomes cheaper. Nothing where the plan has no such section. */
export function breakEvenSections({ breakEven }: PlanFile): Section[] {
  if (breakEven === undefined) return [];
  const { modes, inference, utilisation, commitments, plannedInteractionsPerDay } = breakEven;
  return [
    {
      id: 'break-even',
      title: 'Break-even',
      blocks: [
        paragraph(leadText(breakEven)),
        ...comparisonBlocks(
          modes,
          {
            id: 'break-even-modes',
            title: 'Deployment modes over volume',
            caption: 'Whole deployment modes, everything but people',
          },
          plannedInteractionsPerDay,
        ),
        ...comparisonBlocks(
          inference,
          {
            id: 'break-even-inference',
            title: 'Ways to get the language model over volume',
            caption: 'The language model alone: a vendor’s API, provisioned throughput, own and rented GPUs',
          },
          plannedInteractionsPerDay,
        ),
        ...utilisationTable(utilisation),
        ...commitmentsTable(commitments),
        ...breakEven.assumptions.map(paragraph),
      ],
    },
  ];
}
