import { area, curveStepAfter, line as pathLine } from 'd3-shape';
import { HOURS_PER_DAY } from '../../vocabulary/units.ts';
import { formatCompact } from '../numbers.ts';
import {
  drawFrame,
  drawXAxis,
  drawYAxis,
  type Frame,
  FULL_FRAME,
  type LegendEntry,
  layOut,
  linearScale,
  type Scale,
} from './frame.ts';
import type { Ink } from './palette.ts';
import { element, filled, stroked } from './svg.ts';

/** A count over the hours of a day or a week; one value for each interval, held until the next. */
export interface HourSeries {
  readonly text: string;
  readonly ink: Ink;
  readonly mark: 'area' | 'line' | 'dash';
  readonly values: readonly number[];
}

export interface HoursView {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly simulated: boolean;
  /** What is counted, above the axis. */
  readonly unit: string;
  readonly intervalHours: number;
  readonly series: readonly HourSeries[];
}

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const NOON = HOURS_PER_DAY / 2;

interface Axis {
  readonly ticks: readonly number[];
  readonly format: (hour: number) => string;
  readonly title: string;
}

/** Days at their noon over a week; every third hour over a day. */
function hourAxis(hours: number): Axis {
  if (hours <= HOURS_PER_DAY) {
    const ticks = Array.from({ length: 8 }, (_, index) => index * 3).filter((hour) => hour < hours);
    return { ticks, format: (hour) => `${hour}:00`, title: 'hour of the day' };
  }
  const days = Math.ceil(hours / HOURS_PER_DAY);
  return {
    ticks: Array.from({ length: days }, (_, day) => day * HOURS_PER_DAY + NOON),
    format: (hour) => DAYS[Math.floor(hour / HOURS_PER_DAY) % DAYS.length] ?? '',
    title: 'hour of the week',
  };
}

const midnights = (frame: Frame, x: Scale, hours: number): string[] =>
  Array.from({ length: Math.max(0, Math.ceil(hours / HOURS_PER_DAY) - 1) }, (_, day) => {
    const atPx = x((day + 1) * HOURS_PER_DAY);
    return element('line', {
      x1: atPx,
      x2: atPx,
      y1: frame.topPx,
      y2: frame.bottomPx,
      'stroke-dasharray': '1 3',
      ...stroked('quiet'),
    });
  });

function drawSeries({ values, ink, mark }: HourSeries, x: Scale, y: Scale, intervalHours: number): string {
  const last = values.at(-1) ?? 0;
  const points = [...values, last].map((value, index) => [index * intervalHours, value] as const);
  const at = ([hour]: readonly [number, number]): number => x(hour);
  if (mark === 'area') {
    const shape = area<readonly [number, number]>(at, y(0), ([, value]) => y(value)).curve(curveStepAfter);
    return element('path', { d: shape(points) ?? '', ...filled(ink) });
  }
  const path = pathLine<readonly [number, number]>(at, ([, value]) => y(value)).curve(curveStepAfter);
  return element('path', {
    d: path(points) ?? '',
    'stroke-width': mark === 'dash' ? 1.6 : 2,
    'stroke-dasharray': mark === 'dash' ? '7 4' : undefined,
    ...stroked(ink),
  });
}

const legendOf = ({ text, ink, mark }: HourSeries): LegendEntry => ({
  text,
  ink,
  mark: mark === 'area' ? 'box' : mark,
});

/** Counts over the hours of a day or a week, as steps: how many replicas or people, and how many the load asks for. */
export function hoursChart(view: HoursView): string {
  const { series, intervalHours } = view;
  const hours = Math.max(1, ...series.map(({ values }) => values.length)) * intervalHours;
  const frame = layOut({
    ...FULL_FRAME,
    id: view.id,
    title: view.title,
    description: view.description,
    simulated: view.simulated,
    legend: series.map(legendOf),
  });
  const x = linearScale(1, frame.leftPx, frame.widthPx - frame.rightPx).domain([0, hours]);
  const max = Math.max(...series.flatMap(({ values }) => values));
  const y = linearScale(max * 1.05, frame.bottomPx, frame.topPx);
  const axis = hourAxis(hours);
  return drawFrame(
    frame,
    ...drawYAxis(frame, y, { ticks: y.ticks(4), title: view.unit, format: formatCompact }),
    ...series.map((each) => drawSeries(each, x, y, intervalHours)),
    ...midnights(frame, x, hours),
    ...drawXAxis(frame, x, axis),
  );
}
