import { mibFromBytes } from '../vocabulary/units.ts';
import { type Badge, type Block, type Cell, cell, column, numeric } from './blocks.ts';
import { ABSENT, formatCount, formatNumber, formatRatio } from './numbers.ts';
import { compactReadingCell } from './reading-cell.ts';
import { type ResultReading, readPercentile, type StepReading } from './step-reading.ts';

const mib = (bytes: number): string => `${formatCount(mibFromBytes(bytes))} MiB`;

function healthCell({ result }: ResultReading, { step, histograms }: StepReading): Cell {
  const saturated = result.diagnostics.some(
    ({ code, subject }) => code === 'GENERATOR_SATURATED' && (subject === undefined || subject === step.name),
  );
  if (saturated) return { text: '', badge: { kind: 'bad', text: 'saturated' } };
  if (histograms.has('scheduleSlipMs'))
    return { text: '', badge: { kind: 'good', text: 'kept its schedule' } };
  // Without a schedule there is none to keep; whoever watched its event loop can still say that it was not the limit.
  return step.generator?.eventLoopUtilisation === undefined
    ? { text: '', badge: { kind: 'unsure', text: 'unknown' } }
    : { text: '', badge: { kind: 'good', text: 'not saturated' } };
}

/** Absent is said in words: a zero would claim that somebody looked. */
const NOT_REPORTED: Cell = { text: 'not reported', muted: true };

function useCell(value: number | undefined, format: (value: number) => string): Cell {
  return value === undefined ? NOT_REPORTED : cell(format(value));
}

function generatorRow(reading: ResultReading, step: StepReading): Cell[] {
  const { generator } = step.step;
  const slipMaxMs = step.histograms.get('scheduleSlipMs')?.maxMs;
  return [
    cell(step.step.name),
    compactReadingCell(readPercentile(step, 'scheduleSlipMs', 50)),
    compactReadingCell(readPercentile(step, 'scheduleSlipMs', 99)),
    slipMaxMs === undefined ? { text: ABSENT, muted: true } : cell(formatNumber(slipMaxMs)),
    useCell(generator?.eventLoopUtilisation, formatRatio),
    useCell(generator?.eventLoopDelayP99Ms, formatNumber),
    useCell(generator?.gcPauseTotalMs, formatNumber),
    useCell(generator?.cpuCores, formatNumber),
    useCell(generator?.maxRssBytes, mib),
    healthCell(reading, step),
  ];
}

/** How the generator itself fared: a generator that lags measures its own lag. */
export const generatorTable = (reading: ResultReading): Block => ({
  kind: 'table',
  caption:
    'The generator’s own health. Slip is the actual send − the scheduled instant, and is in every latency.',
  dense: true,
  columns: [
    column('step'),
    numeric('slip p50 ms'),
    numeric('slip p99 ms'),
    numeric('slip max ms'),
    numeric('event loop busy'),
    numeric('loop delay p99 ms'),
    numeric('GC pauses ms'),
    numeric('CPU cores'),
    numeric('memory'),
    column('verdict'),
  ],
  rows: reading.steps.map((step) => generatorRow(reading, step)),
});

type Server = NonNullable<StepReading['step']['server']>;

const stageCells = ({ stages }: Server): [string, string, string][] =>
  Object.entries(stages)
    .filter(([, stage]) => stage.count > 0)
    .map(([name, { count, sumMs }]) => [
      `${name}, mean ms`,
      formatNumber(sumMs / count),
      `${formatCount(count)} requests`,
    ]);

const gaugeCells = ({ gauges }: Server): [string, string, string][] =>
  Object.entries(gauges).map(([name, { samples, mean, max }]) => [
    `${name}, mean`,
    formatNumber(mean),
    `max ${formatNumber(max)}, ${formatCount(samples)} samples`,
  ]);

const resourceCells = ({ resources }: Server): [string, string, string][] =>
  resources.map(({ process, cpuCores, maxRssBytes, eventLoopUtilisation }) => [
    `${process}, CPU cores`,
    formatNumber(cpuCores),
    [
      mib(maxRssBytes),
      ...(eventLoopUtilisation === undefined ? [] : [`event loop ${formatRatio(eventLoopUtilisation)} busy`]),
    ].join(', '),
  ]);

/** What the target's own processes said during each step; nothing where none was read. */
export function serverTable({ steps }: ResultReading, badge: Badge): Block[] {
  const rows = steps.flatMap(({ step }) =>
    step.server === undefined
      ? []
      : [...stageCells(step.server), ...gaugeCells(step.server), ...resourceCells(step.server)].map(
          (cells) => [cell(step.name), ...cells.map(cell)],
        ),
  );
  if (rows.length === 0) return [];
  return [
    {
      kind: 'table',
      caption: 'What the target’s own processes reported, read during each step',
      badge,
      columns: [column('step'), column('figure'), numeric('value'), column('from')],
      rows,
    },
  ];
}
