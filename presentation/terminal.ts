import type { Diagnostic } from '../vocabulary/diagnostics.ts';
import { unwrap } from '../vocabulary/errors.ts';
import { type HistogramMetricId, METRICS } from '../vocabulary/metrics.ts';
import type { PlanFile, PlanMeasurement, PlannedMode } from '../vocabulary/plan-file.ts';
import type { ResultFile } from '../vocabulary/result-file.ts';
import { allowedRatioOf, formatSlo } from '../vocabulary/slo.ts';
import { allDiagnostics, groupDiagnostics } from './diagnostics-text.ts';
import { singleLine } from './escape.ts';
import {
  ABSENT,
  formatCount,
  formatNumber,
  formatRatio,
  formatReading,
  formatUsd,
  formatUsdInterval,
} from './numbers.ts';
import { basisOfMode } from './plan-reading.ts';
import {
  firstTokenMetric,
  formatLoad,
  formatVerdict,
  latencyMetric,
  readPercentile,
  readResult,
  type StepReading,
} from './step-reading.ts';
import { formatTextTable, type TextColumn, wrapText } from './text-table.ts';

/** Widest line of any terminal table here, in characters. */
export const TERMINAL_CHARS = 100;

/** Simulated is shouted, the rest is said. */
const basisWord = (basis: string): string => (basis === 'simulated' ? 'SIMULATED' : basis);

/** More than this under one code are counted, not listed: the report has them all. */
const MAX_SAID = 2;

function diagnosticLines(diagnostics: readonly Diagnostic[]): string[] {
  return groupDiagnostics(diagnostics)
    .filter(({ severity }) => severity !== 'info')
    .flatMap(({ code, severity, meaning, said }) =>
      said.length > MAX_SAID
        ? [`${severity} ${code}: ${meaning} ${said.length} cases, all in the report; first ${said[0]}`]
        : said.map((words) => `${severity} ${code}: ${words}`),
    )
    .flatMap((text) =>
      wrapText(text, TERMINAL_CHARS - 2).map((line, index) => (index === 0 ? line : `  ${line}`)),
    );
}

const CAPACITY_COLUMNS: readonly TextColumn[] = [
  { title: 'target', maxChars: 30 },
  { title: 'engine', maxChars: 12 },
  { title: 'turns/s at the SLO', align: 'right', maxChars: 40 },
  { title: 'basis', maxChars: 10 },
];

const capacityRow = (measurement: PlanMeasurement): string[] => [
  measurement.target,
  measurement.engine,
  measurement.capacityTurnsPerS === undefined
    ? `none: ${measurement.refusal ?? 'not determined'}`
    : formatNumber(measurement.capacityTurnsPerS),
  basisWord(measurement.simulated ? 'simulated' : 'measured'),
];

const MODE_COLUMNS: readonly TextColumn[] = [
  { title: 'mode', maxChars: 17 },
  { title: 'instances', maxChars: 18 },
  { title: 'binding constraint', maxChars: 22 },
  { title: 'USD/interaction', align: 'right', maxChars: 24 },
  { title: 'basis', maxChars: 9 },
];

const instancesText = (mode: PlannedMode): string =>
  mode.tiers.map((tier) => `${tier.replicas} ${tier.tier}`).join(', ');

function modeRow(mode: PlanFile['modes'][number]): string[] {
  if (mode.kind === 'refused') return [mode.mode, 'no plan', mode.reason, ABSENT, 'refused'];
  return [
    mode.mode,
    instancesText(mode),
    mode.bindingConstraint,
    formatUsdInterval(mode.usdPerInteraction.ai),
    basisWord(basisOfMode(mode)),
  ];
}

function peopleLine(plan: PlanFile): string[] {
  const rows = plan.modes.flatMap((mode) =>
    mode.kind === 'planned' && mode.usdPerInteraction.blended.p50 !== mode.usdPerInteraction.ai.p50
      ? [
          `${mode.mode} ${formatUsd(mode.usdPerInteraction.blended.p50)} (${formatUsd(mode.usdPerInteraction.resolved.p50)})`,
        ]
      : [],
  );
  return rows.length === 0
    ? []
    : wrapText(
        `With escalations to people, per interaction (per contact resolved): ${rows.join(', ')}.`,
        TERMINAL_CHARS,
      );
}

/** Rates that would say most about where the capacity lies, where the plan proposes some. */
function nextLine({ measurements }: PlanFile): string[] {
  const rows = measurements.flatMap(({ target, nextTurnsPerS = [] }) =>
    nextTurnsPerS.length === 0
      ? []
      : [`${target} at ${nextTurnsPerS.map(formatNumber).join(' and ')} turns/s`],
  );
  return rows.length === 0
    ? []
    : wrapText(`To know the capacity better, measure next: ${rows.join('; ')}.`, TERMINAL_CHARS);
}

/** How likely the busy hour misses an objective, all up and after the planned losses. */
function riskLine(plan: PlanFile): string[] {
  const rows = plan.modes.flatMap((mode) => {
    const risk = mode.kind === 'planned' ? mode.uncertainty?.missProbability : undefined;
    return risk === undefined
      ? []
      : [`${mode.mode} ${formatRatio(risk.allUp)} (${formatRatio(risk.afterLosses)})`];
  });
  return rows.length === 0
    ? []
    : wrapText(
        `Probability that the busy hour misses an objective (after the planned losses): ${rows.join(', ')}.`,
        TERMINAL_CHARS,
      );
}

/** Volumes at which the cheapest mode changes. */
function breakEvenLines({ breakEven }: PlanFile): string[] {
  const crossings = (breakEven?.modes.crossings ?? []).filter(
    ({ onEnvelope, lasting }) => onEnvelope && lasting,
  );
  return crossings.flatMap(({ sentence }) => wrapText(sentence, TERMINAL_CHARS));
}

/**
 * The short answer, without colour and at most 100 columns: doubts first, then what was measured, then per mode the
 * instances, the binding constraint and the machine cost per interaction as P50 [P10–P90]. Refused modes say why.
 */
export function formatAnswerTable(plan: PlanFile, results: readonly ResultFile[]): string {
  const { demand } = plan;
  const asked = `${formatCount(demand.interactionsPerDay)} interactions/day, busy hour ${formatNumber(
    demand.busyHourInteractionsPerS,
  )} interactions/s = ${formatNumber(demand.busyHourTurnsPerS)} turns/s`;
  const doubts = diagnosticLines(allDiagnostics(results, plan));
  return [
    ...wrapText(asked, TERMINAL_CHARS),
    ...wrapText(`objectives: ${plan.slos.map(formatSlo).join(', ') || 'none'}`, TERMINAL_CHARS),
    '',
    ...doubts,
    ...(doubts.length === 0 ? [] : ['']),
    formatTextTable(CAPACITY_COLUMNS, plan.measurements.map(capacityRow)),
    ...nextLine(plan),
    '',
    formatTextTable(MODE_COLUMNS, plan.modes.map(modeRow)),
    '',
    'USD/interaction is the machine only: P50 [P10–P90].',
    ...peopleLine(plan),
    ...riskLine(plan),
    ...breakEvenLines(plan),
  ].join('\n');
}

const STEP_COLUMNS: readonly TextColumn[] = [
  { title: 'step', maxChars: 12 },
  { title: 'asked', align: 'right', maxChars: 16 },
  { title: 'completed/s', align: 'right', maxChars: 11 },
  { title: 'p50 ms', align: 'right', maxChars: 10 },
  { title: 'p95 ms', align: 'right', maxChars: 10 },
  { title: 'TTFT p95', align: 'right', maxChars: 10 },
  { title: 'errors', align: 'right', maxChars: 8 },
  { title: 'verdict', maxChars: 10 },
];

const UNSURE = 'within *';
const UNSURE_NOTE =
  '* within every objective by the numbers, but too few requests to say so at 95 % confidence';

/** Whether the point estimates, whatever their confidence, are within every objective. */
const isWithin = ({ verdicts }: StepReading): boolean =>
  verdicts.every(({ slo, exceedRatio }) => exceedRatio !== undefined && exceedRatio <= allowedRatioOf(slo));

/** A step whose queue grew is no evidence of capacity, whatever its latencies were so far. */
function verdictWord(reading: StepReading, unsteady: ReadonlySet<string | undefined>): string {
  if (reading.verdict !== 'missed' && unsteady.has(reading.step.name)) return 'not steady';
  return reading.verdict === 'not-enough-evidence' && isWithin(reading)
    ? UNSURE
    : formatVerdict(reading.verdict);
}

const unsteadySteps = ({ diagnostics }: ResultFile): ReadonlySet<string | undefined> =>
  new Set(diagnostics.filter(({ code }) => code === 'NOT_STEADY').map(({ subject }) => subject));

interface TableContext {
  readonly unsteady: ReadonlySet<string | undefined>;
  readonly latency: HistogramMetricId;
  readonly firstToken: HistogramMetricId;
}

function stepRow(reading: StepReading, { unsteady, latency, firstToken }: TableContext): string[] {
  return [
    reading.step.name,
    formatLoad(reading.step.load, formatNumber),
    formatNumber(reading.throughputPerS),
    formatReading(readPercentile(reading, latency, 50)),
    formatReading(readPercentile(reading, latency, 95)),
    formatReading(readPercentile(reading, firstToken, 95)),
    reading.errorRatio === undefined ? ABSENT : formatRatio(reading.errorRatio),
    verdictWord(reading, unsteady),
  ];
}

const fromSendNote = (latency: HistogramMetricId): string =>
  `p50 and p95 are ${METRICS[latency].label}: everything counts from the actual send, as no schedule is known`;

/**
 * One line per step: rate asked, completed, turn latency, time to first token, errors, verdict; no colour, at most 100
 * columns. Throws BusyhourError when a histogram of the result is damaged.
 */
export function formatStepTable(result: ResultFile): string {
  const reading = unwrap(readResult(result));
  const { target } = result;
  const what = [target.name, target.model, target.hardware].filter((part) => part !== undefined).join(', ');
  const heading = `${target.simulated ? 'SIMULATED target' : 'target'}: ${singleLine(what)}`;
  const partial = result.state === 'partial' ? ['The run was interrupted: these steps are partial.'] : [];
  const latency = latencyMetric(reading.steps);
  const context = { unsteady: unsteadySteps(result), latency, firstToken: firstTokenMetric(reading.steps) };
  const rows = reading.steps.map((step) => stepRow(step, context));
  return [
    ...wrapText(heading, TERMINAL_CHARS),
    ...partial,
    rows.length === 0 ? 'No step was measured.' : formatTextTable(STEP_COLUMNS, rows),
    ...(rows.some((row) => row.includes(UNSURE)) ? [UNSURE_NOTE] : []),
    ...(latency === 'latencyMs' ? [] : wrapText(fromSendNote(latency), TERMINAL_CHARS)),
  ].join('\n');
}
