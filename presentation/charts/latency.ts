import { type SymbolType, symbol, symbolCircle, symbolSquare, symbolTriangle } from 'd3-shape';
import { type HistogramMetricId, METRICS } from '../../vocabulary/metrics.ts';
import { capitalised } from '../escape.ts';
import { formatCount, formatNumber } from '../numbers.ts';
import { type ResultReading, readPercentile, type StepReading } from '../step-reading.ts';
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
import { element, filled, hollow, label, stroked, tooltip } from './svg.ts';

interface Series {
  readonly percent: number;
  readonly ink: Ink;
  readonly shape: SymbolType;
}

const SERIES: readonly Series[] = [
  { percent: 50, ink: 'p50', shape: symbolCircle },
  { percent: 95, ink: 'p95', shape: symbolSquare },
  { percent: 99, ink: 'p99', shape: symbolTriangle },
];

interface Point {
  readonly perS: number;
  readonly ms: number;
  readonly certified: boolean;
  readonly words: string;
}

function pointsOf(steps: readonly StepReading[], metric: HistogramMetricId, percent: number): Point[] {
  const points = steps.flatMap((step): Point[] => {
    const reading = readPercentile(step, metric, percent);
    if (reading.kind === 'empty') return [];
    const at = `p${percent} at ${formatNumber(step.offeredPerS)} turns/s: ${formatNumber(reading.value)} ms`;
    const certified = reading.kind === 'certified';
    const words = certified
      ? `${at} (n=${formatCount(reading.samples)})`
      : `${at}, indicative only: n=${reading.samples} < ${reading.minSamples}`;
    return [{ perS: step.offeredPerS, ms: reading.value, certified, words }];
  });
  return points.sort((a, b) => a.perS - b.perS);
}

function drawSeries({ ink, shape }: Series, points: readonly Point[], x: Scale, y: Scale): string[] {
  const segments = points.slice(1).map((to, index) => {
    const from = points[index] ?? to;
    return element('line', {
      x1: x(from.perS),
      y1: y(from.ms),
      x2: x(to.perS),
      y2: y(to.ms),
      'stroke-width': 2,
      'stroke-dasharray': from.certified && to.certified ? undefined : '4 4',
      ...stroked(ink),
    });
  });
  const marks = points.map((point) =>
    element(
      'path',
      {
        d: symbol(shape, 46)() ?? '',
        transform: `translate(${x(point.perS).toFixed(2)} ${y(point.ms).toFixed(2)})`,
        'stroke-width': 1.6,
        ...(point.certified ? filled(ink) : hollow(ink)),
      },
      tooltip(point.words),
    ),
  );
  return [...segments, ...marks];
}

function limitLine(limit: { ms: number; text: string }, x: Scale, y: Scale): string[] {
  const [fromPx = 0, toPx = 0] = x.range();
  return [
    element('line', {
      x1: fromPx,
      x2: toPx,
      y1: y(limit.ms),
      y2: y(limit.ms),
      'stroke-width': 1.4,
      'stroke-dasharray': '7 4',
      ...stroked('limit'),
    }),
    label(limit.text, {
      x: fromPx + 4,
      y: y(limit.ms) - 5,
      'font-size': 11,
      'font-weight': 600,
      ...filled('limit'),
    }),
  ];
}

/**
 * A latency's p50, p95, p99 against the offered rate, with the objective. Hollow points and dashed lines rest on too few
 * samples. Undefined when no request completed.
 */
export function latencyChart(
  { result, steps }: ResultReading,
  id: string,
  metric: HistogramMetricId,
): string | undefined {
  const series = SERIES.map((each) => ({ each, points: pointsOf(steps, metric, each.percent) }));
  const all = series.flatMap(({ points }) => points);
  if (all.length === 0) return undefined;
  const limits = result.slos.flatMap((slo) =>
    slo.kind === 'latency' && slo.metric === metric
      ? [{ ms: slo.limitMs, text: `objective: p${slo.percentile} ≤ ${formatNumber(slo.limitMs)} ms` }]
      : [],
  );
  const withheld = all.some((point) => !point.certified);
  const frame = layOut({
    ...HALF_FRAME,
    id,
    title: `${capitalised(METRICS[metric].label)} against load`,
    description: all.map((point) => point.words).join('. '),
    simulated: result.target.simulated,
    legend: [
      ...SERIES.map(({ percent, ink }) => ({ text: `p${percent}`, ink, mark: 'line' as const })),
      ...(withheld ? [{ text: 'too few samples', ink: 'quiet' as const, mark: 'hollow' as const }] : []),
    ],
  });
  const x = linearScale(
    Math.max(...all.map((point) => point.perS)),
    frame.leftPx,
    frame.widthPx - frame.rightPx,
  );
  const y = spanScale(
    [...all.map((point) => point.ms), ...limits.map((limit) => limit.ms)],
    frame.bottomPx,
    frame.topPx,
  );
  return drawFrame(
    frame,
    ...drawYAxis(frame, y, { ticks: ticksOf(y, 5), title: y.isLog ? 'ms, logarithmic' : 'ms' }),
    ...drawXAxis(frame, x, { ticks: x.ticks(6), title: 'offered turns/s' }),
    ...limits.flatMap((limit) => limitLine(limit, x, y)),
    ...series.flatMap(({ each, points }) => drawSeries(each, points, x, y)),
  );
}
