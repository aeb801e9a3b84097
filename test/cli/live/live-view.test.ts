import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Exchange } from '../../../bench/drive/driver.ts';
import { StepRecorder } from '../../../bench/observe/recorder.ts';
import { createStepView, type StepView } from '../../../bench/run/step-view.ts';
import { TerminalBlock } from '../../../cli/live/block.ts';
import { frameLines, plainLine, progressBar } from '../../../cli/live/frame.ts';
import { createLiveView, REDRAW_MS } from '../../../cli/live/live-view.ts';
import { createPlainView } from '../../../cli/live/plain-view.ts';
import { LiveSampler } from '../../../cli/live/sampler.ts';
import { wantsLiveView } from '../../../cli/live/with-progress.ts';
import { Screen } from './screen.ts';

const LOAD = { kind: 'open', interactionsPerS: 10, turnsPerS: 50 } as const;

interface Running {
  readonly recorder: StepRecorder;
  readonly session: { sent: number; inFlight: number; failed: number };
  readonly view: StepView;
}

/** A step of 1 s warm-up and 20 s window from instant 0, filled by hand through the real recorder. */
function running(): Running {
  const recorder = new StepRecorder({
    name: 'step 1',
    load: LOAD,
    slos: [],
    runStartedAtMs: 0,
    windowFromMs: 1_000,
    warmUpMs: 1_000,
    windowMs: 20_000,
  });
  const session = { sent: 0, inFlight: 0, failed: 0 };
  const span = { load: LOAD, startedAtMs: 0, windowFromMs: 1_000, windowToMs: 21_000 };
  return { recorder, session, view: createStepView(span, recorder, session) };
}

const answered = (atMs: number, latencyMs: number, tokens = 2): Exchange => ({
  outcome: { state: 'completed' },
  sentAtMs: atMs + 0.25,
  chunksAtMs: Array.from({ length: tokens }, (_, i) => atMs + (latencyMs * (i + 1)) / tokens),
  endedAtMs: atMs + latencyMs,
  text: '',
});

function record({ recorder, session }: Running, atMs: number, exchange: Exchange): void {
  session.sent++;
  recorder.recordExchange(atMs, exchange);
}

describe('reading a running step', () => {
  it('divides by the time that the counters are of, where they come from afar once a second', () => {
    const step = running();
    const view = { ...step.view, asOfMs: 1_000 };
    const lateSampler = new LiveSampler(view);
    const sampled = Array.from({ length: 10 }, (_, second) => {
      view.asOfMs = (second + 1) * 1_000;
      // Looked at three times a second, 40 requests in each.
      const samples = [0, 333, 667].map((ms) => lateSampler.sample(view.asOfMs + ms));
      for (let i = 0; i < 40; i++) record(step, view.asOfMs + i * 25, answered(view.asOfMs + i * 25, 10));
      return samples;
    });
    // Once the five recent seconds lie in the window.
    for (const { sentPerS, completedPerS } of sampled.slice(6).flat()) {
      expect(sentPerS).toBeCloseTo(40, 6);
      expect(completedPerS).toBeCloseTo(40, 6);
    }
  });

  it('gives rates and percentiles of the last seconds, errors of the whole window', () => {
    const step = running();
    const sampler = new LiveSampler(step.view);
    // Ten seconds at 20/s and 100 ms, then ten at 50/s and 400 ms.
    for (let ms = 1_000; ms < 11_000; ms += 50) record(step, ms, answered(ms, 100));
    for (let ms = 1_000; ms <= 11_000; ms += 250) sampler.sample(ms);
    step.recorder.recordDrop(10_990, 'max-in-flight');
    for (let nowMs = 11_000; nowMs < 20_000; nowMs += 500) {
      for (let ms = nowMs; ms < nowMs + 500; ms += 20) record(step, ms, answered(ms, 400, 4));
      sampler.sample(nowMs + 500);
    }
    const sample = sampler.sample(20_000);
    expect(sample).toMatchObject({
      phase: 'window',
      askedPerS: 50,
      offered: 651,
      unsuccessful: 1,
      leftMs: 1_000,
    });
    expect(sample.recentMs).toBeGreaterThanOrEqual(5_000);
    expect(sample.recentMs).toBeLessThanOrEqual(5_500);
    expect(sample.sentPerS).toBeCloseTo(50, 6);
    expect(sample.completedPerS).toBeCloseTo(50, 6);
    expect(sample.outputTokensPerS).toBeCloseTo(200, 6);
    expect(sample.latency?.p50Ms).toBeCloseTo(400, 0);
    expect(sample.timeToFirstToken?.p95Ms).toBeCloseTo(100, 0);
    expect(sample.slip?.p99Ms).toBeCloseTo(0.25, 2);
    expect(sample.byReason).toEqual({ 'dropped:max-in-flight': 1 });
  });

  it('tells warm-up, window and drain apart, and asks for no rate in a closed loop', () => {
    const { view } = running();
    const closed = new LiveSampler({ ...view, load: { kind: 'closed', concurrency: 4 } });
    expect(closed.sample(500)).toMatchObject({
      phase: 'warm-up',
      askedPerS: undefined,
      latency: undefined,
      completedPerS: undefined,
    });
    expect(closed.sample(21_500)).toMatchObject({ phase: 'drain', leftMs: 0 });
  });

  it('costs under 1 % of a core at 10,000 requests/s, redraw included', () => {
    const step = running();
    for (let i = 0; i < 100_000; i++) record(step, 1_000 + i / 10, answered(1_000 + i / 10, 20 + (i % 997)));
    const sampler = new LiveSampler(step.view);
    const heading = { target: 'target', step: 'step 1', load: LOAD };
    const redrawsPerS = 1_000 / REDRAW_MS;
    const frame = (i: number): number => {
      for (let j = 0; j < 3_333; j++) step.recorder.soFar.histograms.get('latencyMs')?.record(30 + (j % 400));
      const startedAt = process.cpuUsage();
      new TerminalBlock({ write: () => true }).draw(
        frameLines(heading, sampler.sample(11_000 + i * REDRAW_MS)),
      );
      const { user, system } = process.cpuUsage(startedAt);
      return user + system;
    };
    for (let i = 0; i < 20; i++) frame(i); // Compiled by then.
    // The least of many: what other work on the machine adds to a frame is not what a frame costs.
    const spentUs = Math.min(...Array.from({ length: 60 }, (_, i) => frame(20 + i)));
    const coreRatio = (spentUs / 1e6) * redrawsPerS;
    expect(spentUs).toBeGreaterThan(0);
    expect(coreRatio).toBeLessThan(0.01);
  });
});

describe('a frame', () => {
  it('has everything that a run is watched for', () => {
    const step = running();
    const sampler = new LiveSampler(step.view);
    for (let ms = 1_000; ms < 4_000; ms += 20) record(step, ms, answered(ms, 120));
    step.recorder.recordExchange(3_990, {
      ...answered(3_990, 5),
      outcome: { state: 'failed', code: 'http-overloaded' },
    });
    step.session.inFlight = 7;
    const sample = sampler.sample(4_000);
    const text = frameLines(
      { target: 'target t: simulated engine (simulated)', step: 'step 1', load: LOAD },
      sample,
    ).join('\n');
    for (const words of [
      '(simulated)',
      'step 1: 50 turns/s',
      'asked 50/s',
      'in flight 7',
      'latency  p50 120 ms',
      'TTFT     p50 60 ms',
      'slip     p99 0.25 ms',
      '1 of 151 (0.66 %)  failed:http-overloaded 1',
      '17.0 s left',
    ])
      expect(text).toContain(words);
    expect(plainLine(sample)).toMatch(
      /^ {7}4\.0 s of 21\.0 s, window: asked 50\/s.*TTFT p95 60 ms.*errors 1 of 151/,
    );
  });

  it('draws its bar within its width', () => {
    expect([progressBar(-1), progressBar(0.5), progressBar(2)].map((bar) => bar.length)).toEqual([
      20, 20, 20,
    ]);
    expect(progressBar(0.5)).toBe('━━━━━━━━━━──────────');
  });
});

describe('progress views', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const tick = {
    kind: 'tick',
    name: 'step 1',
    elapsedMs: 0,
    spanMs: 1,
    sent: 0,
    inFlight: 0,
    failed: 0,
  } as const;

  it('redraw in place while a step runs, and leave only lines behind', () => {
    const screen = new Screen();
    let nowMs = 0;
    const listeners = process.listenerCount('exit');
    const view = createLiveView({ write: (text) => screen.write(text), columns: 100, rows: 30 }, () => nowMs);
    const { view: step } = running();
    view.onProgress({ kind: 'target', message: 'target t: llama engine' });
    view.onProgress({ kind: 'step-started', name: 'step 1', spanMs: 21_000, view: step });
    for (let i = 0; i < 9; i++) {
      nowMs += REDRAW_MS;
      vi.advanceTimersByTime(REDRAW_MS);
      view.onProgress(tick);
    }
    expect(screen.redraws).toBe(9);
    expect(screen.lines.filter((line) => line.startsWith('errors')).length).toBe(1);
    view.say('a warning');
    vi.advanceTimersByTime(REDRAW_MS);
    expect(screen.lines[1]).toBe('a warning');
    expect(screen.lines.filter((line) => line.startsWith('errors')).length).toBe(1);
    view.onProgress({ kind: 'step-finished', name: 'step 1', offered: 3, completed: 2, p50Ms: 1, p95Ms: 2 });
    view.close();
    view.close();
    expect(screen.text).toBe(
      'target t: llama engine\na warning\nstep   step 1: 2 of 3 completed, p50 1 ms, p95 2 ms',
    );
    expect(screen.isCursorHidden).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
    expect(process.listenerCount('exit')).toBe(listeners);
  });

  it('in plain lines tell a step’s beginning and end, and between them only every five seconds', () => {
    const said: string[] = [];
    let nowMs = 0;
    const view = createPlainView(
      (line) => said.push(line),
      () => nowMs,
    );
    view.onProgress({ kind: 'step-started', name: 'step 1', spanMs: 21_000, view: running().view });
    for (; nowMs <= 21_000; nowMs += 1_000) view.onProgress(tick);
    view.onProgress({ kind: 'step-finished', name: 'step 1', offered: 3, completed: 2, p50Ms: 1, p95Ms: 2 });
    expect(said.length).toBe(6);
    expect(said[1]).toMatch(/^ {7}5\.0 s of 21\.0 s, window: asked 50\/s/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: there must be none
    expect(said.join('')).not.toMatch(/[\u0000-\u001f]/);
  });

  it.each([
    [{}, true, {}, true],
    [{}, false, {}, false],
    [{ plain: true }, true, {}, false],
    [{}, true, { CI: 'true' }, false],
    [{}, true, { CI: 'false' }, true],
    [{}, true, { NO_COLOR: '1' }, false],
    [{}, true, { NO_COLOR: '' }, true],
    [{}, true, { TERM: 'dumb' }, false],
  ])('%j on a terminal (%s) with %j: live %s', (options, isTerminal, environment, live) => {
    expect(wantsLiveView(options, isTerminal, environment)).toBe(live);
  });
});
