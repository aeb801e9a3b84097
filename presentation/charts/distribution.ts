import { scaleLog } from 'd3-scale';
import { area, curveBasis } from 'd3-shape';
import type { LatencyHistogram } from '../../vocabulary/histogram.ts';
import { type HistogramMetricId, METRICS } from '../../vocabulary/metrics.ts';
import { capitalised } from '../escape.ts';
import { formatNumber } from '../numbers.ts';
import { type ResultReading, readPercentile, type StepReading } from '../step-reading.ts';
import { drawFrame, drawXAxis, HALF_FRAME, layOut, type Scale, ticksOf } from './frame.ts';
import type { Ink } from './palette.ts';
import { pickSteps } from './pick-steps.ts';
import { element, filled, label, stroked, tooltip } from './svg.ts';

const MAX_ROWS = 6;
const ROW_PX = 40;
/** A ridge may rise a little into the row above. */
const RIDGE_PX = 36;
const LABEL_PX = 62;
/** Half a figure of the axis may stand beyond its last tick. */
const RIGHT_PX = 24;
const BINS = 48;
/** The histogram is read at so many quantiles: a bin's share is known to a quarter of a percent. */
const QUANTILES = 400;
/** Half a permille at each end is left out, or one straggler would flatten everything. */
const TAIL_PERCENT = 0.05;

const MARKS: readonly { readonly percent: number; readonly ink: Ink; readonly heightPx: number }[] = [
  { percent: 50, ink: 'p50', heightPx: 26 },
  { percent: 95, ink: 'p95', heightPx: 20 },
  { percent: 99, ink: 'p99', heightPx: 14 },
];

const SMALLEST_MS = 0.001;
/** Chunks that come in one read are microseconds apart: what lies so far below every median is drawn at the edge. */
const LOWEST_OF_MEDIAN = 50;

const quantileMs = (histogram: LatencyHistogram, percent: number): number =>
  Math.max(SMALLEST_MS, histogram.percentileMs(percent) ?? SMALLEST_MS);

/** Shares of the samples that fall into each bin of equal width on the logarithmic axis; they add up to 1. */
export function logBins(histogram: LatencyHistogram, fromMs: number, toMs: number): number[] {
  const shares = new Array<number>(BINS).fill(0);
  const spanLog = Math.log(toMs / fromMs);
  for (let i = 0; i < QUANTILES; i++) {
    const ms = quantileMs(histogram, (100 * (i + 0.5)) / QUANTILES);
    const bin = Math.floor((BINS * Math.log(ms / fromMs)) / spanLog);
    const within = Math.min(BINS - 1, Math.max(0, bin));
    shares[within] = (shares[within] ?? 0) + 1 / QUANTILES;
  }
  return shares;
}

interface Row {
  readonly step: StepReading;
  readonly histogram: LatencyHistogram;
  readonly baseYPx: number;
}

function drawRidge({ histogram, baseYPx }: Row, x: Scale): string {
  const [fromMs = 1, toMs = 10] = x.domain();
  const shares = logBins(histogram, fromMs, toMs);
  const highest = Math.max(...shares);
  const [fromPx = 0, toPx = 0] = x.range();
  const binPx = (toPx - fromPx) / BINS;
  const outline = area<number>(
    (_, bin) => fromPx + (bin + 0.5) * binPx,
    baseYPx,
    (share) => baseYPx - (share / highest) * RIDGE_PX,
  ).curve(curveBasis);
  return element('path', { d: outline(shares) ?? '', ...filled('offered') });
}

function drawMarks({ step, baseYPx }: Row, metric: HistogramMetricId, x: Scale): string[] {
  return MARKS.flatMap(({ percent, ink, heightPx }) => {
    const reading = readPercentile(step, metric, percent);
    if (reading.kind === 'empty') return [];
    const words =
      reading.kind === 'certified'
        ? `p${percent} ${formatNumber(reading.value)} ms (n=${reading.samples})`
        : `p${percent} ${formatNumber(reading.value)} ms, indicative only: n=${reading.samples} < ${reading.minSamples}`;
    const atPx = x(Math.max(SMALLEST_MS, reading.value));
    return [
      element(
        'line',
        {
          x1: atPx,
          x2: atPx,
          y1: baseYPx,
          y2: baseYPx - heightPx,
          'stroke-width': 2.4,
          'stroke-dasharray': reading.kind === 'certified' ? undefined : '2 3',
          ...stroked(ink),
        },
        tooltip(words),
      ),
    ];
  });
}

const loadText = (step: StepReading): string =>
  step.step.load.kind === 'closed'
    ? `${step.step.load.concurrency} at once`
    : `${formatNumber(step.offeredPerS)}/s`;

function describeRow(step: StepReading, metric: HistogramMetricId): string {
  const figures = MARKS.flatMap(({ percent }) => {
    const reading = readPercentile(step, metric, percent);
    if (reading.kind === 'empty') return [];
    const doubt = reading.kind === 'certified' ? '' : ' (too few samples)';
    return [`p${percent} ${formatNumber(reading.value)} ms${doubt}`];
  });
  return `${loadText(step)}: ${figures.join(', ')}`;
}

const baseLine = (yPx: number, [fromPx = 0, toPx = 0]: readonly number[]): string =>
  element('line', { x1: fromPx, x2: toPx, y1: yPx, y2: yPx, ...stroked('grid') });

function logScale(rows: readonly Row[], fromPx: number, toPx: number): Scale & { isLog: true } {
  const at = (percent: number): number[] => rows.map(({ histogram }) => quantileMs(histogram, percent));
  const low = Math.max(Math.min(...at(TAIL_PERCENT)) * 0.85, Math.min(...at(50)) / LOWEST_OF_MEDIAN);
  const high = Math.max(...at(100 - TAIL_PERCENT)) * 1.15;
  const scale = scaleLog().domain([low, high]).range([fromPx, toPx]).clamp(true);
  return Object.assign(scale, { isLog: true as const });
}

/**
 * How one latency metric is spread, a row per step over one logarithmic axis: the outline is the share of samples, the
 * strokes p50, p95 and p99, dashed where too few samples stand behind them. Undefined when the metric was not observed.
 */
export function distributionChart(
  { result, steps }: ResultReading,
  id: string,
  metric: HistogramMetricId,
): string | undefined {
  const observed = pickSteps(
    steps
      .filter((step) => (step.histograms.get(metric)?.count ?? 0) > 0)
      .toSorted((a, b) => a.offeredPerS - b.offeredPerS),
    MAX_ROWS,
  );
  if (observed.length === 0) return undefined;
  const name = METRICS[metric].label;
  const draft = layOut({
    ...HALF_FRAME,
    leftPx: LABEL_PX,
    rightPx: RIGHT_PX,
    id,
    title: `${capitalised(name)}, distribution`,
    description: `Share of samples over a logarithmic axis, one row per step. ${observed.map((step) => describeRow(step, metric)).join('. ')}.`,
    simulated: result.target.simulated,
    legend: [
      ...MARKS.map(({ percent, ink }) => ({ text: `p${percent}`, ink, mark: 'line' as const })),
      { text: 'dashed: too few samples', ink: 'quiet', mark: 'dash' },
    ],
  });
  const bottomPx = draft.topPx + observed.length * ROW_PX + 2;
  const frame = { ...draft, bottomPx, heightPx: bottomPx + 40 };
  const rows = observed.flatMap((step, index): Row[] => {
    const histogram = step.histograms.get(metric);
    return histogram === undefined ? [] : [{ step, histogram, baseYPx: frame.topPx + (index + 1) * ROW_PX }];
  });
  const x = logScale(rows, frame.leftPx, frame.widthPx - frame.rightPx);
  return drawFrame(
    frame,
    ...drawXAxis(frame, x, { ticks: ticksOf(x, 6), title: 'ms, logarithmic' }),
    ...rows.flatMap((row) => [
      drawRidge(row, x),
      baseLine(row.baseYPx, x.range()),
      ...drawMarks(row, metric, x),
      label(loadText(row.step), {
        x: LABEL_PX - 8,
        y: row.baseYPx - 3,
        'text-anchor': 'end',
        'font-size': 11,
        ...filled('quiet'),
      }),
    ]),
  );
}
