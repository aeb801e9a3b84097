import { scaleBand } from 'd3-scale';
import type { CostCategory, Interval, PlannedMode } from '../../vocabulary/plan-file.ts';
import { formatUsd, formatUsdInterval } from '../numbers.ts';
import { wrapText } from '../text-table.ts';
import { drawFrame, drawXAxis, FULL_FRAME, layOut, linearScale, type Scale } from './frame.ts';
import { element, filled, label, stroked, tooltip } from './svg.ts';

export interface CostView {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  readonly categories: readonly CostCategory[];
  /** Which interval the whiskers show. */
  readonly view: 'ai' | 'blended';
}

const ROW_PX = 46;
const LABEL_PX = 200;
const LABEL_CHARS = 30;
const VALUE_CHAR_PX = 7;

const share = (mode: PlannedMode, category: CostCategory): number =>
  mode.byCategoryUsdPerInteraction[category] ?? 0;

/** Stacked from zero, a sliver of paper between the parts so that neighbours are told apart without colour. */
function drawStack(mode: PlannedMode, view: CostView, x: Scale, heightPx: number): string[] {
  let fromUsd = 0;
  return view.categories.flatMap((category) => {
    const usd = share(mode, category);
    if (usd <= 0) return [];
    const startPx = x(fromUsd);
    fromUsd += usd;
    return [
      element(
        'rect',
        {
          x: startPx,
          y: 0,
          width: Math.max(0.5, x(fromUsd) - startPx - 1),
          height: heightPx,
          ...filled(category),
        },
        tooltip(`${mode.title}, ${category}: ${formatUsd(usd)} per interaction`),
      ),
    ];
  });
}

/** P10 to P90 with a tick at the median, in a halo of paper so that it reads on any bar. */
function drawWhisker(interval: Interval, x: Scale, middlePx: number): string[] {
  const upright = (usd: number, halfPx: number): string =>
    `M${x(usd).toFixed(2)} ${middlePx - halfPx}V${middlePx + halfPx}`;
  const d = [
    `M${x(interval.p10).toFixed(2)} ${middlePx}H${x(interval.p90).toFixed(2)}`,
    upright(interval.p10, 5),
    upright(interval.p90, 5),
    upright(interval.p50, 4),
  ].join('');
  return [
    element('path', { d, 'stroke-width': 4.5, ...stroked('paper') }),
    element('path', { d, 'stroke-width': 1.6, ...stroked('limit') }),
  ];
}

function drawMode(
  mode: PlannedMode,
  view: CostView,
  x: Scale,
  rowPx: { top: number; height: number },
): string {
  const interval = mode.usdPerInteraction[view.view];
  const middlePx = rowPx.height / 2;
  const stackUsd = view.categories.reduce((sum, category) => sum + share(mode, category), 0);
  const names = wrapText(mode.title, LABEL_CHARS).slice(0, 2);
  const lines = mode.simulated ? [...names.slice(0, 2), 'SIMULATED'] : names;
  return element(
    'g',
    { transform: `translate(0 ${rowPx.top.toFixed(2)})` },
    ...lines.map((text, index) =>
      label(text, {
        x: LABEL_PX - 12,
        y: middlePx + 4 + (index - (lines.length - 1) / 2) * 13,
        'text-anchor': 'end',
        ...(text === 'SIMULATED' ? { ...filled('bad'), 'font-weight': 700, 'font-size': 10.5 } : {}),
      }),
    ),
    ...drawStack(mode, view, x, rowPx.height),
    ...drawWhisker(interval, x, middlePx),
    label(formatUsdInterval(interval), {
      x: Math.max(x(interval.p90), x(stackUsd)) + 8,
      y: middlePx + 4,
      'font-weight': 600,
    }),
  );
}

/** Stacked bars by category, one per mode, with P10–P90 whiskers and the figures beside them. */
export function costChart(modes: readonly PlannedMode[], view: CostView): string {
  const intervals = modes.map((mode) => mode.usdPerInteraction[view.view]);
  const stacks = modes.map((mode) =>
    view.categories.reduce((sum, category) => sum + share(mode, category), 0),
  );
  const draft = layOut({
    ...FULL_FRAME,
    leftPx: LABEL_PX,
    rightPx:
      16 + VALUE_CHAR_PX * Math.max(...intervals.map((interval) => formatUsdInterval(interval).length)),
    id: view.id,
    title: `${view.title}, USD`,
    description: modes
      .map((mode) => {
        const parts = view.categories.map((category) => `${category} ${formatUsd(share(mode, category))}`);
        const simulated = mode.simulated ? ' (SIMULATED)' : '';
        return `${mode.title}${simulated}: ${formatUsdInterval(mode.usdPerInteraction[view.view])}; ${parts.join(', ')}`;
      })
      .join('. '),
    simulated: modes.every((mode) => mode.simulated),
    legend: [
      ...view.categories.map((category) => ({ text: category, ink: category, mark: 'box' as const })),
      { text: 'P10–P90, tick at the median', ink: 'limit', mark: 'line' },
    ],
  });
  const heightPx = draft.topPx + modes.length * ROW_PX + 40;
  const frame = { ...draft, heightPx, bottomPx: heightPx - 40, topPx: draft.topPx - 12 };
  const max = Math.max(...intervals.map((interval) => interval.p90), ...stacks);
  const x = linearScale(max, frame.leftPx, frame.widthPx - frame.rightPx);
  const band = scaleBand<number>()
    .domain(modes.map((_, index) => index))
    .range([frame.topPx, frame.bottomPx])
    .paddingInner(0.35)
    .paddingOuter(0.2);
  return drawFrame(
    frame,
    ...x.ticks(5).map((tick) =>
      element('line', {
        x1: x(tick),
        x2: x(tick),
        y1: frame.topPx,
        y2: frame.bottomPx,
        ...stroked('grid'),
      }),
    ),
    ...drawXAxis(frame, x, { ticks: x.ticks(5), title: 'USD per interaction', format: formatUsd }),
    ...modes.map((mode, index) =>
      drawMode(mode, view, x, { top: band(index) ?? 0, height: band.bandwidth() }),
    ),
  );
}
