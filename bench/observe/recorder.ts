import { LatencyHistogram } from '../../vocabulary/histogram.ts';
import type { HistogramMetricId } from '../../vocabulary/metrics.ts';
import {
  countOutcome,
  type DropReason,
  emptyOutcomeCounts,
  type Outcome,
} from '../../vocabulary/outcomes.ts';
import type { ResultStep, StepLoad } from '../../vocabulary/result-file.ts';
import type { Slo } from '../../vocabulary/slo.ts';
import { MS_PER_S } from '../../vocabulary/units.ts';
import type { Exchange } from '../drive/driver.ts';
import { InFlightLog } from './in-flight.ts';
import { computeRequestSpans, isWithinObjectives } from './request-metrics.ts';

export interface RecorderOptions {
  readonly name: string;
  readonly load: StepLoad;
  readonly slos: readonly Slo[];
  /** All instants are of performance.now(). */
  readonly runStartedAtMs: number;
  readonly windowFromMs: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
}

/** An instant that is a whole second after the window's start may come out this much early as a sum of doubles. */
const ROUNDING_MS = 1e-6;

interface SecondCounts {
  offered: number;
  completed: number;
  unsuccessful: number;
}

/** What was observed beside the requests themselves. */
export interface Surroundings {
  readonly generator: ResultStep['generator'];
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
  readonly #inFlight = new InFlightLog();
  readonly #tokens = { input: 0, cachedInput: 0, output: 0, requestsWithUsage: 0, requestsCounted: 0 };
  readonly #interactions = { started: 0, completed: 0, abandoned: 0 };
  #goodRequests = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
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

  #count(scheduledAtMs: number, outcome: Outcome): void {
    countOutcome(this.#counts, outcome);
    const { windowFromMs, windowMs } = this.#options;
    const lastSecond = Math.ceil(windowMs / MS_PER_S) - 1;
    const second = Math.min(lastSecond, Math.floor((scheduledAtMs - windowFromMs + ROUNDING_MS) / MS_PER_S));
    this.#seconds[second] ??= { offered: 0, completed: 0, unsuccessful: 0 };
    const counts = this.#seconds[second];
    counts.offered++;
    counts[outcome.state === 'completed' ? 'completed' : 'unsuccessful']++;
  }

  #record(metric: HistogramMetricId, spanMs: number): void {
    let histogram = this.#histograms.get(metric);
    if (histogram === undefined) {
      histogram = new LatencyHistogram();
      this.#histograms.set(metric, histogram);
    }
    histogram.record(spanMs);
  }

  #recordCompleted(scheduledAtMs: number, exchange: Exchange): void {
    const spans = computeRequestSpans(exchange, scheduledAtMs);
    for (const [metric, values] of Object.entries(spans)) {
      // A clock read twice in one microsecond may differ by rounding in the last place.
      for (const spanMs of values) this.#record(metric as HistogramMetricId, Math.max(0, spanMs));
    }
    if (isWithinObjectives(spans, this.#options.slos)) this.#goodRequests++;
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

  #timeline(windowMs: number): ResultStep['timeline'] {
    const { windowFromMs, runStartedAtMs } = this.#options;
    const toMs = windowFromMs + windowMs;
    const seconds = Math.ceil(windowMs / MS_PER_S);
    const edgesMs = Array.from({ length: seconds + 1 }, (_, i) =>
      Math.min(toMs, windowFromMs + i * MS_PER_S),
    );
    return this.#inFlight.maxima(edgesMs).map((maxInFlight, i) => ({
      atMs: windowFromMs - runStartedAtMs + i * MS_PER_S,
      ...(this.#seconds[i] ?? { offered: 0, completed: 0, unsuccessful: 0 }),
      maxInFlight,
    }));
  }

  /** The step as a result file has it; a run that was stopped passes the instant up to which the window lasted. */
  finish(surroundings: Surroundings, stoppedAtMs = Number.POSITIVE_INFINITY): ResultStep {
    const { name, load, warmUpMs, windowFromMs, runStartedAtMs } = this.#options;
    const windowMs = Math.min(this.#options.windowMs, stoppedAtMs - windowFromMs);
    const timeline = this.#timeline(windowMs);
    return {
      name,
      load,
      startedAtMs: windowFromMs - warmUpMs - runStartedAtMs,
      warmUpMs,
      windowMs,
      counts: this.#counts,
      goodRequests: this.#goodRequests,
      interactions: this.#interactions,
      inFlight: {
        mean: this.#inFlight.meanOver(windowFromMs, windowFromMs + windowMs),
        max: timeline.reduce((max, second) => Math.max(max, second.maxInFlight), 0),
      },
      histograms: Object.fromEntries(
        [...this.#histograms].map(([metric, histogram]) => [metric, histogram.encode()]),
      ),
      tokens: this.#tokens,
      ...surroundings,
      timeline,
    };
  }
}
