import { stringify } from 'csv-stringify/sync';
import { HISTOGRAM_METRIC_IDS, type HistogramMetricId } from '../vocabulary/metrics.ts';
import type { CostLine, PlanFile, PlannedMode, RefusedMode, TierPlan } from '../vocabulary/plan-file.ts';
import { singleLine } from './escape.ts';
import { basisOfTier, interactionsPerMonth } from './plan-reading.ts';
import { formatVerdict, type ResultReading, readPercentile, type StepReading } from './step-reading.ts';

/** Cells of a row by column; one that is undefined stays empty. */
export type Row = Readonly<Record<string, string | number | boolean | undefined>>;

const PLAN_COLUMNS = [
  'mode',
  'kind',
  'item',
  'quantity',
  'unit',
  'usdPerMonth',
  'usdPerInteraction',
  'basis',
  'simulated',
  'source',
  'date',
  'tier',
  'skuId',
] as const;

/** Text cells that a spreadsheet would run as a formula get a leading apostrophe; figures are written as they are. */
export function writeCsv(columns: readonly string[], rows: readonly Row[]): string {
  return stringify(
    rows.map((row) => columns.map((column) => row[column])),
    {
      header: true,
      columns: [...columns],
      cast: {
        string: (text) => guardFormula(singleLine(text)),
        number: (value) => (Number.isFinite(value) ? String(value) : ''),
        boolean: (value) => String(value),
      },
    },
  );
}

/** Characters that make Excel, LibreOffice and Sheets read a cell as a formula (OWASP, CSV injection), wide forms too. */
const FORMULA_START = /^[=+\-@|%\uff1d\uff0b\uff0d\uff20]/;

const guardFormula = (text: string): string => (FORMULA_START.test(text) ? `'${text}` : text);

const tierRow = (mode: PlannedMode, tier: TierPlan): Row => ({
  mode: mode.mode,
  kind: 'tier',
  item: tier.tier,
  quantity: tier.replicas,
  unit: `replicas of ${tier.unit}`,
  basis: basisOfTier(mode, tier),
  simulated: basisOfTier(mode, tier) === 'simulated',
  source: `binding constraint: ${tier.bindingConstraint}`,
  tier: tier.tier,
});

const limitRows = (mode: PlannedMode, tier: TierPlan): Row[] =>
  tier.limits.map(({ name, requiredReplicas, explanation }) => ({
    mode: mode.mode,
    kind: `limit:${name}`,
    item: tier.tier,
    quantity: requiredReplicas,
    unit: 'replicas',
    basis: 'derived',
    simulated: basisOfTier(mode, tier) === 'simulated',
    source: explanation,
    tier: tier.tier,
  }));

/** Latency and availability that the plan predicts. */
function predictedRows(mode: PlannedMode): Row[] {
  const { latency, availabilityRatio } = mode;
  const common = { mode: mode.mode, kind: 'predicted', simulated: mode.simulated };
  const latencies = [
    ['turn p50', latency.turnP50Ms],
    ['turn p95', latency.turnP95Ms],
    ['turn p95 after losses', latency.whenLost?.turnP95Ms],
  ] as const;
  return [
    ...latencies.flatMap(([item, quantity]) =>
      quantity === undefined
        ? []
        : [{ ...common, item, quantity, unit: 'ms', basis: latency.basis, source: latency.explanation }],
    ),
    { ...common, item: 'availability', quantity: availabilityRatio, unit: 'ratio', basis: 'derived' },
  ];
}

const costRow = (mode: PlannedMode, cost: CostLine, interactions: number): Row => ({
  mode: mode.mode,
  kind: `cost:${cost.category}`,
  item: cost.line,
  quantity: cost.quantity,
  unit: cost.unit,
  usdPerMonth: cost.usdPerMonth,
  usdPerInteraction: cost.usdPerMonth / interactions,
  basis: cost.basis,
  simulated: mode.simulated,
  source: cost.source,
  date: cost.date,
  tier: cost.tier,
  skuId: cost.skuId,
});

const COST_VIEWS = ['ai', 'blended', 'resolved'] as const;
const QUANTILES = ['p10', 'p50', 'p90'] as const;

const totalRows = (mode: PlannedMode): Row[] =>
  COST_VIEWS.flatMap((view) =>
    QUANTILES.map((quantile) => ({
      mode: mode.mode,
      kind: `total:${view}`,
      item: quantile,
      usdPerInteraction: mode.usdPerInteraction[view][quantile],
      basis: 'derived',
      simulated: mode.simulated,
    })),
  );

const refusedRow = (mode: RefusedMode): Row => ({
  mode: mode.mode,
  kind: 'refused',
  item: mode.reason,
  source: `lifted by: ${mode.liftedBy}`,
});

/**
 * The plan in long form, one row per fact: `kind` is tier, limit:<name>, predicted, cost:<category>,
 * total:<ai|blended|resolved> or refused.
 * Formula-safe. A cost line's USD per interaction is its month divided by the month's interactions.
 */
export function planCsv(plan: PlanFile): string {
  const interactions = interactionsPerMonth(plan);
  const rows = plan.modes.flatMap((mode) =>
    mode.kind === 'refused'
      ? [refusedRow(mode)]
      : [
          ...mode.tiers.flatMap((tier) => [tierRow(mode, tier), ...limitRows(mode, tier)]),
          ...predictedRows(mode),
          ...mode.costLines.map((cost) => costRow(mode, cost, interactions)),
          ...totalRows(mode),
        ],
  );
  return writeCsv(PLAN_COLUMNS, rows);
}

const PERCENTS = [
  [50, 'P50'],
  [95, 'P95'],
  [99, 'P99'],
] as const;

/** Spans that exist for the definitions of other tools only: they have a file of their own. */
const FOREIGN_ONLY: ReadonlySet<HistogramMetricId> = new Set([
  'wireTimeToLastTokenMs',
  'wireTimePerTokenByTokenMs',
  'timePerOutputTokenByGapMs',
]);
const OWN_METRICS = HISTOGRAM_METRIC_IDS.filter((metric) => !FOREIGN_ONLY.has(metric));

/** `latencyMs` at P95 → `latencyP95Ms`: the unit stays last. */
const percentileColumn = (metric: HistogramMetricId, label: string): string =>
  metric.replace(/Ms$/, `${label}Ms`);

const STEP_COLUMNS = [
  'runId',
  'target',
  'engine',
  'simulated',
  'step',
  'loadKind',
  'concurrency',
  'askedPerS',
  'windowMs',
  'offeredRequests',
  'completedRequests',
  'failedRequests',
  'timedOutRequests',
  'droppedRequests',
  'goodRequests',
  'offeredPerS',
  'throughputPerS',
  'goodputPerS',
  'errorRatio',
  'meanInFlightRequests',
  ...OWN_METRICS.flatMap((metric) => PERCENTS.map(([, label]) => percentileColumn(metric, label))),
  'withheldPercentiles',
  'inputTokens',
  'cachedInputTokens',
  'outputTokens',
  'verdict',
];

function percentileCells(reading: StepReading): Row {
  const cells: Record<string, string | number> = {};
  const withheld: string[] = [];
  for (const metric of OWN_METRICS) {
    for (const [percent, label] of PERCENTS) {
      const read = readPercentile(reading, metric, percent);
      const column = percentileColumn(metric, label);
      if (read.kind === 'certified') cells[column] = read.value;
      if (read.kind === 'withheld') withheld.push(`${column} (n=${read.samples} < ${read.minSamples})`);
    }
  }
  return { ...cells, withheldPercentiles: withheld.join('; ') };
}

function stepRow({ result }: ResultReading, reading: StepReading): Row {
  const { step } = reading;
  return {
    runId: result.runId,
    target: result.target.name,
    engine: result.target.engine,
    simulated: result.target.simulated,
    step: step.name,
    loadKind: step.load.kind,
    concurrency: step.load.kind === 'closed' ? step.load.concurrency : undefined,
    askedPerS: reading.askedPerS,
    windowMs: step.windowMs,
    offeredRequests: step.counts.offered,
    completedRequests: step.counts.completed,
    failedRequests: step.counts.failed,
    timedOutRequests: step.counts.timedOut,
    droppedRequests: step.counts.dropped,
    goodRequests: step.goodRequests,
    offeredPerS: reading.offeredPerS,
    throughputPerS: reading.throughputPerS,
    goodputPerS: reading.goodputPerS,
    errorRatio: reading.errorRatio,
    meanInFlightRequests: step.inFlight.mean,
    ...percentileCells(reading),
    inputTokens: step.tokens.input,
    cachedInputTokens: step.tokens.cachedInput,
    outputTokens: step.tokens.output,
    verdict: formatVerdict(reading.verdict),
  };
}

/** One row per step of every result, the unit in each column's name; percentiles without enough samples stay empty. */
export function resultCsv(readings: readonly ResultReading[]): string {
  return writeCsv(
    STEP_COLUMNS,
    readings.flatMap((reading) => reading.steps.map((step) => stepRow(reading, step))),
  );
}
