import { line as pathLine } from 'd3-shape';
import type { CostComparison, CostCrossing, CostCurve } from '../../vocabulary/plan-sections/break-even.ts';
import { formatCompact, formatUsd } from '../numbers.ts';
import {
  drawFrame,
  drawXAxis,
  drawYAxis,
  type Frame,
  FULL_FRAME,
  layOut,
  type Scale,
  spanScale,
  ticksOf,
} from './frame.ts';
import type { Ink } from './palette.ts';
import { element, filled, hollow, label, stroked, tooltip } from './svg.ts';

export interface BreakEvenView {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  readonly plannedInteractionsPerDay: number;
}

const CURVE_INKS: readonly Ink[] = ['p50', 'p95', 'good', 'p99', 'ramp4', 'ramp6', 'people', 'ramp1'];
const STRIP_PX = 7;

/** Inks repeat after eight curves; the second round is dashed, so that no two look alike. */
const styleOf = (index: number): { readonly ink: Ink; readonly dash: boolean } => ({
  ink: CURVE_INKS[index % CURVE_INKS.length] ?? 'p50',
  dash: Math.floor(index / CURVE_INKS.length) % 2 === 1,
});

const nameOf = ({ title, basis }: CostCurve): string =>
  basis === 'simulated' ? `${title} (SIMULATED)` : title;

interface Axes {
  readonly frame: Frame;
  readonly x: Scale;
  readonly y: Scale;
}

function drawCurve(curve: CostCurve, index: number, { x, y }: Axes): string[] {
  const { ink, dash } = styleOf(index);
  const path = pathLine<CostCurve['points'][number]>(
    (point) => x(point.interactionsPerDay),
    (point) => y(point.usdPerInteraction),
  );
  const last = curve.points.at(-1);
  const end = curve.end;
  return [
    element(
      'path',
      {
        d: path([...curve.points]) ?? '',
        'stroke-width': 2,
        'stroke-dasharray': dash ? '6 3' : undefined,
        ...stroked(ink),
      },
      tooltip(nameOf(curve)),
    ),
    ...(last === undefined || end === undefined
      ? []
      : [
          element(
            'circle',
            {
              cx: x(last.interactionsPerDay),
              cy: y(last.usdPerInteraction),
              r: 4,
              'stroke-width': 1.8,
              ...hollow(ink),
            },
            tooltip(`${nameOf(curve)} ends at ${formatCompact(end.interactionsPerDay)} a day: ${end.reason}`),
          ),
        ]),
  ];
}

const drawCrossing = (crossing: CostCrossing, { x, y }: Axes): string =>
  element(
    'circle',
    {
      cx: x(crossing.interactionsPerDay),
      cy: y(crossing.usdPerInteraction),
      r: 4.5,
      ...filled('limit'),
    },
    tooltip(crossing.sentence),
  );

/** A strip at the foot of the plot: the ink of whatever is cheapest there. */
const cheapestStrip = ({ cheapest, curves }: CostComparison, { frame, x }: Axes): string[] =>
  cheapest.flatMap(({ id, fromPerDay, toPerDay }) => {
    const index = curves.findIndex((curve) => curve.id === id);
    const curve = curves[index];
    if (curve === undefined) return [];
    const fromPx = x(fromPerDay);
    return [
      element(
        'rect',
        {
          x: fromPx,
          y: frame.bottomPx - STRIP_PX,
          width: Math.max(0.5, x(toPerDay) - fromPx),
          height: STRIP_PX,
          ...filled(styleOf(index).ink),
        },
        tooltip(
          `${nameOf(curve)} is cheapest from ${formatCompact(fromPerDay)} to ${formatCompact(toPerDay)} a day`,
        ),
      ),
    ];
  });

function plannedLine(perDay: number, { frame, x }: Axes): string[] {
  const atPx = x(perDay);
  const onLeft = atPx > frame.widthPx * 0.7;
  return [
    element('line', {
      x1: atPx,
      x2: atPx,
      y1: frame.topPx,
      y2: frame.bottomPx,
      'stroke-width': 1.4,
      'stroke-dasharray': '7 4',
      ...stroked('limit'),
    }),
    label(`planned: ${formatCompact(perDay)} a day`, {
      x: atPx + (onLeft ? -6 : 6),
      y: frame.topPx + 9,
      'text-anchor': onLeft ? 'end' : 'start',
      'font-size': 11,
      'font-weight': 600,
      ...filled('limit'),
    }),
  ];
}

function describe({ curves, crossings }: CostComparison): string {
  const ends = curves.flatMap((curve) => {
    const [first, last] = [curve.points[0], curve.points.at(-1)];
    return first === undefined || last === undefined
      ? []
      : [
          `${nameOf(curve)}: ${formatUsd(first.usdPerInteraction)} at ${formatCompact(first.interactionsPerDay)} a day, ${formatUsd(last.usdPerInteraction)} at ${formatCompact(last.interactionsPerDay)}`,
        ];
  });
  return [...ends, ...crossings.filter(({ onEnvelope }) => onEnvelope).map(({ sentence }) => sentence)].join(
    '. ',
  );
}

/**
 * Cost per interaction of each option over volume, both logarithmic, with the volumes at which the cheapest changes.
 * Undefined where no option has a curve.
 */
export function breakEvenChart(comparison: CostComparison, view: BreakEvenView): string | undefined {
  const drawn = { ...comparison, curves: comparison.curves.filter(({ points }) => points.length > 0) };
  const points = drawn.curves.flatMap(({ points: each }) => each);
  if (points.length === 0) return undefined;
  const frame = layOut({
    ...FULL_FRAME,
    heightPx: 400,
    leftPx: 64,
    id: view.id,
    title: view.title,
    description: describe(drawn),
    simulated: drawn.curves.every(({ basis }) => basis === 'simulated'),
    legend: [
      ...drawn.curves.map((curve, index) => {
        const { ink, dash } = styleOf(index);
        return { text: nameOf(curve), ink, mark: dash ? ('dash' as const) : ('line' as const) };
      }),
      { text: 'the cheapest changes; strip below: the cheapest', ink: 'limit', mark: 'box' },
    ],
  });
  const volumes = [
    ...points.map(({ interactionsPerDay }) => interactionsPerDay),
    view.plannedInteractionsPerDay,
  ];
  const x = spanScale(volumes, frame.leftPx, frame.widthPx - frame.rightPx);
  const y = spanScale(
    points.map(({ usdPerInteraction }) => usdPerInteraction),
    frame.bottomPx - STRIP_PX - 4,
    frame.topPx,
  );
  const axes = { frame, x, y };
  return drawFrame(
    frame,
    ...drawYAxis(frame, y, { ticks: ticksOf(y, 6), title: 'USD per interaction', format: formatUsd }),
    ...drawXAxis(frame, x, { ticks: ticksOf(x, 8), title: 'interactions per day', format: formatCompact }),
    ...cheapestStrip(drawn, axes),
    ...drawn.curves.flatMap((curve, index) => drawCurve(curve, index, axes)),
    ...drawn.crossings.filter(({ onEnvelope }) => onEnvelope).map((crossing) => drawCrossing(crossing, axes)),
    ...plannedLine(view.plannedInteractionsPerDay, axes),
  );
}
