import type { ScaleContinuousNumeric } from 'd3-scale';
import { scaleLinear, scaleLog } from 'd3-scale';
import { escapeHtml } from '../escape.ts';
import { formatNumber } from '../numbers.ts';
import type { Ink } from './palette.ts';
import { type Attributes, element, filled, label, stroked } from './svg.ts';

/** Continuous scale from figures to pixels. */
export type Scale = ScaleContinuousNumeric<number, number>;

/** One mark of a legend and what it stands for. */
export interface LegendEntry {
  readonly text: string;
  readonly ink: Ink;
  readonly mark: 'line' | 'dash' | 'box' | 'hollow';
}

/** What a chart is and how large, in pixels of its view box. */
export interface FrameOptions {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  /** The chart in words, for those who cannot see it. */
  readonly description: string;
  readonly simulated: boolean;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly leftPx: number;
  readonly rightPx: number;
  readonly legend: readonly LegendEntry[];
}

/** The plot's rectangle inside the drawing, in pixels of the view box. */
export interface Frame extends FrameOptions {
  readonly topPx: number;
  readonly bottomPx: number;
}

const CHAR_PX = 6.4;
const LEGEND_ROW_PX = 17;
const TITLE_PX = 20;
const AXIS_PX = 40;

interface PlacedEntry extends LegendEntry {
  readonly xPx: number;
  readonly row: number;
}

function placeLegend(options: FrameOptions): PlacedEntry[] {
  let xPx = 0;
  let row = 0;
  return options.legend.map((entry) => {
    const widthPx = 24 + entry.text.length * CHAR_PX + 14;
    if (xPx > 0 && xPx + widthPx > options.widthPx) {
      xPx = 0;
      row++;
    }
    const placed = { ...entry, xPx, row };
    xPx += widthPx;
    return placed;
  });
}

const legendRows = (options: FrameOptions): number =>
  Math.max(0, ...placeLegend(options).map(({ row }) => row + 1));

/** Lays the plot out below the title and as many legend rows as its entries need. */
export const layOut = (options: FrameOptions): Frame => ({
  ...options,
  topPx: TITLE_PX + legendRows(options) * LEGEND_ROW_PX + 26,
  bottomPx: options.heightPx - AXIS_PX,
});

function swatch({ ink, mark }: LegendEntry): string {
  if (mark === 'box') return element('rect', { x: 3, y: -8, width: 12, height: 9, ...filled(ink) });
  if (mark === 'hollow') {
    return element('circle', { cx: 9, cy: -4, r: 4, 'stroke-width': 1.5, ...stroked(ink) });
  }
  const dash = mark === 'dash' ? '4 3' : undefined;
  return element('line', {
    x1: 0,
    x2: 18,
    y1: -4,
    y2: -4,
    'stroke-width': 2,
    'stroke-dasharray': dash,
    ...stroked(ink),
  });
}

const legend = (frame: Frame): string[] =>
  placeLegend(frame).map((entry) =>
    element(
      'g',
      { transform: `translate(${entry.xPx} ${TITLE_PX + 14 + entry.row * LEGEND_ROW_PX})` },
      swatch(entry),
      label(entry.text, { x: 24, 'font-size': 11.5 }),
    ),
  );

const SIMULATED_PX = 78;

const simulatedTag = (frame: Frame): string[] =>
  frame.simulated
    ? [
        element('rect', {
          x: frame.widthPx - SIMULATED_PX - 1,
          y: 1,
          width: SIMULATED_PX,
          height: 17,
          rx: 3,
          'stroke-width': 1.2,
          'stroke-dasharray': '3 2',
          ...stroked('bad'),
        }),
        label('SIMULATED', {
          x: frame.widthPx - SIMULATED_PX / 2 - 1,
          y: 13.5,
          'text-anchor': 'middle',
          'font-size': 11,
          'font-weight': 700,
          ...filled('bad'),
          // A narrow page enlarges words; these have a box around them.
          class: 'fill-bad tag',
        }),
      ]
    : [];

/** The whole drawing: title and description for screen readers, heading, legend, then the marks given. */
export function drawFrame(frame: Frame, ...marks: readonly string[]): string {
  const simulated = frame.simulated ? 'SIMULATED target. ' : '';
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${frame.widthPx} ${frame.heightPx}`,
      role: 'img',
      'aria-labelledby': `${frame.id}-title ${frame.id}-description`,
      'font-family': 'system-ui, sans-serif',
      'font-size': 11.5,
    },
    `<title id="${frame.id}-title">${escapeHtml(frame.title)}</title>`,
    `<desc id="${frame.id}-description">${escapeHtml(simulated + frame.description)}</desc>`,
    label(frame.title, { x: 0, y: 13, 'font-size': 13.5, 'font-weight': 600 }),
    ...simulatedTag(frame),
    ...legend(frame),
    ...marks,
  );
}

/** Zero to a little over the largest value, ending on a round figure. */
export const linearScale = (maxValue: number, fromPx: number, toPx: number): Scale =>
  scaleLinear()
    .domain([0, maxValue > 0 ? maxValue : 1])
    .nice(5)
    .range([fromPx, toPx]);

/** From the least to the most of the values, on round figures; not from zero, since distances are read and no lengths. */
export function valueScale(values: readonly number[], fromPx: number, toPx: number): Scale {
  const [min, max] = [Math.min(...values), Math.max(...values)];
  const padding = max > min ? (max - min) * 0.04 : Math.abs(max) * 0.1 || 1;
  return scaleLinear()
    .domain([min - padding, max + padding])
    .nice(4)
    .range([fromPx, toPx]);
}

const LOG_FROM_RATIO = 15;

/** Logarithmic where the values span more than a factor 15, else linear from zero. */
export function spanScale(
  values: readonly number[],
  fromPx: number,
  toPx: number,
): Scale & { isLog: boolean } {
  const positive = values.filter((value) => value > 0);
  const [min, max] = [Math.min(...positive), Math.max(0, ...positive)];
  if (positive.length > 0 && max / min > LOG_FROM_RATIO) {
    const scale = scaleLog()
      .domain([min * 0.8, max * 1.15])
      .range([fromPx, toPx])
      .clamp(true);
    return Object.assign(scale, { isLog: true });
  }
  return Object.assign(linearScale(max * 1.05, fromPx, toPx), { isLog: false });
}

/** Round figures for an axis: on a logarithmic one only 1, 2, 5 of each decade, or 1 alone where there are many. */
export function ticksOf(scale: Scale & { isLog?: boolean }, wanted: number): number[] {
  if (!scale.isLog) return scale.ticks(wanted);
  const digitOf = (value: number): number => Math.round(value / 10 ** Math.floor(Math.log10(value) + 1e-9));
  const all = scale.ticks().filter((value) => [1, 2, 5].includes(digitOf(value)));
  return all.length <= wanted + 3 ? all : all.filter((value) => digitOf(value) === 1);
}

const line = (ends: Attributes, ink: Ink): string => element('line', { ...ends, ...stroked(ink) });

/** Figures and unit of an axis. */
export interface Axis {
  readonly ticks: readonly number[];
  readonly title: string;
  readonly format?: (value: number) => string;
}

/** Vertical axis: grid lines, figures at the left, the unit above. */
export const drawYAxis = (frame: Frame, y: Scale, axis: Axis): string[] => [
  label(axis.title, { x: 0, y: frame.topPx - 10, 'font-size': 11, ...filled('quiet') }),
  ...axis.ticks.flatMap((tick) => [
    line({ x1: frame.leftPx, x2: frame.widthPx - frame.rightPx, y1: y(tick), y2: y(tick) }, 'grid'),
    label((axis.format ?? formatNumber)(tick), {
      x: frame.leftPx - 7,
      y: y(tick) + 4,
      'text-anchor': 'end',
      ...filled('quiet'),
    }),
  ]),
];

/** Horizontal axis: a base line, ticks, figures and the unit below. */
export const drawXAxis = (frame: Frame, x: Scale, axis: Axis): string[] => [
  line(
    { x1: frame.leftPx, x2: frame.widthPx - frame.rightPx, y1: frame.bottomPx, y2: frame.bottomPx },
    'quiet',
  ),
  ...axis.ticks.flatMap((tick) => [
    line({ x1: x(tick), x2: x(tick), y1: frame.bottomPx, y2: frame.bottomPx + 4 }, 'quiet'),
    label((axis.format ?? formatNumber)(tick), {
      x: x(tick),
      y: frame.bottomPx + 17,
      'text-anchor': 'middle',
      ...filled('quiet'),
    }),
  ]),
  label(axis.title, {
    x: (frame.leftPx + frame.widthPx - frame.rightPx) / 2,
    y: frame.heightPx - 5,
    'text-anchor': 'middle',
    'font-size': 11,
    ...filled('quiet'),
  }),
];

/** Half the page wide: two beside each other on a desk, one below the other on a telephone. */
export const HALF_FRAME = { widthPx: 470, heightPx: 310, leftPx: 46, rightPx: 14 } as const;
/** The whole page wide. */
export const FULL_FRAME = { widthPx: 960, heightPx: 270, leftPx: 46, rightPx: 14 } as const;
