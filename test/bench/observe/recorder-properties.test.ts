import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../../bench/drive/driver.ts';
import { InFlightLog } from '../../../bench/observe/in-flight.ts';
import { StepRecorder } from '../../../bench/observe/recorder.ts';
import { LatencyHistogram } from '../../../vocabulary/histogram.ts';

const GENERATOR = {
  cpuCores: 0,
  eventLoopUtilisation: 0,
  eventLoopDelayP99Ms: 0,
  gcPauseTotalMs: 0,
  maxRssBytes: 1,
};
const FROM_MS = 1_000;
const WINDOW_MS = 3_000;
const LIMIT_MS = 400;

interface Sent {
  readonly kind: 'completed' | 'failed' | 'timed-out' | 'dropped';
  readonly scheduledAtMs: number;
  readonly slipMs: number;
  readonly durationMs: number;
}

const sent: fc.Arbitrary<Sent> = fc.record({
  kind: fc.constantFrom('completed', 'failed', 'timed-out', 'dropped'),
  scheduledAtMs: fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.constantFrom(999, 1_000, 3_999, 4_000)),
  slipMs: fc.nat(20),
  durationMs: fc.integer({ min: 1, max: 800 }),
});

const OUTCOMES = {
  completed: { state: 'completed' },
  failed: { state: 'failed', code: 'connection-reset' },
  'timed-out': { state: 'timed-out', phase: 'total' },
} as const;

function record(requests: readonly Sent[]) {
  const recorder = new StepRecorder({
    name: 'a step',
    load: { kind: 'open', interactionsPerS: 1, turnsPerS: 1 },
    slos: [{ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: LIMIT_MS }],
    runStartedAtMs: 0,
    windowFromMs: FROM_MS,
    warmUpMs: 500,
    windowMs: WINDOW_MS,
  });
  for (const { kind, scheduledAtMs, slipMs, durationMs } of requests) {
    if (kind === 'dropped') {
      recorder.recordDrop(scheduledAtMs, 'max-in-flight');
      continue;
    }
    const sentAtMs = scheduledAtMs + slipMs;
    const exchange: Exchange = {
      outcome: OUTCOMES[kind],
      sentAtMs,
      endedAtMs: sentAtMs + durationMs,
      chunksAtMs: [],
      text: '',
    };
    recorder.recordExchange(scheduledAtMs, exchange);
  }
  return recorder.finish({ generator: GENERATOR });
}

/** Requests in flight summed millisecond by millisecond: every instant here is a whole one. */
function naiveMeanInFlight(requests: readonly Sent[]): number {
  let sum = 0;
  for (const { kind, scheduledAtMs, slipMs, durationMs } of requests) {
    const from = scheduledAtMs + slipMs;
    for (let ms = from; kind !== 'dropped' && ms < from + durationMs; ms++) {
      if (ms >= FROM_MS && ms < FROM_MS + WINDOW_MS) sum++;
    }
  }
  return sum / WINDOW_MS;
}

describe('over any sequence of requests', () => {
  const sequences = fc.array(sent, { maxLength: 40 });

  it('every arrival of the window ends as exactly one outcome, in the counts and on the timeline', () => {
    fc.assert(
      fc.property(sequences, (requests) => {
        const { counts, timeline } = record(requests);
        const inWindow = requests.filter(
          ({ scheduledAtMs }) => scheduledAtMs >= 1_000 && scheduledAtMs < 4_000,
        );
        const countOf = (kind: Sent['kind']) => inWindow.filter((request) => request.kind === kind).length;
        expect(counts).toMatchObject({
          offered: inWindow.length,
          completed: countOf('completed'),
          failed: countOf('failed'),
          timedOut: countOf('timed-out'),
          dropped: countOf('dropped'),
        });
        expect(counts.offered).toBe(counts.completed + counts.failed + counts.timedOut + counts.dropped);
        expect(timeline.map(({ offered }) => offered)).toEqual(
          [1, 2, 3].map(
            (second) =>
              inWindow.filter(({ scheduledAtMs }) => Math.floor(scheduledAtMs / 1_000) === second).length,
          ),
        );
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  it('the mean in flight is that of a count at every millisecond, warm-up and drain included', () => {
    fc.assert(
      fc.property(sequences, (requests) => {
        expect(record(requests).inFlight.mean).toBeCloseTo(naiveMeanInFlight(requests), 9);
      }),
      { numRuns: 100, seed: 3 },
    );
  });

  it('letting go of what is known, at whatever instants, changes nothing', () => {
    const untilMs = FROM_MS + WINDOW_MS;
    const cuts = fc.array(fc.double({ min: 0, max: untilMs, noNaN: true }), { maxLength: 8 });
    fc.assert(
      fc.property(sequences, cuts, (requests, atMs) => {
        const intervals = requests
          .map(({ scheduledAtMs, slipMs, durationMs }) => [scheduledAtMs + slipMs, durationMs] as const)
          .toSorted(([a], [b]) => a - b);
        const [folded, kept] = [new InFlightLog(FROM_MS, 1_000), new InFlightLog(FROM_MS, 1_000)];
        for (const [sentAtMs, durationMs] of intervals) {
          // All that was sent before these instants is logged by now.
          for (const cut of atMs.filter((ms) => ms <= sentAtMs)) folded.foldUntil(cut);
          for (const log of [folded, kept]) log.add(sentAtMs, sentAtMs + durationMs);
        }
        for (const cut of atMs) folded.foldUntil(cut);
        expect(folded.read(untilMs)).toEqual(kept.read(untilMs));
      }),
      { numRuns: 300, seed: 5 },
    );
  });

  it('good requests and latency are of completed ones in the window, from the scheduled instant', () => {
    fc.assert(
      fc.property(sequences, (requests) => {
        const result = record(requests);
        const latencies = requests
          .filter((request) => request.kind === 'completed')
          .filter(({ scheduledAtMs }) => scheduledAtMs >= 1_000 && scheduledAtMs < 4_000)
          .map(({ slipMs, durationMs }) => slipMs + durationMs);
        expect(result.goodRequests).toBe(latencies.filter((ms) => ms <= LIMIT_MS).length);
        const encoded = result.histograms.latencyMs;
        expect(encoded === undefined ? 0 : LatencyHistogram.decode(encoded).count).toBe(latencies.length);
      }),
      { numRuns: 100, seed: 4 },
    );
  });
});

it('puts an instant a rounding error before a whole second into that second', () => {
  const { timeline } = record([
    { kind: 'completed', scheduledAtMs: 2_000 - 1e-10, slipMs: 0, durationMs: 1 },
    { kind: 'completed', scheduledAtMs: 4_000 - 1e-9, slipMs: 0, durationMs: 1 },
  ]);
  expect(timeline.map(({ offered }) => offered)).toEqual([0, 1, 1]);
});
