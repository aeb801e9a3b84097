import { singleLine } from '../../presentation/escape.ts';
import { ABSENT, formatCount, formatNumber, formatRatio } from '../../presentation/numbers.ts';
import { formatLoad } from '../../presentation/step-reading.ts';
import type { StepLoad } from '../../vocabulary/result-file.ts';
import { sFromMs } from '../../vocabulary/units.ts';
import type { LiveSample, RecentSpan } from './sampler.ts';

/** What stays the same over a step. */
export interface LiveHeading {
  /** The target as the run names it; `(simulated)` is part of it. */
  readonly target: string;
  readonly step: string;
  readonly load: StepLoad;
}

const BAR_CELLS = 20;

/** Done and left of the step: `━━━━────`. */
export function progressBar(doneRatio: number): string {
  const done = Math.round(BAR_CELLS * Math.min(1, Math.max(0, doneRatio)));
  return '━'.repeat(done) + '─'.repeat(BAR_CELLS - done);
}

const seconds = (ms: number): string => `${sFromMs(ms).toFixed(1)} s`;
const rate = (perS: number | undefined): string => (perS === undefined ? ABSENT : `${formatNumber(perS)}/s`);

const PHASES = {
  'warm-up': 'warm-up',
  window: 'window ',
  drain: 'drain  ',
} as const;

function spanText(span: RecentSpan | undefined): string {
  return span === undefined
    ? ABSENT
    : `p50 ${formatNumber(span.p50Ms)} ms · p95 ${formatNumber(span.p95Ms)} ms · n=${formatCount(span.samples)}`;
}

/** `failed:http-overloaded 8 · timed-out:total 4`, the most frequent first. */
export const reasonsText = (byReason: Readonly<Record<string, number>>): string =>
  Object.entries(byReason)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, requests]) => `${reason} ${formatCount(requests)}`)
    .join(' · ');

function errorsText({ offered, unsuccessful, byReason }: LiveSample): string {
  if (offered === 0) return ABSENT;
  const share = `${formatCount(unsuccessful)} of ${formatCount(offered)} (${formatRatio(unsuccessful / offered)})`;
  return unsuccessful === 0 ? share : `${share}  ${reasonsText(byReason)}`;
}

const leftText = ({ phase, leftMs, inFlight }: LiveSample): string =>
  phase === 'drain' ? `waiting for ${formatCount(inFlight)} answers` : `${seconds(leftMs)} left`;

/** The block of a live view, one string per line, without colour. */
export function frameLines(heading: LiveHeading, sample: LiveSample): string[] {
  const { phase, elapsedMs, spanMs } = sample;
  const rates = [
    `asked ${rate(sample.askedPerS)}`,
    `sent ${rate(sample.sentPerS)}`,
    `completed ${rate(sample.completedPerS)}`,
    `in flight ${formatCount(sample.inFlight)}`,
  ];
  return [
    singleLine(heading.target),
    `${singleLine(heading.step)}: ${formatLoad(heading.load, formatNumber)}`,
    `${PHASES[phase]}  ${progressBar(elapsedMs / spanMs)}  ${seconds(Math.min(elapsedMs, spanMs))} of ${seconds(spanMs)}, ${leftText(sample)}`,
    `rate     ${rates.join(' · ')}`,
    `latency  ${spanText(sample.latency)} · last ${seconds(sample.recentMs)}`,
    ...(sample.timeToFirstToken === undefined ? [] : [`TTFT     ${spanText(sample.timeToFirstToken)}`]),
    ...(sample.outputTokensPerS === 0 ? [] : [`tokens   ${formatNumber(sample.outputTokensPerS)}/s out`]),
    `slip     ${sample.slip === undefined ? ABSENT : `p99 ${formatNumber(sample.slip.p99Ms)} ms`}`,
    `errors   ${errorsText(sample)}`,
  ];
}

/** The same in one line, for logs. */
export function plainLine(sample: LiveSample): string {
  const { latency, timeToFirstToken, slip } = sample;
  const parts = [
    `asked ${rate(sample.askedPerS)}`,
    `sent ${rate(sample.sentPerS)}`,
    `in flight ${formatCount(sample.inFlight)}`,
    ...(latency === undefined
      ? []
      : [`p50 ${formatNumber(latency.p50Ms)} ms`, `p95 ${formatNumber(latency.p95Ms)} ms`]),
    ...(timeToFirstToken === undefined ? [] : [`TTFT p95 ${formatNumber(timeToFirstToken.p95Ms)} ms`]),
    ...(sample.outputTokensPerS === 0 ? [] : [`${formatNumber(sample.outputTokensPerS)} tokens/s`]),
    ...(slip === undefined ? [] : [`slip p99 ${formatNumber(slip.p99Ms)} ms`]),
    `errors ${errorsText(sample)}`,
  ];
  return `       ${seconds(sample.elapsedMs)} of ${seconds(sample.spanMs)}, ${sample.phase}: ${parts.join(', ')}`;
}
