import { describe, expect, it } from 'vitest';
import type { Driver, Exchange } from '../../../bench/drive/driver.ts';
import { StepRecorder } from '../../../bench/observe/recorder.ts';
import { LoadSession } from '../../../bench/run/load-session.ts';
import { resolveScenario } from '../../../scenarios/scenario.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { createRandom } from '../../../vocabulary/random.ts';

const constant = (value: number) => ({
  distribution: { kind: 'constant' as const, value },
  source: 'a test',
});
const scenario = unwrap(
  resolveScenario({
    name: 'test',
    description: 'A test.',
    workload: { kind: 'requests', inputTokens: constant(1), outputTokens: constant(1) },
    load: { kind: 'steps', steps: [{ turnsPerS: 1 }] },
    maxInFlight: 2,
  }),
);

const GENERATOR = {
  cpuCores: 0,
  eventLoopUtilisation: 0,
  eventLoopDelayP99Ms: 0,
  gcPauseTotalMs: 0,
  maxRssBytes: 1,
};
const TURN = {
  interactionId: 'i',
  messages: [],
  maxOutputTokens: 1,
  exactOutputTokens: false,
  keepText: false,
};

/** A target that never answers: each request ends when the run gives it up. */
const silent: Driver = {
  send: (_request, signal) => {
    const sentAtMs = performance.now();
    return new Promise<Exchange>((resolve) => {
      signal.addEventListener('abort', () =>
        resolve({
          outcome: { state: 'timed-out', phase: 'run-ended' },
          sentAtMs,
          endedAtMs: performance.now(),
          chunksAtMs: [],
          text: '',
        }),
      );
    });
  },
  close: () => Promise.resolve(),
};

function begin(windowMs: number) {
  const startedAtMs = performance.now();
  const recorder = new StepRecorder({
    name: 'a step',
    load: { kind: 'open', interactionsPerS: 1, turnsPerS: 1 },
    slos: [],
    runStartedAtMs: startedAtMs,
    windowFromMs: startedAtMs,
    warmUpMs: 0,
    windowMs,
  });
  const session = new LoadSession(
    {
      scenario,
      shape: { meanTurnsPerInteraction: 1, meanThinkTimeMs: 0, basis: 'a test' },
      driver: silent,
      random: createRandom(1),
      metricsUrls: [],
      signal: new AbortController().signal,
      onProgress: () => {},
      startedAtMs,
    },
    recorder,
  );
  return { startedAtMs, recorder, session };
}

const spin = (ms: number): void => {
  for (const untilMs = performance.now() + ms; performance.now() < untilMs; );
};

describe('a step in progress', () => {
  it('counts what fell due and was never sent, and not what lies ahead', async () => {
    const { startedAtMs, recorder, session } = begin(60_000);
    const ends: unknown[] = [];
    for (const afterMs of [5, 10, 50_000, 70_000]) {
      session.schedule(startedAtMs + afterMs, {
        compose: () => TURN,
        onEnd: (exchange) => ends.push(exchange),
      });
    }
    expect(session.inWindowOpen).toBe(3);
    // The generator is busy past both instants, and the step ends before it can catch up.
    spin(20);
    await session.end();
    await session.end();
    expect(recorder.finish({ generator: GENERATOR }).counts).toEqual({
      offered: 2,
      completed: 0,
      failed: 0,
      timedOut: 0,
      dropped: 2,
      byReason: { 'dropped:too-late': 2 },
    });
    expect(ends).toEqual([]);
  });

  it('accounts for everything due: two in flight time out with the run, the rest is dropped', async () => {
    const { startedAtMs, recorder, session } = begin(1_000);
    for (let i = 0; i < 7; i++) {
      session.schedule(startedAtMs + i, { compose: () => TURN, onEnd: () => {} });
    }
    await expect.poll(() => session.sent + session.failed).toBe(7);
    expect(session.inFlight).toBe(2);
    expect(session.inWindowOpen).toBe(2);
    await session.end();
    expect(session.inWindowOpen).toBe(0);
    expect(recorder.finish({ generator: GENERATOR }).counts).toMatchObject({
      offered: 7,
      timedOut: 2,
      dropped: 5,
      byReason: { 'timed-out:run-ended': 2, 'dropped:max-in-flight': 5 },
    });
  });
});

describe('users of a closed loop', () => {
  it('must fit the in-flight limit: one turned away at once would ask again at once, for ever', () => {
    const closed = (concurrency: number) =>
      resolveScenario({ ...scenario, load: { kind: 'closed', steps: [{ concurrency }] } });
    expect(closed(2).kind).toBe('ok');
    const refused = closed(3);
    expect(refused.kind === 'failed' && refused.failure.issues?.[0]?.path).toBe('load.steps[0].concurrency');
  });
});
