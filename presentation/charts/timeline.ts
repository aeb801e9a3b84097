import { area, curveStepAfter, line as pathLine } from 'd3-shape';
import { MS_PER_S, sFromMs } from '../../vocabulary/units.ts';
import { formatCount, formatNumber } from '../numbers.ts';
import type { ResultReading } from '../step-reading.ts';
import {
  drawFrame,
  drawXAxis,
  drawYAxis,
  type Frame,
  FULL_FRAME,
  layOut,
  linearScale,
  type Scale,
} from './frame.ts';
import { element, filled, label, stroked, tooltip } from './svg.ts';

interface Bin {
  readonly atMs: number;
  /** False between steps, where nothing is counted. */
  readonly recorded: boolean;
  /** Per second, averaged over the bin. */
  readonly offered: number;
  readonly completed: number;
  readonly unsuccessful: number;
}

const MAX_BINS = 320;

type Second = ResultReading['result']['steps'][number]['timeline'][number];

/** Seconds of the whole run on one axis, averaged over bins of whole seconds so that at most 320 are drawn. */
export function binTimeline(seconds: readonly Second[]): { bins: Bin[]; binMs: number } {
  const sorted = [...seconds].sort((a, b) => a.atMs - b.atMs);
  const startMs = sorted[0]?.atMs ?? 0;
  const spanMs = (sorted.at(-1)?.atMs ?? 0) - startMs + MS_PER_S;
  const binS = Math.max(1, Math.ceil(sFromMs(spanMs) / MAX_BINS));
  const groups = Map.groupBy(sorted, (second) => Math.floor(sFromMs(second.atMs - startMs) / binS));
  const bins = Array.from({ length: Math.ceil(sFromMs(spanMs) / binS) }, (_, index): Bin => {
    const members = groups.get(index) ?? [];
    const mean = (pick: (second: Second) => number): number =>
      members.reduce((sum, second) => sum + pick(second), 0) / binS;
    return {
      atMs: startMs + index * binS * MS_PER_S,
      recorded: members.length > 0,
      offered: mean((second) => second.offered),
      completed: mean((second) => second.completed),
      unsuccessful: mean((second) => second.unsuccessful),
    };
  });
  return { bins, binMs: binS * MS_PER_S };
}

function stepMarks({ result }: ResultReading, frame: Frame, x: Scale): string[] {
  let freeFromPx = Number.NEGATIVE_INFINITY;
  return result.steps.flatMap((step) => {
    const atPx = x(sFromMs(step.startedAtMs));
    const marks = [
      element('line', {
        x1: atPx,
        x2: atPx,
        y1: frame.topPx,
        y2: frame.bottomPx,
        'stroke-dasharray': '1 3',
        ...stroked('quiet'),
      }),
    ];
    if (atPx < freeFromPx) return marks;
    freeFromPx = atPx + step.name.length * 6.5 + 12;
    return [
      ...marks,
      label(step.name, { x: atPx + 4, y: frame.topPx - 2, 'font-size': 10.5, ...filled('quiet') }),
    ];
  });
}

/** What was done to the target: a band while it lasted, named at its foot. */
function actionMarks({ result }: ResultReading, frame: Frame, x: Scale): string[] {
  let freeFromPx = Number.NEGATIVE_INFINITY;
  return (result.actions ?? []).flatMap((action) => {
    const words = `${action.kind} of ${action.target}${action.state === 'failed' ? ' (failed)' : ''}`;
    const fromPx = within(frame, x(sFromMs(action.startedAtMs)));
    const toPx = within(frame, x(sFromMs(action.endedAtMs)));
    const band = element(
      'rect',
      {
        x: fromPx,
        y: frame.topPx,
        width: Math.max(2, toPx - fromPx),
        height: frame.bottomPx - frame.topPx,
        'fill-opacity': 0.16,
        ...filled('limit'),
      },
      tooltip(words),
    );
    if (fromPx < freeFromPx) return [band];
    const widthPx = words.length * 6.5 + 12;
    const onLeft = fromPx + widthPx > frame.widthPx - frame.rightPx;
    freeFromPx = fromPx + (onLeft ? 0 : widthPx);
    return [
      band,
      label(words, {
        x: onLeft ? fromPx - 4 : fromPx + 4,
        y: frame.topPx + 12,
        'text-anchor': onLeft ? 'end' : 'start',
        'font-size': 10.5,
        'font-weight': 600,
        ...filled('limit'),
      }),
    ];
  });
}

const within = (frame: Frame, px: number): number =>
  Math.min(frame.widthPx - frame.rightPx, Math.max(frame.leftPx, px));

/** A step line per run of recorded bins, closed at the end of its last bin; nothing is drawn between steps. */
function recordedRuns(bins: readonly Bin[], binMs: number): Bin[][] {
  const runs: Bin[][] = [];
  for (const [index, bin] of bins.entries()) {
    if (!bin.recorded) continue;
    const run = bins[index - 1]?.recorded ? runs.at(-1) : undefined;
    if (run === undefined) runs.push([bin]);
    else run.push(bin);
  }
  return runs.map((run) => {
    const last = run.at(-1);
    return last === undefined ? run : [...run, { ...last, atMs: last.atMs + binMs }];
  });
}

function drawBins(bins: readonly Bin[], binMs: number, x: Scale, y: Scale): string[] {
  const at = (bin: Bin): number => x(sFromMs(bin.atMs));
  const offered = area<Bin>(at, y(0), (bin) => y(bin.offered)).curve(curveStepAfter);
  const completed = pathLine<Bin>(at, (bin) => y(bin.completed)).curve(curveStepAfter);
  const widthPx = Math.max(1, x(sFromMs(binMs)) - x(0) - 0.5);
  const runs = recordedRuns(bins, binMs);
  return [
    ...runs.map((run) => element('path', { d: offered(run) ?? '', ...filled('offered') })),
    ...runs.map((run) =>
      element('path', { d: completed(run) ?? '', 'stroke-width': 1.6, ...stroked('p50') }),
    ),
    ...bins
      .filter((bin) => bin.unsuccessful > 0)
      .map((bin) =>
        element(
          'rect',
          {
            x: at(bin),
            y: y(bin.unsuccessful),
            width: widthPx,
            height: y(0) - y(bin.unsuccessful),
            ...filled('bad'),
          },
          tooltip(
            `${formatNumber(bin.unsuccessful)} unsuccessful/s of ${formatNumber(bin.offered)} offered/s`,
          ),
        ),
      ),
  ];
}

/** Requests offered, completed and unsuccessful, per second of their scheduled instant. Undefined without a timeline. */
export function timelineChart(reading: ResultReading, id: string): string | undefined {
  const seconds = reading.result.steps.flatMap((step) => step.timeline);
  if (seconds.length === 0) return undefined;
  const { bins, binMs } = binTimeline(seconds);
  const total = (pick: (second: Second) => number): string =>
    formatCount(seconds.reduce((sum, second) => sum + pick(second), 0));
  const averaged = binMs > MS_PER_S ? `, averaged over ${formatNumber(sFromMs(binMs))} s` : '';
  const frame = layOut({
    ...FULL_FRAME,
    id,
    title: 'Timeline of the run',
    description: `${total((each) => each.offered)} requests offered, ${total((each) => each.completed)} completed, ${total((each) => each.unsuccessful)} unsuccessful, by the second in which they were scheduled${averaged}.`,
    simulated: reading.result.target.simulated,
    legend: [
      { text: 'offered', ink: 'offered', mark: 'box' },
      { text: 'completed', ink: 'p50', mark: 'line' },
      { text: 'unsuccessful: failed, timed out or dropped', ink: 'bad', mark: 'box' },
      ...(reading.result.actions?.length
        ? [{ text: 'scheduled action', ink: 'limit' as const, mark: 'box' as const }]
        : []),
    ],
  });
  // A step's warm-up begins before its first second that counts.
  const startS = sFromMs(
    Math.min(bins[0]?.atMs ?? 0, ...reading.result.steps.map((step) => step.startedAtMs)),
  );
  const endS = sFromMs((bins.at(-1)?.atMs ?? 0) + binMs);
  const x = linearScale(1, frame.leftPx, frame.widthPx - frame.rightPx).domain([startS, endS]);
  const y = linearScale(Math.max(...bins.map((bin) => bin.offered)), frame.bottomPx, frame.topPx);
  return drawFrame(
    frame,
    ...drawYAxis(frame, y, { ticks: y.ticks(4), title: '' }),
    ...drawXAxis(frame, x, {
      ticks: x.ticks(10),
      title: `seconds since the start of the run (requests per second${averaged})`,
    }),
    ...drawBins(bins, binMs, x, y),
    ...actionMarks(reading, frame, x),
    ...stepMarks(reading, frame, x),
  );
}
