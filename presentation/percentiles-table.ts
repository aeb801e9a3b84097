import type { HistogramMetricId } from '../vocabulary/metrics.ts';
import { METRICS } from '../vocabulary/metrics.ts';
import { percentFromRatio } from '../vocabulary/units.ts';
import { type Badge, type Block, type Cell, cell, column, numeric } from './blocks.ts';
import type { FigureInterval, PercentileIntervalOf } from './intervals.ts';
import { ABSENT, formatCount, formatNumber } from './numbers.ts';
import { compactReadingCell, WITHHELD_NOTE } from './reading-cell.ts';
import {
  firstTokenMetric,
  latencyMetric,
  type ResultReading,
  readPercentile,
  type StepReading,
  streamGapMetric,
} from './step-reading.ts';

const PERCENTS = [50, 90, 95, 99, 99.9] as const;

const shown = (reading: ResultReading): HistogramMetricId[] => {
  const gap = streamGapMetric(reading.steps);
  const wanted: HistogramMetricId[] = [
    latencyMetric(reading.steps),
    firstTokenMetric(reading.steps),
    'timePerOutputTokenMs',
    ...(gap === undefined ? [] : [gap]),
    'queueWaitMs',
  ];
  return wanted.filter((metric) => reading.steps.some((step) => step.histograms.has(metric)));
};

/** `507 [490–520]`; the tooltip says how the interval is known. */
function intervalCell(reading: Cell, interval: FigureInterval | undefined): Cell {
  if (interval === undefined || reading.muted) return reading;
  const percent = formatNumber(percentFromRatio(interval.confidence));
  return {
    ...reading,
    text: `${reading.text} [${formatNumber(interval.low)}–${formatNumber(interval.high)}]`,
    hint: `${reading.hint ?? ''}; ${percent} % interval, ${interval.method}`,
  };
}

function row(step: StepReading, metric: HistogramMetricId, intervalOf: PercentileIntervalOf): Cell[] {
  const histogram = step.histograms.get(metric);
  const value = (ms: number | undefined): Cell =>
    ms === undefined ? { text: ABSENT, muted: true } : cell(formatNumber(ms));
  return [
    cell(METRICS[metric].label),
    cell(step.step.name),
    cell(formatCount(histogram?.count ?? 0)),
    value(histogram?.meanMs),
    ...PERCENTS.map((percent) => {
      const reading = readPercentile(step, metric, percent);
      const interval = reading.kind === 'certified' ? intervalOf(step.step, metric, percent) : undefined;
      return intervalCell(compactReadingCell(reading), interval);
    }),
    value(histogram?.maxMs),
  ];
}

/** Every latency of every step with its sample count; a percentile that too few samples certify says how many it needs. */
export function percentilesTable(
  reading: ResultReading,
  badge: Badge,
  intervalOf: PercentileIntervalOf = () => undefined,
): Block[] {
  const metrics = shown(reading);
  if (metrics.length === 0) return [];
  const rows = metrics.flatMap((metric) => reading.steps.map((step) => row(step, metric, intervalOf)));
  const withIntervals = rows.some((cells) => cells.some(({ text }) => text.includes(' [')));
  return [
    {
      kind: 'table',
      caption: `Latencies in ms with their sample counts${withIntervals ? ' and 95 % intervals in brackets' : ''}; ${WITHHELD_NOTE}`,
      badge,
      dense: true,
      columns: [
        column('figure'),
        column('step'),
        numeric('n'),
        numeric('mean'),
        ...PERCENTS.map((percent) => numeric(`p${percent}`)),
        numeric('max'),
      ],
      rows,
    },
  ];
}
