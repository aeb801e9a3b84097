import type { HistogramMetricId } from '../vocabulary/metrics.ts';
import { METRICS } from '../vocabulary/metrics.ts';
import type { ResultFile } from '../vocabulary/result-file.ts';
import { formatSlo, type SloVerdict } from '../vocabulary/slo.ts';
import { actionsTable } from './actions-table.ts';
import {
  type Badge,
  type Block,
  basisBadge,
  type Cell,
  type Chart,
  cell,
  column,
  numeric,
  paragraph,
  type Section,
} from './blocks.ts';
import { distributionChart } from './charts/distribution.ts';
import { goodputChart } from './charts/goodput.ts';
import { latencyChart } from './charts/latency.ts';
import { percentileChart } from './charts/percentiles.ts';
import { timelineChart } from './charts/timeline.ts';
import { compatibilityBlocks } from './compatibility-section.ts';
import { errorsTable } from './errors-table.ts';
import { generatorTable, serverTable } from './health-tables.ts';
import type { PercentileIntervalOf } from './intervals.ts';
import { microTable } from './micro-table.ts';
import { ABSENT, formatCount, formatNumber, formatRatio } from './numbers.ts';
import { percentilesTable } from './percentiles-table.ts';
import { compactReadingCell, WITHHELD_NOTE } from './reading-cell.ts';
import {
  firstTokenMetric,
  formatLoad,
  formatVerdict,
  latencyMetric,
  type ResultReading,
  readPercentile,
  type StepReading,
  type StepVerdict,
  streamGapMetric,
} from './step-reading.ts';
import { summariesTable } from './summaries-table.ts';
import { tokensTable } from './tokens-table.ts';

const VERDICT_BADGE = {
  met: 'good',
  missed: 'bad',
  'not-enough-evidence': 'unsure',
  'no-objective': 'unsure',
} as const satisfies Record<StepVerdict, Badge['kind']>;

const verdictCell = (verdict: StepVerdict): Cell => ({
  text: '',
  badge: { kind: VERDICT_BADGE[verdict], text: formatVerdict(verdict) },
});

const percentileCell = (reading: StepReading, metric: HistogramMetricId, percent: number): Cell =>
  compactReadingCell(readPercentile(reading, metric, percent));

/** Which metrics stand for latency, first token and gaps in one run's tables and charts. */
interface ShownMetrics {
  readonly latency: HistogramMetricId;
  readonly firstToken: HistogramMetricId;
  readonly gap: HistogramMetricId | undefined;
}

const shownMetrics = ({ steps }: ResultReading): ShownMetrics => ({
  latency: latencyMetric(steps),
  firstToken: firstTokenMetric(steps),
  gap: streamGapMetric(steps),
});

function stepRow(reading: StepReading, { latency, firstToken, gap }: ShownMetrics): Cell[] {
  return [
    cell(reading.step.name),
    cell(formatLoad(reading.step.load, formatNumber)),
    cell(formatNumber(reading.throughputPerS)),
    cell(formatNumber(reading.goodputPerS)),
    ...[50, 95, 99].map((percent) => percentileCell(reading, latency, percent)),
    percentileCell(reading, firstToken, 95),
    ...(gap === undefined ? [] : [percentileCell(reading, gap, 95)]),
    reading.errorRatio === undefined
      ? { text: ABSENT, muted: true }
      : { text: formatRatio(reading.errorRatio), hint: `n=${formatCount(reading.step.counts.offered)}` },
    cell(formatNumber(reading.step.inFlight.mean)),
    verdictCell(reading.verdict),
  ];
}

const FROM_SCHEDULE = 'Latency and time to first token count from the scheduled instant';
const FROM_SEND = 'Latency and time to first token count from the actual send, as no schedule is known';

function stepsTable(reading: ResultReading, badge: Badge): Block {
  const metrics = shownMetrics(reading);
  const { latency, firstToken, gap } = metrics;
  const latencyWords = latency === 'latencyMs' ? 'latency' : METRICS[latency].label;
  return {
    kind: 'table',
    caption: `Steps. ${latency === 'latencyMs' ? FROM_SCHEDULE : FROM_SEND}; ${WITHHELD_NOTE}`,
    badge,
    columns: [
      column('step'),
      numeric('asked'),
      numeric('completed/s'),
      numeric('good/s'),
      ...['p50', 'p95', 'p99'].map((percentile) => numeric(`${latencyWords} ${percentile} ms`)),
      numeric(`${firstToken === 'timeToFirstTokenMs' ? '' : 'wire '}TTFT p95 ms`),
      ...(gap === undefined ? [] : [numeric(`${METRICS[gap].label} p95 ms`)]),
      numeric('errors'),
      numeric('in flight'),
      column('verdict'),
    ],
    rows: reading.steps.map((step) => stepRow(step, metrics)),
  };
}

function verdictShareCell(verdict: SloVerdict): Cell {
  const share = verdict.exceedRatio;
  return {
    text: share === undefined ? ABSENT : formatRatio(share),
    hint: `of ${formatCount(verdict.samples)} requests`,
    badge: { kind: VERDICT_BADGE[verdict.kind], text: formatVerdict(verdict.kind) },
  };
}

const verdictsTable = (reading: ResultReading, badge: Badge): Block => ({
  kind: 'table',
  caption:
    'Share of requests past each objective, with the verdict at 95 % confidence (exact binomial bounds); timed-out and dropped requests exceed any limit',
  badge,
  columns: [column('step'), ...reading.result.slos.map((slo) => column(formatSlo(slo)))],
  rows: reading.steps.map((step) => [cell(step.step.name), ...step.verdicts.map(verdictShareCell)]),
});

/** What the reader must know before the charts: at what rate the objective was still met. */
export interface ResultContext {
  readonly capacityTurnsPerS: number | undefined;
  /** Unique on the page; prefixes the ids inside its charts. */
  readonly id: string;
  /** Absent: percentiles stand without intervals. */
  readonly intervalOf?: PercentileIntervalOf | undefined;
}

function curveCharts(reading: ResultReading, { id, capacityTurnsPerS }: ResultContext): Chart[] {
  const { latency, firstToken, gap } = shownMetrics(reading);
  const several = reading.steps.length > 1;
  const drawn = [
    several ? latencyChart(reading, `${id}-latency`, latency) : undefined,
    several ? goodputChart(reading, `${id}-goodput`, capacityTurnsPerS) : undefined,
    percentileChart(reading, `${id}-ttft`, firstToken),
    gap === undefined
      ? percentileChart(reading, `${id}-curve`, latency)
      : percentileChart(reading, `${id}-gap`, gap),
    distributionChart(reading, `${id}-spread`, firstToken),
    distributionChart(reading, `${id}-spread-gap`, gap ?? latency),
  ];
  return drawn
    .filter((svg) => svg !== undefined)
    .map((svg): Chart => ({ kind: 'chart', svg, width: 'half' }));
}

const VARIANT_WORDS: Readonly<Record<string, string>> = {
  a: 'Variant a, the baseline',
  b: 'Variant b, the candidate',
};

/** Curves of all steps, or of each variant by itself where two were compared; then the timeline of the whole run. */
function charts(reading: ResultReading, context: ResultContext): Block[] {
  const variants = Map.groupBy(reading.steps, ({ step }) => step.variant ?? '');
  const timeline = timelineChart(reading, `${context.id}-timeline`);
  const curves =
    variants.size < 2
      ? curveCharts(reading, context)
      : [...variants].flatMap(([variant, steps], index): Block[] => [
          { kind: 'heading', text: VARIANT_WORDS[variant] ?? `Variant ${variant}` },
          ...curveCharts({ ...reading, steps }, { ...context, id: `${context.id}-v${index + 1}` }),
        ]);
  return timeline === undefined ? curves : [...curves, { kind: 'chart', svg: timeline, width: 'full' }];
}

function targetText({ result }: ResultReading): string {
  const { target, engine, shard } = result;
  const parts = [
    target.model === undefined ? undefined : `Model ${target.model}`,
    `engine ${target.engine}`,
    target.hardware,
    `${target.replicas} ${target.replicas === 1 ? 'replica' : 'replicas'}`,
    target.protocol,
    engine === undefined || engine === 'native' ? undefined : `load by ${engine}`,
    shard === undefined ? undefined : `shard ${shard.index + 1} of ${shard.count}`,
  ];
  const basis = target.simulated
    ? 'The engine is SIMULATED: these figures describe a model of such hardware, none was measured.'
    : 'Measured.';
  return `${parts.filter((part) => part !== undefined).join(', ')}. ${basis}`;
}

/** Which other tool took the measurement, and how its definitions differ. */
function importedBlocks({ importedFrom }: ResultFile): Block[] {
  if (importedFrom === undefined) return [];
  const { tool, version, notes } = importedFrom;
  const words = `Measured by ${tool}${version === undefined ? '' : ` ${version}`}, not by busyhour.`;
  return [paragraph(words), ...notes.map(paragraph)];
}

/** What the steps say, table by table. Nothing for a run of hot paths, which has none. */
function stepBlocks(reading: ResultReading, context: ResultContext, badge: Badge): Block[] {
  if (reading.steps.length === 0) return [];
  return [
    ...charts(reading, context),
    stepsTable(reading, badge),
    ...(reading.result.slos.length === 0 ? [] : [verdictsTable(reading, badge)]),
    ...percentilesTable(reading, badge, context.intervalOf),
    ...summariesTable(reading, badge),
    ...actionsTable(reading.result),
    ...errorsTable(reading),
    ...tokensTable(reading, badge),
    ...serverTable(reading, badge),
    generatorTable(reading),
    ...compatibilityBlocks(reading),
  ];
}

/** One target: charts, steps, verdicts, latencies, what failed, and how the generator fared. */
export function resultSection(reading: ResultReading, context: ResultContext): Section {
  const { target, state } = reading.result;
  const badge = basisBadge(target.simulated ? 'simulated' : 'measured');
  return {
    id: context.id,
    title: `Under load: ${target.name}${target.simulated ? ' (SIMULATED)' : ''}`,
    blocks: [
      paragraph(targetText(reading)),
      ...importedBlocks(reading.result),
      ...(state === 'partial'
        ? [paragraph('The run was interrupted: what follows covers the part that ran.')]
        : []),
      ...stepBlocks(reading, context, badge),
      ...microTable(reading.result),
    ],
  };
}
