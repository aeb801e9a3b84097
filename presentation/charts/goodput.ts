import { line as pathLine, symbol, symbolCircle, symbolSquare } from 'd3-shape';
import { formatNumber } from '../numbers.ts';
import type { ResultReading, StepReading } from '../step-reading.ts';
import { drawFrame, drawXAxis, drawYAxis, HALF_FRAME, layOut, linearScale, type Scale } from './frame.ts';
import { element, filled, label, stroked, tooltip } from './svg.ts';

const SERIES = [
  {
    name: 'throughput',
    ink: 'p50',
    shape: symbolCircle,
    value: (step: StepReading) => step.throughputPerS,
  },
  { name: 'goodput', ink: 'good', shape: symbolSquare, value: (step: StepReading) => step.goodputPerS },
] as const;

function drawSeries(
  series: (typeof SERIES)[number],
  steps: readonly StepReading[],
  x: Scale,
  y: Scale,
): string[] {
  const path = pathLine<StepReading>(
    (step) => x(step.offeredPerS),
    (step) => y(series.value(step)),
  );
  return [
    element('path', { d: path([...steps]) ?? '', 'stroke-width': 2, ...stroked(series.ink) }),
    ...steps.map((step) =>
      element(
        'path',
        {
          d: symbol(series.shape, 46)() ?? '',
          transform: `translate(${x(step.offeredPerS).toFixed(2)} ${y(series.value(step)).toFixed(2)})`,
          ...filled(series.ink),
        },
        tooltip(
          `${series.name} ${formatNumber(series.value(step))} turns/s at ${formatNumber(step.offeredPerS)} offered`,
        ),
      ),
    ),
  ];
}

function capacityMark(capacityPerS: number, x: Scale, y: Scale): string[] {
  const [bottomPx = 0, topPx = 0] = y.range();
  const [, rightPx = 0] = x.range();
  const atPx = x(capacityPerS);
  if (atPx > rightPx) return [];
  const words = `capacity ${formatNumber(capacityPerS)} turns/s`;
  const onLeft = atPx > rightPx / 2;
  return [
    element('line', {
      x1: atPx,
      x2: atPx,
      y1: bottomPx,
      y2: topPx,
      'stroke-width': 1.4,
      'stroke-dasharray': '7 4',
      ...stroked('limit'),
    }),
    label(words, {
      x: atPx + (onLeft ? -6 : 6),
      y: topPx + 9,
      'text-anchor': onLeft ? 'end' : 'start',
      'font-size': 11,
      'font-weight': 600,
      ...filled('limit'),
    }),
  ];
}

/** Throughput and goodput against the offered rate, with offered = completed and the capacity at the objective. */
export function goodputChart(
  { result, steps }: ResultReading,
  id: string,
  capacityPerS: number | undefined,
): string {
  const sorted = [...steps].sort((a, b) => a.offeredPerS - b.offeredPerS);
  const frame = layOut({
    ...HALF_FRAME,
    id,
    title: 'Goodput against load',
    description: sorted
      .map(
        (step) =>
          `Offered ${formatNumber(step.offeredPerS)} turns/s: completed ${formatNumber(step.throughputPerS)}, within the objectives ${formatNumber(step.goodputPerS)}`,
      )
      .join('. '),
    simulated: result.target.simulated,
    legend: [
      { text: 'throughput', ink: 'p50', mark: 'line' },
      { text: 'goodput', ink: 'good', mark: 'line' },
      { text: 'all that was offered', ink: 'quiet', mark: 'dash' },
    ],
  });
  const max = Math.max(...sorted.map((step) => step.offeredPerS));
  const x = linearScale(max, frame.leftPx, frame.widthPx - frame.rightPx);
  const y = linearScale(max, frame.bottomPx, frame.topPx);
  return drawFrame(
    frame,
    ...drawYAxis(frame, y, { ticks: y.ticks(5), title: 'turns/s' }),
    ...drawXAxis(frame, x, { ticks: x.ticks(6), title: 'offered turns/s' }),
    element('line', {
      x1: x(0),
      y1: y(0),
      x2: x(max),
      y2: y(max),
      'stroke-width': 1.4,
      'stroke-dasharray': '4 4',
      ...stroked('quiet'),
    }),
    ...(capacityPerS === undefined ? [] : capacityMark(capacityPerS, x, y)),
    ...SERIES.flatMap((series) => drawSeries(series, sorted, x, y)),
  );
}
