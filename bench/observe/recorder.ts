import { onGridMs } from '../../vocabulary/exact-sum.ts';
import { LatencyHistogram } from '../../vocabulary/histogram.ts';
import type { HistogramMetricId } from '../../vocabulary/metrics.ts';
import {
  countOutcome,
  type DropReason,
  emptyOutcomeCounts,
  type Outcome,
  type OutcomeCounts,
} from '../../vocabulary/outcomes.ts';
import type { GeneratorUse, ResultStep, StepLoad } from '../../vocabulary/result-file.ts';
import type { Slo } from '../../vocabulary/slo.ts';
import { MS_PER_S } from '../../vocabulary/units.ts';
import type { Exchange } from '../drive/driver.ts';
import { InFlightLog } from './in-flight.ts';
import { computeRequestSpans, isWithinObjectives } from './request-metrics.ts';
import { computeTokenSpans } from './token-spans.ts';

export interface RecorderOptions {
  readonly name: string;
  readonly variant?: string;
  readonly block?: number;
  readonly load: StepLoad;
  readonly slos: readonly Slo[];
  /** All instants are of performance.now(). */
  readonly runStartedAtMs: number;
  readonly windowFromMs: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
  /** Keep every request's instants in the step, so that those of other shards can be counted with them. */
  readonly keepsInFlight?: boolean;
}

/** An instant that is a whole second after the window's start may come out this much early as a sum of doubles. */
const ROUNDING_MS = 1e-6;

interface SecondCounts {
  offered: number;
  completed: number;
  unsuccessful: number;
  good: number;
  latencySumMs: number;
}

const emptySecond = (): SecondCounts => ({
  offered: 0,
  completed: 0,
  unsuccessful: 0,
  good: 0,
  latencySumMs: 0,
});

/** Counts and histograms while they are still filled. */
export interface RecordedSoFar {
  readonly counts: Readonly<OutcomeCounts>;
  readonly histograms: ReadonlyMap<HistogramMetricId, LatencyHistogram>;
  readonly tokens: Readonly<ResultStep['tokens']>;
}

/** What was observed beside the requests themselves. */
export interface Surroundings {
  /** Absent where nobody watched it. */
  readonly generator?: GeneratorUse;
  readonly server?: NonNullable<ResultStep['server']>;
}

/**
 * Collects one step. A request belongs to the step when its *scheduled* instant lies in the window, whenever it was
 * sent or ended; the others only count as being in flight.
 */
export class StepRecorder {
  readonly #options: RecorderOptions;
  readonly #counts = emptyOutcomeCounts();
  readonly #histograms = new Map<HistogramMetricId, LatencyHistogram>();
  readonly #seconds: SecondCounts[] = [];
  readonly #inFlight: InFlightLog;
  readonly #tokens = { input: 0, cachedInput: 0, output: 0, requestsWithUsage: 0, requestsCounted: 0 };
  readonly #interactions = { started: 0, completed: 0, abandoned: 0 };
  #goodRequests = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#inFlight = new InFlightLog(options.windowFromMs, MS_PER_S, options.keepsInFlight);
  }

  isInWindow(scheduledAtMs: number): boolean {
    const { windowFromMs, windowMs } = this.#options;
    return scheduledAtMs >= windowFromMs && scheduledAtMs < windowFromMs + windowMs;
  }

  recordExchange(scheduledAtMs: number, exchange: Exchange): void {
    this.#inFlight.add(exchange.sentAtMs, exchange.endedAtMs);
    if (!this.isInWindow(scheduledAtMs)) return;
    this.#count(scheduledAtMs, exchange.outcome);
    this.#record('scheduleSlipMs', Math.max(0, exchange.sentAtMs - scheduledAtMs));
    if (exchange.outcome.state === 'completed') this.#recordCompleted(scheduledAtMs, exchange);
  }

  recordDrop(scheduledAtMs: number, reason: DropReason): void {
    if (this.isInWindow(scheduledAtMs)) this.#count(scheduledAtMs, { state: 'dropped', reason });
  }

  recordInteraction(event: 'started' | 'completed' | 'abandoned', atMs: number): void {
    if (this.isInWindow(atMs)) this.#interactions[event]++;
  }

  #secondOf(scheduledAtMs: number): SecondCounts {
    const { windowFromMs, windowMs } = this.#options;
    const lastSecond = Math.ceil(windowMs / MS_PER_S) - 1;
    const second = Math.min(lastSecond, Math.floor((scheduledAtMs - windowFromMs + ROUNDING_MS) / MS_PER_S));
    this.#seconds[second] ??= emptySecond();
    return this.#seconds[second];
  }

  #count(scheduledAtMs: number, outcome: Outcome): void {
    countOutcome(this.#counts, outcome);
    const counts = this.#secondOf(scheduledAtMs);
    counts.offered++;
    counts[outcome.state === 'completed' ? 'completed' : 'unsuccessful']++;
  }

  /** What was recorded so far, for a live view: the recorder's own counters, to be read and not to be kept. */
  get soFar(): RecordedSoFar {
    return { counts: this.#counts, histograms: this.#histograms, tokens: this.#tokens };
  }

  #record(metric: HistogramMetricId, spanMs: number, times = 1): void {
    let histogram = this.#histograms.get(metric);
    if (histogram === undefined) {
      histogram = new LatencyHistogram();
      this.#histograms.set(metric, histogram);
    }
    if (times === 1) histogram.record(spanMs);
    else histogram.recordTimes(spanMs, times);
  }

  #recordCompleted(scheduledAtMs: number, exchange: Exchange): void {
    const spans = computeRequestSpans(exchange, scheduledAtMs);
    for (const metric in spans) {
      // A clock read twice in one microsecond may differ by rounding in the last place.
      for (const spanMs of spans[metric as HistogramMetricId] ?? [])
        this.#record(metric as HistogramMetricId, Math.max(0, spanMs));
    }
    const second = this.#secondOf(scheduledAtMs);
    second.latencySumMs += onGridMs(Math.max(0, exchange.endedAtMs - scheduledAtMs));
    for (const { metric, spanMs, times } of computeTokenSpans(exchange)) this.#record(metric, spanMs, times);
    if (isWithinObjectives(spans, this.#options.slos)) {
      this.#goodRequests++;
      second.good++;
    }
    this.#addTokens(exchange);
  }

  #addTokens({ usage, chunksAtMs }: Exchange): void {
    if (usage === undefined) {
      this.#tokens.output += chunksAtMs.length;
      this.#tokens.requestsCounted++;
      return;
    }
    this.#tokens.input += usage.inputTokens;
    this.#tokens.cachedInput += usage.cachedInputTokens;
    this.#tokens.output += usage.outputTokens;
    this.#tokens.requestsWithUsage++;
  }

  /** Whether there is enough to fold. */
  get isFoldDue(): boolean {
    return this.#inFlight.isFoldDue;
  }

  /** Requests in flight are known up to here: none sent before it is still open or unrecorded. */
  foldUntil(atMs: number): void {
    this.#inFlight.foldUntil(Math.min(atMs, this.#options.windowFromMs + this.#options.windowMs));
  }

  #timeline(maxima: readonly number[], windowMs: number): ResultStep['timeline'] {
    const { windowFromMs, runStartedAtMs } = this.#options;
    return Array.from({ length: Math.ceil(windowMs / MS_PER_S) }, (_, i) => ({
      atMs: windowFromMs - runStartedAtMs + i * MS_PER_S,
      ...(this.#seconds[i] ?? emptySecond()),
      maxInFlight: maxima[i] ?? 0,
    }));
  }

  /**
   * The step as a result file has it; a run that was stopped passes the instant up to which the window lasted. It
   * changes nothing, so what is known so far can be asked for in the middle of the window.
   */
  finish(surroundings: Surroundings, stoppedAtMs = Number.POSITIVE_INFINITY): ResultStep {
    const { name, variant, block, load, warmUpMs, windowFromMs, runStartedAtMs } = this.#options;
    const windowMs = Math.min(this.#options.windowMs, stoppedAtMs - windowFromMs);
    const { maxima, mean } = this.#inFlight.read(windowFromMs + windowMs);
    const inFlightChanges = this.#inFlight.changes();
    return {
      name,
      ...(variant === undefined ? {} : { variant }),
      ...(block === undefined ? {} : { block }),
      load,
      startedAtMs: windowFromMs - warmUpMs - runStartedAtMs,
      warmUpMs,
      windowMs,
      counts: { ...this.#counts, byReason: { ...this.#counts.byReason } },
      goodRequests: this.#goodRequests,
      interactions: { ...this.#interactions },
      inFlight: { mean, max: maxima.reduce((max, ofSecond) => Math.max(max, ofSecond), 0) },
      histograms: Object.fromEntries(
        [...this.#histograms].map(([metric, histogram]) => [metric, histogram.encode()]),
      ),
      tokens: { ...this.#tokens },
      ...surroundings,
      timeline: this.#timeline(maxima, windowMs),
      ...(inFlightChanges === undefined ? {} : { inFlightChanges }),
    };
  }
}
