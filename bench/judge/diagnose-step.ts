import { createDiagnostic, type Diagnostic } from '../../vocabulary/diagnostics.ts';
import { classifyPercentile } from '../../vocabulary/percentiles.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import type { Slo } from '../../vocabulary/slo.ts';
import { classifySteadiness, histogramOf } from './read-step.ts';
import { diagnoseTrend } from './trend.ts';

/** One doubt about a step, as a sentence; undefined when there is none. */
type Rule = (step: ResultStep, slos: readonly Slo[]) => Diagnostic | undefined;

const SLIP_FLOOR_MS = 5;
const SLIP_SHARE_RATIO = 0.02;
const SLIP_OBJECTIVE_RATIO = 0.05;
const BUSY_LOOP_RATIO = 0.9;
const PERCENT = 100;

const shownMs = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;

const tightestLimitMs = (slos: readonly Slo[]): number =>
  slos.reduce(
    (limitMs, slo) => (slo.kind === 'latency' ? Math.min(limitMs, slo.limitMs) : limitMs),
    Number.POSITIVE_INFINITY,
  );

/**
 * Saturated when slip p99 is above all of 5 ms, 2 % of the median latency and 5 % of the tightest latency objective
 * (it is charged to latency, so below these a verdict can only err on the careful side), or when the event loop is over 90 % busy.
 */
const generatorSaturated: Rule = (step, slos) => {
  const slipMs = histogramOf(step, 'scheduleSlipMs')?.percentileMs(99) ?? 0;
  const medianMs = histogramOf(step, 'latencyMs')?.percentileMs(50) ?? 0;
  const tightestMs = tightestLimitMs(slos);
  const ofObjectiveMs = Number.isFinite(tightestMs) ? SLIP_OBJECTIVE_RATIO * tightestMs : 0;
  const limitMs = Math.max(SLIP_FLOOR_MS, SLIP_SHARE_RATIO * medianMs, ofObjectiveMs);
  const busy = step.generator?.eventLoopUtilisation ?? 0;
  const reasons = [
    ...(slipMs > limitMs ? [`sends were ${shownMs(slipMs)} late at p99 (limit ${shownMs(limitMs)})`] : []),
    ...(busy > BUSY_LOOP_RATIO ? [`its event loop was ${Math.round(busy * PERCENT)} % busy`] : []),
  ];
  if (reasons.length === 0) return undefined;
  return createDiagnostic('GENERATOR_SATURATED', `the generator: ${reasons.join('; ')}`, step.name);
};

const droppedArrivals: Rule = ({ counts, name }) =>
  counts.dropped === 0
    ? undefined
    : createDiagnostic(
        'DROPPED_ARRIVALS',
        `${counts.dropped} of ${counts.offered} scheduled requests were not sent`,
        name,
      );

/** Objectives' percentiles must rest on as many samples as certify them. */
const tooFewSamples: Rule = (step, slos) => {
  const short = slos.flatMap((slo) => {
    if (slo.kind !== 'latency') return [];
    const histogram = histogramOf(step, slo.metric);
    const samples = histogram?.count ?? 0;
    const reading = classifyPercentile(slo.percentile, histogram?.percentileMs(slo.percentile), samples);
    if (reading.kind === 'certified') return [];
    const needed = reading.kind === 'withheld' ? `, ${reading.minSamples} certify it` : '';
    return [`p${slo.percentile} ${slo.metric} rests on ${samples} samples${needed}`];
  });
  return short.length === 0 ? undefined : createDiagnostic('TOO_FEW_SAMPLES', short.join('; '), step.name);
};

const notSteady: Rule = (step) => {
  const steadiness = classifySteadiness(step);
  if (steadiness.kind !== 'rising') return diagnoseTrend(step);
  const { fromInFlight, toInFlight } = steadiness;
  return createDiagnostic(
    'NOT_STEADY',
    `requests in flight rose from ${fromInFlight.toFixed(1)} to ${toInFlight.toFixed(1)} over the window`,
    step.name,
  );
};

const LITTLE_TOLERANCE_RATIO = 0.1;
const LITTLE_MIN_SAMPLES = 30;
const LITTLE_MAX_ERROR_RATIO = 0.01;

/**
 * L = λ·W (Little 1961) with the mean in flight, throughput and mean wire latency. What is in flight at the two edges
 * may differ by the work of one mean number in flight for one mean latency at each; a tenth is allowed on top. Not
 * checked where more than 1 % did not complete, for those have no latency, or on fewer than 30 requests.
 */
const littlesLaw: Rule = (step) => {
  const wire = histogramOf(step, 'wireLatencyMs');
  const { counts, inFlight, windowMs } = step;
  const meanMs = wire?.meanMs;
  if (meanMs === undefined || counts.completed < LITTLE_MIN_SAMPLES) return undefined;
  if (counts.offered - counts.completed > LITTLE_MAX_ERROR_RATIO * counts.offered) return undefined;
  const expected = (counts.completed * meanMs) / windowMs;
  const edge =
    (2 * Math.max(inFlight.mean, inFlight.max / 2) * (wire?.percentileMs(95) ?? meanMs)) / windowMs;
  const tolerance = LITTLE_TOLERANCE_RATIO * Math.max(expected, inFlight.mean) + edge;
  if (Math.abs(inFlight.mean - expected) <= tolerance) return undefined;
  return createDiagnostic(
    'LITTLES_LAW_VIOLATED',
    `${inFlight.mean.toFixed(2)} in flight, but throughput × latency is ${expected.toFixed(2)}`,
    step.name,
  );
};

const TOKENS_TOLERANCE_RATIO = 0.05;

/** Chunks with content against tokens of usage, over requests with usage. */
const tokensDisagree: Rule = (step) => {
  const { tokens } = step;
  const streams = histogramOf(step, 'timeToFirstTokenMs')?.count ?? 0;
  if (tokens.requestsWithUsage === 0 || streams === 0 || tokens.requestsCounted > 0) return undefined;
  const chunks = streams + (histogramOf(step, 'interChunkGapMs')?.count ?? 0);
  if (Math.abs(chunks - tokens.output) <= TOKENS_TOLERANCE_RATIO * tokens.output) return undefined;
  return createDiagnostic(
    'TOKENS_DISAGREE',
    `the server reports ${tokens.output} output tokens, the streams carried ${chunks} content chunks; token gaps are per chunk`,
    step.name,
  );
};

const RULES: readonly Rule[] = [
  generatorSaturated,
  droppedArrivals,
  tooFewSamples,
  notSteady,
  littlesLaw,
  tokensDisagree,
];

/** Every doubt about one step. */
export const diagnoseStep = (step: ResultStep, slos: readonly Slo[]): Diagnostic[] =>
  RULES.flatMap((rule) => rule(step, slos) ?? []);
