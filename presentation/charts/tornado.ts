import type { TornadoRow } from '../../vocabulary/plan-sections/uncertainty.ts';
import { formatNumber, formatUsd } from '../numbers.ts';
import { wrapText } from '../text-table.ts';
import { drawFrame, drawXAxis, type Frame, HALF_FRAME, layOut, type Scale, valueScale } from './frame.ts';
import { element, filled, label, stroked, tooltip } from './svg.ts';

/** Which cost of an interaction the bars are of. */
export type TornadoCost = keyof TornadoRow['usdPerInteraction'];

export interface TornadoView {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  readonly cost: TornadoCost;
  /** The cost with every input at its value in the plan. */
  readonly centralUsd: number;
  readonly simulated: boolean;
}

const ROW_PX = 26;
const BAR_PX = 13;
const LABEL_PX = 178;
const LABEL_CHARS = 23;
const AXIS_PX = 40;
const MAX_ROWS = 10;
/** Below this share of the largest bar nobody sees one. */
const MIN_SHARE = 0.005;

interface Bar {
  readonly row: TornadoRow;
  readonly atP10: number;
  readonly atP90: number;
}

const swingOf = ({ atP10, atP90 }: Bar): number => Math.abs(atP90 - atP10);

/** The inputs that move this cost, largest first, at most ten. */
export function tornadoBars(rows: readonly TornadoRow[], cost: TornadoCost): Bar[] {
  const bars = rows.map((row): Bar => ({ row, ...row.usdPerInteraction[cost] }));
  const sorted = bars.sort((a, b) => swingOf(b) - swingOf(a));
  const largest = sorted[0] === undefined ? 0 : swingOf(sorted[0]);
  return sorted.filter((bar) => swingOf(bar) > largest * MIN_SHARE && swingOf(bar) > 0).slice(0, MAX_ROWS);
}

const figure = (value: number, unit: string): string =>
  unit === 'ratio' ? formatNumber(value) : `${formatNumber(value)} ${unit}`;

const wordsOf = ({ row, atP10, atP90 }: Bar): string =>
  `${row.label}: ${formatUsd(atP10)} at its P10 (${figure(row.p10, row.unit)}), ${formatUsd(atP90)} at its P90 (${figure(row.p90, row.unit)})`;

function drawBar(bar: Bar, x: Scale, centralUsd: number, topPx: number): string[] {
  const part = (usd: number, ink: 'p50' | 'p95'): string => {
    const [from, to] = [x(Math.min(usd, centralUsd)), x(Math.max(usd, centralUsd))];
    return element(
      'rect',
      {
        x: from,
        y: topPx + (ROW_PX - BAR_PX) / 2,
        width: Math.max(0.5, to - from),
        height: BAR_PX,
        ...filled(ink),
      },
      tooltip(wordsOf(bar)),
    );
  };
  const lines = wrapText(bar.row.label, LABEL_CHARS).slice(0, 2);
  return [
    ...lines.map((text, index) =>
      label(text, {
        x: LABEL_PX - 8,
        y: topPx + ROW_PX / 2 + 4 + (index - (lines.length - 1) / 2) * 12,
        'text-anchor': 'end',
        'font-size': 11,
      }),
    ),
    part(bar.atP10, 'p50'),
    part(bar.atP90, 'p95'),
  ];
}

function centralLine(frame: Frame, x: Scale, centralUsd: number): string {
  const atPx = x(centralUsd);
  return element('line', {
    x1: atPx,
    x2: atPx,
    y1: frame.topPx,
    y2: frame.bottomPx,
    'stroke-width': 1.4,
    ...stroked('limit'),
  });
}

/** One input at a time at its P10 and at its P90, all others as planned. Undefined where no input moves the cost. */
export function tornadoChart(rows: readonly TornadoRow[], view: TornadoView): string | undefined {
  const bars = tornadoBars(rows, view.cost);
  if (bars.length === 0) return undefined;
  const draft = layOut({
    ...HALF_FRAME,
    leftPx: LABEL_PX,
    rightPx: 34,
    id: view.id,
    title: view.title,
    description: `${formatUsd(view.centralUsd)} as planned. ${bars.map(wordsOf).join('. ')}`,
    simulated: view.simulated,
    legend: [
      { text: 'input at its P10', ink: 'p50', mark: 'box' },
      { text: 'at its P90', ink: 'p95', mark: 'box' },
      { text: `as planned: ${formatUsd(view.centralUsd)}`, ink: 'limit', mark: 'line' },
    ],
  });
  const topPx = draft.topPx - 14;
  const bottomPx = topPx + bars.length * ROW_PX;
  const frame = { ...draft, topPx, bottomPx, heightPx: bottomPx + AXIS_PX };
  const ends = bars.flatMap(({ atP10, atP90 }) => [atP10, atP90]);
  const x = valueScale([...ends, view.centralUsd], frame.leftPx, frame.widthPx - frame.rightPx);
  return drawFrame(
    frame,
    ...drawXAxis(frame, x, { ticks: x.ticks(3), title: 'USD per interaction', format: formatUsd }),
    ...bars.flatMap((bar, index) => drawBar(bar, x, view.centralUsd, topPx + index * ROW_PX)),
    centralLine(frame, x, view.centralUsd),
  );
}
