import { LIVE_METRICS, type StepSoFar, type StepView } from '../../bench/run/step-view.ts';
import { askedPerSFromLoad } from '../../presentation/step-reading.ts';
import type { LatencyHistogram } from '../../vocabulary/histogram.ts';
import type { HistogramMetricId } from '../../vocabulary/metrics.ts';
import { MS_PER_S, sFromMs } from '../../vocabulary/units.ts';

/** Percentiles of the last seconds, in ms. */
export interface RecentSpan {
  readonly samples: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

/** Everything that one redraw shows of a step. Rates and percentiles are those of the last seconds. */
export interface LiveSample {
  readonly phase: 'warm-up' | 'window' | 'drain';
  readonly elapsedMs: number;
  readonly spanMs: number;
  readonly leftMs: number;
  /** Undefined in a closed loop, which asks for none. */
  readonly askedPerS: number | undefined;
  readonly sentPerS: number;
  /** Undefined in the warm-up, whose requests are not recorded. */
  readonly completedPerS: number | undefined;
  readonly outputTokensPerS: number;
  readonly inFlight: number;
  /** The span of time that `recent` figures are of. */
  readonly recentMs: number;
  readonly latency: RecentSpan | undefined;
  readonly timeToFirstToken: RecentSpan | undefined;
  readonly slip: RecentSpan | undefined;
  /** Of the window so far, and by code. */
  readonly offered: number;
  readonly unsuccessful: number;
  readonly byReason: Readonly<Record<string, number>>;
}

const RECENT_MS = 5_000;
/** How often what came before is remembered: recent figures are of between 5 and 5.5 seconds. */
const KEEP_EVERY_MS = MS_PER_S / 2;
type Watched = (typeof LIVE_METRICS)[number];

interface Remembered {
  readonly atMs: number;
  readonly sent: number;
  readonly completed: number;
  readonly outputTokens: number;
  readonly histograms: ReadonlyMap<HistogramMetricId, LatencyHistogram>;
}

function remember(atMs: number, soFar: StepSoFar): Remembered {
  const histograms = new Map<HistogramMetricId, LatencyHistogram>();
  for (const metric of LIVE_METRICS) {
    const histogram = soFar.histograms.get(metric);
    if (histogram !== undefined) histograms.set(metric, histogram.copy());
  }
  return {
    atMs,
    sent: soFar.sent,
    completed: soFar.counts.completed,
    outputTokens: soFar.tokens.output,
    histograms,
  };
}

function recentSpan(now: StepSoFar, before: Remembered, metric: Watched): RecentSpan | undefined {
  const whole = now.histograms.get(metric);
  const earlier = before.histograms.get(metric);
  const recent = whole === undefined || earlier === undefined ? whole : whole.since(earlier);
  const [p50Ms, p95Ms, p99Ms] = [50, 95, 99].map((percent) => recent?.percentileMs(percent));
  return recent === undefined || p50Ms === undefined || p95Ms === undefined || p99Ms === undefined
    ? undefined
    : { samples: recent.count, p50Ms, p95Ms, p99Ms };
}

/**
 * Reads a running step at intervals. It copies three histograms twice a second and never touches the path of a request:
 * what it costs depends on how often it is asked, not on the rate.
 */
export class LiveSampler {
  readonly #view: StepView;
  readonly #past: Remembered[];

  constructor(view: StepView) {
    this.#view = view;
    this.#past = [remember(view.startedAtMs, view.read())];
  }

  /** What came before the recent seconds: the youngest that is old enough, else the first. */
  #before(nowMs: number): Remembered | undefined {
    while (this.#past.length > 1 && (this.#past[1]?.atMs ?? nowMs) <= nowMs - RECENT_MS) this.#past.shift();
    return this.#past[0];
  }

  sample(nowMs: number): LiveSample {
    const { load, startedAtMs, windowFromMs, windowToMs } = this.#view;
    const soFar = this.#view.read();
    const readMs = Math.min(nowMs, this.#view.asOfMs ?? nowMs);
    const before = this.#before(readMs) ?? remember(readMs, soFar);
    const recentMs = Math.max(1, readMs - before.atMs);
    const perS = (count: number): number => Math.max(0, count) / sFromMs(recentMs);
    const { counts, tokens } = soFar;
    if (readMs - (this.#past.at(-1)?.atMs ?? 0) >= KEEP_EVERY_MS) this.#past.push(remember(readMs, soFar));
    // Only the window is recorded: rates of what completed divide by the part of the recent span that lies in it.
    const recordedS = sFromMs(Math.max(1, readMs - Math.max(before.atMs, windowFromMs)));
    return {
      phase: nowMs < windowFromMs ? 'warm-up' : nowMs < windowToMs ? 'window' : 'drain',
      elapsedMs: Math.max(0, nowMs - startedAtMs),
      spanMs: windowToMs - startedAtMs,
      leftMs: Math.max(0, windowToMs - nowMs),
      askedPerS: askedPerSFromLoad(load),
      sentPerS: perS(soFar.sent - before.sent),
      completedPerS:
        nowMs < windowFromMs ? undefined : Math.max(0, counts.completed - before.completed) / recordedS,
      outputTokensPerS: Math.max(0, tokens.output - before.outputTokens) / recordedS,
      inFlight: soFar.inFlight,
      recentMs,
      latency: recentSpan(soFar, before, 'latencyMs'),
      timeToFirstToken: recentSpan(soFar, before, 'timeToFirstTokenMs'),
      slip: recentSpan(soFar, before, 'scheduleSlipMs'),
      offered: counts.offered,
      unsuccessful: counts.offered - counts.completed,
      byReason: counts.byReason,
    };
  }
}
