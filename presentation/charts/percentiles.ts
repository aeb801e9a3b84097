import { line as pathLine } from 'd3-shape';
import type { HistogramMetricId } from '../../vocabulary/metrics.ts';
import { METRICS } from '../../vocabulary/metrics.ts';
import { PERCENT } from '../../vocabulary/units.ts';
import { capitalised } from '../escape.ts';
import { formatNumber } from '../numbers.ts';
import { formatLoad, type ResultReading, readPercentile, type StepReading } from '../step-reading.ts';
import {
  drawFrame,
  drawXAxis,
  drawYAxis,
  HALF_FRAME,
  layOut,
  linearScale,
  type Scale,
  spanScale,
  ticksOf,
} from './frame.ts';
import type { Ink } from './palette.ts';
import { pickSteps } from './pick-steps.ts';
import { element, filled, label, stroked, tooltip } from './svg.ts';

const RAMP: readonly Ink[] = ['ramp1', 'ramp2', 'ramp3', 'ramp4', 'ramp5', 'ramp6'];
const MAX_CURVES = RAMP.length;
const GRID_POINTS = 80;
const TICKS = [0, 50, 90, 95, 99, 99.9, 99.99];
const LABEL_PX = 58;
const LABEL_GAP_PX = 13;

/** Distance along the axis: each nine of the percentile takes the same room (0 % → 0, 90 % → 1, 99 % → 2). */
const ninesOf = (percent: number): number => -Math.log10(1 - percent / PERCENT);
const percentOf = (nines: number): number => PERCENT * (1 - 10 ** -nines);

interface Point {
  readonly nines: number;
  readonly ms: number;
  readonly certified: boolean;
}

interface Curve {
  readonly name: string;
  readonly ink: Ink;
  readonly points: readonly Point[];
}

function highestPercent(steps: readonly StepReading[], metric: HistogramMetricId): number {
  const certified = TICKS.filter((percent) =>
    steps.some((step) => readPercentile(step, metric, percent).kind === 'certified'),
  );
  return Math.max(99, ...certified);
}

function curveOf(step: StepReading, metric: HistogramMetricId, maxNines: number): Point[] {
  return Array.from({ length: GRID_POINTS + 1 }, (_, i) => (maxNines * i) / GRID_POINTS).flatMap((nines) => {
    const reading = readPercentile(step, metric, Math.min(percentOf(nines), 99.999));
    return reading.kind === 'empty'
      ? []
      : [{ nines, ms: reading.value, certified: reading.kind === 'certified' }];
  });
}

function drawCurve(curve: Curve, x: Scale, y: Scale, words: string): string[] {
  const path = pathLine<Point>(
    (point) => x(point.nines),
    (point) => y(point.ms),
  );
  const split = curve.points.findIndex((point) => !point.certified && point.nines > 0.2);
  const solid = split < 0 ? curve.points : curve.points.slice(0, split);
  const rest = split < 0 ? [] : curve.points.slice(Math.max(0, split - 1));
  return [
    element('path', { d: path([...solid]) ?? '', 'stroke-width': 2, ...stroked(curve.ink) }, tooltip(words)),
    ...(rest.length < 2
      ? []
      : [
          element(
            'path',
            {
              d: path([...rest]) ?? '',
              'stroke-width': 1.6,
              'stroke-dasharray': '2 4',
              ...stroked(curve.ink),
            },
            tooltip(`${words}; too few samples here, indicative only`),
          ),
        ]),
  ];
}

/** Labels at the right ends, pushed apart where they would touch. */
function endLabels(curves: readonly Curve[], xPx: number, y: Scale): string[] {
  const placed = curves
    .map((curve) => ({ curve, yPx: y(curve.points.at(-1)?.ms ?? 0) }))
    .sort((a, b) => b.yPx - a.yPx);
  let ceilingPx = Number.POSITIVE_INFINITY;
  return placed.map(({ curve, yPx }) => {
    const atPx = Math.min(yPx, ceilingPx - LABEL_GAP_PX);
    ceilingPx = atPx;
    return label(curve.name, {
      x: xPx + 6,
      y: atPx + 4,
      'font-size': 11,
      'font-weight': 600,
      ...filled(curve.ink),
    });
  });
}

/** `12.5/s` in the little room at a line's end. */
const shortLoad = (step: StepReading): string =>
  step.step.load.kind === 'closed'
    ? `${step.step.load.concurrency} open`
    : `${formatNumber(step.offeredPerS)}/s`;

/**
 * Percentile curves of one latency metric, one line per step; dotted where too few samples stand behind the percentile.
 * Undefined when the metric was not observed.
 */
export function percentileChart(
  { result, steps }: ResultReading,
  id: string,
  metric: HistogramMetricId,
): string | undefined {
  // The colours run with the rate, whatever the order of a search was.
  const observed = steps
    .filter((step) => (step.histograms.get(metric)?.count ?? 0) > 0)
    .toSorted((a, b) => a.offeredPerS - b.offeredPerS);
  if (observed.length === 0) return undefined;
  const picked = pickSteps(observed, MAX_CURVES);
  const maxNines = ninesOf(highestPercent(picked, metric));
  const curves = picked.map((step, index): Curve => {
    const at = picked.length === 1 ? 0 : Math.round((index * (RAMP.length - 1)) / (picked.length - 1));
    return { name: shortLoad(step), ink: RAMP[at] ?? 'ramp1', points: curveOf(step, metric, maxNines) };
  });
  const name = METRICS[metric].label;
  const words = picked.map((step) => `${name}, ${formatLoad(step.step.load, formatNumber)} asked`);
  const frame = layOut({
    ...HALF_FRAME,
    rightPx: LABEL_PX,
    id,
    title: `${capitalised(name)} by percentile`,
    description: `One line per step, labelled with its offered rate: ${words.join('; ')}. The figures are in the table of steps.`,
    simulated: result.target.simulated,
    legend: [
      { text: 'one line per offered rate', ink: 'quiet', mark: 'line' },
      { text: 'dotted: too few samples', ink: 'quiet', mark: 'dash' },
    ],
  });
  const rightPx = frame.widthPx - frame.rightPx;
  const x = linearScale(1, frame.leftPx, rightPx).domain([0, maxNines]);
  const y = spanScale(
    curves.flatMap((curve) => curve.points.map((point) => point.ms)),
    frame.bottomPx,
    frame.topPx,
  );
  return drawFrame(
    frame,
    ...drawYAxis(frame, y, { ticks: ticksOf(y, 5), title: y.isLog ? 'ms, logarithmic' : 'ms' }),
    ...drawXAxis(frame, x, {
      ticks: TICKS.map(ninesOf).filter((nines) => nines <= maxNines + 1e-9),
      title: 'percentile',
      format: (nines) => (nines === 0 ? 'min' : `p${Number(percentOf(nines).toFixed(2))}`),
    }),
    ...curves.flatMap((curve, index) => drawCurve(curve, x, y, words[index] ?? '')),
    ...endLabels(curves, rightPx, y),
  );
}
