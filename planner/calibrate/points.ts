import type { DiagnosticCode } from '../../vocabulary/diagnostics.ts';
import { type EncodedHistogram, LatencyHistogram } from '../../vocabulary/histogram.ts';
import type { HistogramMetricId } from '../../vocabulary/metrics.ts';
import {
  computeErrorRatio,
  emptyOutcomeCounts,
  mergeOutcomeCounts,
  type OutcomeCounts,
} from '../../vocabulary/outcomes.ts';
import { nearestRank } from '../../vocabulary/percentiles.ts';
import type { ResultFile, ResultStep } from '../../vocabulary/result-file.ts';
import { allowedRatioOf, evaluateSlo, type Slo, type SloVerdict } from '../../vocabulary/slo.ts';
import { PERCENT, sFromMs } from '../../vocabulary/units.ts';
import { violatesLittle } from '../queueing/step-little.ts';

/** Steps whose offered rates are this close are replicates of one point. */
const REPLICATE_RATIO = 0.02;

/** One objective at one point. `value` is the percentile in ms or the error ratio; undefined when unbounded. */
export interface SloReading {
  readonly slo: Slo;
  readonly verdict: SloVerdict['kind'];
  readonly exceedRatio: number;
  readonly allowedRatio: number;
  /** By the point estimate, whatever its confidence. */
  readonly withinLimit: boolean;
  readonly value: number | undefined;
}

/** One measured load: everything a plan reads of it. */
export interface MeasuredPoint {
  readonly names: readonly string[];
  /** Position on the load axis: offered turns/s, or the concurrency of a closed loop. */
  readonly load: number;
  readonly turnsPerS: number;
  readonly throughputPerS: number;
  readonly goodputPerS: number;
  readonly meanLatencyMs: number | undefined;
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
  readonly p99Ms: number | undefined;
  readonly errorRatio: number;
  readonly requests: number;
  readonly verdict: SloVerdict['kind'];
  readonly withinLimits: boolean;
  /** Steps at this load contradict each other: one surely met the objectives and another surely missed them. */
  readonly contradictory: boolean;
  /** False when requests in flight kept growing over the window: within the limits so far, and not for long. */
  readonly steady: boolean;
  readonly readings: readonly SloReading[];
  readonly flags: readonly DiagnosticCode[];
}

interface Evidence {
  readonly names: readonly string[];
  readonly load: number;
  readonly counts: OutcomeCounts;
  readonly windowMs: number;
  readonly goodRequests: number;
  readonly histograms: Histograms;
  readonly flags: readonly DiagnosticCode[];
}

/** Histograms by metric, each read when it is asked for: an objective needs one of a dozen. */
interface Histograms {
  get(metric: HistogramMetricId): LatencyHistogram | undefined;
}

/** Decoded once however many objectives a step is held against. Nothing changes a histogram that was read. */
const decoded = new WeakMap<EncodedHistogram, LatencyHistogram>();

function decodeOnce(encoded: EncodedHistogram): LatencyHistogram {
  const histogram = decoded.get(encoded) ?? LatencyHistogram.decode(encoded);
  decoded.set(encoded, histogram);
  return histogram;
}

function mergeAll(histograms: readonly LatencyHistogram[]): LatencyHistogram | undefined {
  if (histograms.length <= 1) return histograms[0];
  const merged = new LatencyHistogram();
  for (const histogram of histograms) merged.add(histogram);
  return merged;
}

function histogramsOf(steps: readonly ResultStep[]): Histograms {
  const merged = new Map<HistogramMetricId, LatencyHistogram | undefined>();
  return {
    get: (metric) => {
      if (!merged.has(metric)) {
        const encoded = steps.flatMap(({ histograms }) => histograms[metric] ?? []);
        merged.set(metric, mergeAll(encoded.map(decodeOnce)));
      }
      return merged.get(metric);
    },
  };
}

/** Offered turns/s of a step as it happened, not as planned. */
export const offeredTurnsPerS = (step: ResultStep): number => step.counts.offered / sFromMs(step.windowMs);

const loadOf = (step: ResultStep): number =>
  step.load.kind === 'closed' ? step.load.concurrency : offeredTurnsPerS(step);

interface FlaggedStep {
  readonly step: ResultStep;
  readonly flags: readonly DiagnosticCode[];
}

function flaggedSteps(result: ResultFile): FlaggedStep[] {
  return result.steps
    .filter((step) => step.counts.offered > 0)
    .map((step) => ({
      step,
      flags: [
        ...(violatesLittle(step) ? (['LITTLES_LAW_VIOLATED'] as const) : []),
        ...result.diagnostics
          .filter(({ subject }) => subject === undefined || subject === step.name)
          .map(({ code }) => code),
      ],
    }));
}

/** Replicates next to each other on the load axis, together. */
function groupReplicates(steps: readonly FlaggedStep[]): FlaggedStep[][] {
  const groups: FlaggedStep[][] = [];
  for (const item of [...steps].sort((a, b) => loadOf(a.step) - loadOf(b.step))) {
    const group = groups[groups.length - 1];
    const first = group?.[0];
    if (group && first && loadOf(item.step) <= loadOf(first.step) * (1 + REPLICATE_RATIO)) group.push(item);
    else groups.push([item]);
  }
  return groups;
}

function evidenceOf(group: readonly FlaggedStep[]): Evidence {
  const steps = group.map(({ step }) => step);
  return {
    names: steps.map(({ name }) => name),
    load: steps.reduce((sum, step) => sum + loadOf(step), 0) / steps.length,
    counts: steps.reduce((sum, step) => mergeOutcomeCounts(sum, step.counts), emptyOutcomeCounts()),
    windowMs: steps.reduce((sum, step) => sum + step.windowMs, 0),
    goodRequests: steps.reduce((sum, step) => sum + step.goodRequests, 0),
    histograms: histogramsOf(steps),
    flags: [...new Set(group.flatMap(({ flags }) => flags))],
  };
}

/** The percentile with timed-out and dropped requests counted as longer than any limit. */
function censoredPercentileMs(
  histogram: LatencyHistogram,
  unfinished: number,
  percent: number,
): number | undefined {
  const rank = nearestRank(percent, histogram.count + unfinished);
  return rank > histogram.count ? undefined : histogram.percentileMs((PERCENT * rank) / histogram.count);
}

function readSlo(slo: Slo, evidence: Evidence): SloReading {
  const { counts, histograms } = evidence;
  const verdict = evaluateSlo(slo, { counts, histogramOf: (metric) => histograms.get(metric) });
  const exceedRatio = verdict.exceedRatio ?? 1;
  const allowedRatio = allowedRatioOf(slo);
  const histogram = slo.kind === 'latency' ? histograms.get(slo.metric) : undefined;
  const value =
    slo.kind === 'error-ratio'
      ? exceedRatio
      : histogram && censoredPercentileMs(histogram, counts.timedOut + counts.dropped, slo.percentile);
  const withinLimit =
    verdict.exceedRatio !== undefined &&
    (slo.kind === 'error-ratio' ? exceedRatio <= allowedRatio : value !== undefined && value <= slo.limitMs);
  return { slo, verdict: verdict.kind, exceedRatio, allowedRatio, withinLimit, value };
}

const worstVerdict = (readings: readonly SloReading[]): SloVerdict['kind'] =>
  readings.some(({ verdict }) => verdict === 'missed')
    ? 'missed'
    : readings.every(({ verdict }) => verdict === 'met')
      ? 'met'
      : 'not-enough-evidence';

/** Whether replicates contradict each other, each judged alone at 95 % confidence. */
function contradict(group: readonly FlaggedStep[], slos: readonly Slo[]): boolean {
  if (group.length < 2) return false;
  const verdicts = group.map((step) => {
    const evidence = evidenceOf([step]);
    return worstVerdict(slos.map((slo) => readSlo(slo, evidence)));
  });
  return verdicts.includes('met') && verdicts.includes('missed');
}

function pointOf(group: readonly FlaggedStep[], slos: readonly Slo[], closed: boolean): MeasuredPoint {
  const evidence = evidenceOf(group);
  const { counts, load, flags, names } = evidence;
  const windowS = sFromMs(evidence.windowMs);
  const latency = evidence.histograms.get('latencyMs');
  const readings = slos.map((slo) => readSlo(slo, evidence));
  return {
    names,
    load,
    turnsPerS: (closed ? counts.completed : counts.offered) / windowS,
    throughputPerS: counts.completed / windowS,
    goodputPerS: evidence.goodRequests / windowS,
    meanLatencyMs: latency?.meanMs,
    p50Ms: latency?.percentileMs(50),
    p95Ms: latency?.percentileMs(95),
    p99Ms: latency?.percentileMs(99),
    errorRatio: computeErrorRatio(counts) ?? 0,
    requests: counts.offered,
    verdict: worstVerdict(readings),
    withinLimits: readings.every(({ withinLimit }) => withinLimit),
    contradictory: contradict(group, slos),
    steady: !flags.includes('NOT_STEADY'),
    readings,
    flags,
  };
}

/** Points of one target and one workload in order of load; replicates merged exactly. */
export function measuredPoints(results: readonly ResultFile[], slos: readonly Slo[]): MeasuredPoint[] {
  const steps = results.flatMap(flaggedSteps);
  const closed = steps.some(({ step }) => step.load.kind === 'closed');
  return groupReplicates(steps).map((group) => pointOf(group, slos, closed));
}
