import { type EncodedHistogram, LatencyHistogram } from '../../../vocabulary/histogram.ts';
import type { HistogramMetricId } from '../../../vocabulary/metrics.ts';
import { emptyOutcomeCounts, mergeOutcomeCounts } from '../../../vocabulary/outcomes.ts';
import type { StepLoad } from '../../../vocabulary/result-file.ts';
import { mergeLoads } from '../../exchange/merge/merge-loads.ts';
import type { StepOrder } from '../step-crew.ts';
import { LIVE_METRICS, type StepSoFar, type StepView } from '../step-view.ts';

/** When a thread begins a step, by the clock that all threads of a process share, and its part of the load. */
export interface PackedViewStart {
  readonly load: StepLoad;
  readonly startedAtUnixMs: number;
  readonly windowFromUnixMs: number;
  readonly windowToUnixMs: number;
}

export const packViewStart = ({
  load,
  startedAtMs,
  windowFromMs,
  windowToMs,
}: StepView): PackedViewStart => ({
  load,
  startedAtUnixMs: performance.timeOrigin + startedAtMs,
  windowFromUnixMs: performance.timeOrigin + windowFromMs,
  windowToUnixMs: performance.timeOrigin + windowToMs,
});

/** What a thread has counted so far of what a live view shows; it can leave the thread. */
export type PackedView = Omit<StepSoFar, 'histograms'> & {
  readonly histograms: readonly (readonly [HistogramMetricId, EncodedHistogram])[];
};

export function packView(view: StepView): PackedView {
  const { histograms, ...counts } = view.read();
  return {
    ...counts,
    histograms: LIVE_METRICS.flatMap((metric) => {
      const histogram = histograms.get(metric);
      return histogram === undefined ? [] : [[metric, histogram.encode()] as const];
    }),
  };
}

/** Rates are equal parts; users are counted. */
function loadOfAll(order: StepOrder, part: StepLoad, threads: number): StepLoad {
  if (order.kind === 'closed') return { kind: 'closed', concurrency: order.options.concurrency };
  const one = { load: part, shards: 1 };
  return mergeLoads([one, ...Array.from({ length: threads - 1 }, () => one)], threads);
}

const TOKEN_COUNTS = ['input', 'cachedInput', 'output', 'requestsWithUsage', 'requestsCounted'] as const;

function mergeViews(views: readonly PackedView[]): StepSoFar {
  const histograms = new Map<HistogramMetricId, LatencyHistogram>();
  const tokens = { input: 0, cachedInput: 0, output: 0, requestsWithUsage: 0, requestsCounted: 0 };
  for (const view of views) {
    for (const count of TOKEN_COUNTS) tokens[count] += view.tokens[count];
    for (const [metric, encoded] of view.histograms) {
      const into = histograms.get(metric) ?? new LatencyHistogram();
      into.add(LatencyHistogram.decode(encoded));
      histograms.set(metric, into);
    }
  }
  const sumOf = (read: (view: PackedView) => number): number =>
    views.reduce((sum, view) => sum + read(view), 0);
  return {
    counts: views.map(({ counts }) => counts).reduce(mergeOutcomeCounts, emptyOutcomeCounts()),
    histograms,
    tokens,
    sent: sumOf(({ sent }) => sent),
    inFlight: sumOf(({ inFlight }) => inFlight),
    failed: sumOf(({ failed }) => failed),
  };
}

/** A live view of a step that several threads share: as young as what each of them told last, a second at most. */
export class SharedView implements StepView {
  readonly load: StepLoad;
  readonly startedAtMs: number;
  readonly windowFromMs: number;
  readonly windowToMs: number;
  readonly #told = new Map<number, { readonly atMs: number; readonly soFar: PackedView }>();
  readonly #threads: number;
  #merged: StepSoFar | undefined;

  constructor(order: StepOrder, start: PackedViewStart, threads: number) {
    this.#threads = threads;
    this.load = loadOfAll(order, start.load, threads);
    this.startedAtMs = start.startedAtUnixMs - performance.timeOrigin;
    this.windowFromMs = start.windowFromUnixMs - performance.timeOrigin;
    this.windowToMs = start.windowToUnixMs - performance.timeOrigin;
  }

  /** When the thread that told longest ago told: the others' counts of since then are no more than a part of a second's. */
  get asOfMs(): number {
    if (this.#told.size < this.#threads) return this.startedAtMs;
    return Math.min(...[...this.#told.values()].map(({ atMs }) => atMs));
  }

  hear(thread: number, soFar: PackedView): void {
    this.#told.set(thread, { atMs: performance.now(), soFar });
    this.#merged = undefined;
  }

  read(): StepSoFar {
    this.#merged ??= mergeViews([...this.#told.values()].map(({ soFar }) => soFar));
    return this.#merged;
  }
}
