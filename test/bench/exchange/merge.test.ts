import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../../bench/drive/driver.ts';
import { createDriver } from '../../../bench/drive/drivers.ts';
import { wholeRate } from '../../../bench/exchange/merge/merge-loads.ts';
import { mergeShards } from '../../../bench/exchange/merge/merge-results.ts';
import { startGroundTruth } from '../../../bench/ground-truth/server.ts';
import { diagnoseResult } from '../../../bench/judge/diagnose-result.ts';
import { timeoutsSchema } from '../../../scenarios/scenario.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { decodeInFlight, encodeInFlight } from '../../../vocabulary/in-flight-changes.ts';
import type { ResultFile } from '../../../vocabulary/result-file.ts';
import { parseResultFile } from '../../../vocabulary/result-file.ts';
import { comparable, type Recorded, type ReplayOptions, replayStep, resultWith } from './replay.ts';

const judged = (result: ResultFile): ResultFile => ({ ...result, diagnostics: diagnoseResult(result) });

const WHOLE: ReplayOptions = {
  interactionsPerS: 40,
  turnsPerS: 120,
  windowMs: 3_000,
  windowFromMs: 1_000.125,
  isShard: false,
};

function shardsOf(
  requests: readonly Recorded[],
  owners: readonly number[],
  count: number,
  whole: ReplayOptions,
) {
  return Array.from({ length: count }, (_, index) => {
    const own = requests.filter((_request, i) => owners[i] === index);
    const rates = {
      interactionsPerS: whole.interactionsPerS * (1 / count),
      turnsPerS: whole.turnsPerS * (1 / count),
    };
    const step = replayStep(own, { ...whole, ...rates, isShard: true });
    return { path: `shard-${index}.json`, result: judged(resultWith([step], { shard: { index, count } })) };
  });
}

/** Asks a real server, some requests at a time, and keeps what came of each. */
async function recordReal(requests: number): Promise<{ recorded: Recorded[]; fromMs: number }> {
  const truth = await startGroundTruth({ firstTokenMs: 15, tokenGapMs: 4, outputTokens: 5 });
  const options = { url: truth.url, timeouts: timeoutsSchema.parse({}), maxConnections: 64 };
  const driver = createDriver('openai-chat', options);
  const fromMs = performance.now();
  try {
    const recorded = await Promise.all(
      Array.from({ length: requests }, async (_, i): Promise<Recorded> => {
        const scheduledAtMs = fromMs + i * 7.3;
        await new Promise((resolve) => setTimeout(resolve, scheduledAtMs - performance.now()));
        const request = {
          interactionId: `i${i}`,
          messages: [{ role: 'user' as const, content: 'one two three' }],
          maxOutputTokens: 1 + (i % 6),
          exactOutputTokens: true,
          keepText: false,
        };
        return { scheduledAtMs, exchange: await driver.send(request, new AbortController().signal) };
      }),
    );
    return { recorded, fromMs };
  } finally {
    await driver.close();
    await truth.close();
  }
}

describe('merged shards', () => {
  it('equal the unsharded result byte for byte, on outcomes recorded from a real server', async () => {
    const { recorded, fromMs } = await recordReal(250);
    const whole = { ...WHOLE, windowFromMs: fromMs + 100, windowMs: 1_500 };
    const unsharded = judged(resultWith([replayStep(recorded, whole)]));
    expect(unsharded.steps[0]?.counts.completed).toBeGreaterThan(150);
    expect(unsharded.steps[0]?.inFlight.max).toBeGreaterThan(2);
    for (const count of [1, 2, 3, 7]) {
      const owners = recorded.map((_request, i) => i % count);
      const files = shardsOf(recorded, owners, count, whole);
      const merged = unwrap(mergeShards(files, { allowPartial: false }));
      const expected = { ...unsharded, command: ['busyhour', 'bench', 'x'] };
      expect(comparable(merged)).toBe(comparable(expected));
      expect(merged.mergedShards?.parts.map(({ index }) => index)).toEqual(files.map((_file, i) => i));
      unwrap(parseResultFile(JSON.stringify(merged), 'merged'));
    }
  });

  const instant = fc.double({ min: 0, max: 5_000, noNaN: true });
  const span = fc.double({ min: 0, max: 900, noNaN: true });
  const OUTCOMES = [
    { state: 'completed' },
    { state: 'completed' },
    { state: 'failed', code: 'connection-reset' },
    { state: 'failed', code: 'http-server-error', faultCode: 'provider_timeout' },
    { state: 'timed-out', phase: 'total' },
  ] as const;

  const recordedRequest: fc.Arbitrary<Recorded> = fc
    .record({
      scheduledAtMs: instant,
      slipMs: span,
      durationMs: span,
      kind: fc.nat(OUTCOMES.length),
      gapsMs: fc.array(span, { maxLength: 4 }),
      hasUsage: fc.boolean(),
    })
    .map(({ scheduledAtMs, slipMs, durationMs, kind, gapsMs, hasUsage }) => {
      const outcome = OUTCOMES[kind];
      if (outcome === undefined) return { scheduledAtMs, dropped: 'max-in-flight' as const };
      const sentAtMs = scheduledAtMs + slipMs;
      const chunksAtMs = gapsMs.map(
        (_gap, i) => sentAtMs + gapsMs.slice(0, i + 1).reduce((sum, ms) => sum + ms, 0),
      );
      const usage = { inputTokens: 7, outputTokens: gapsMs.length, cachedInputTokens: 3 };
      const exchange: Exchange = {
        outcome,
        sentAtMs,
        endedAtMs: (chunksAtMs.at(-1) ?? sentAtMs) + durationMs,
        chunksAtMs,
        text: '',
        ...(hasUsage ? { usage } : {}),
      };
      return { scheduledAtMs, exchange };
    });

  const run = fc.record({
    requests: fc.array(recordedRequest, { maxLength: 40 }),
    count: fc.integer({ min: 2, max: 6 }),
    draws: fc.array(fc.nat(), { minLength: 40, maxLength: 40 }),
    order: fc.array(fc.double({ noNaN: true }), { minLength: 6, maxLength: 6 }),
  });

  it('equal it however requests are split and in whatever order files are given', () => {
    fc.assert(
      fc.property(run, ({ requests, count, draws, order }) => {
        const unsharded = judged(resultWith([replayStep(requests, WHOLE)]));
        const owners = draws.map((draw) => draw % count);
        const files = shardsOf(requests, owners, count, WHOLE)
          .map((file, i) => ({ file, key: order[i] ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ file }) => file);
        expect(comparable(unwrap(mergeShards(files, { allowPartial: false })))).toBe(comparable(unsharded));
      }),
      { numRuns: 60 },
    );
  });

  it('are the same whether merged at once or some of them first', () => {
    fc.assert(
      fc.property(run, fc.nat(), ({ requests, count, draws }, at) => {
        const files = shardsOf(
          requests,
          draws.map((draw) => draw % count),
          count,
          WHOLE,
        );
        const cut = 1 + (at % (count - 1));
        const allowPartial = true;
        const left = unwrap(mergeShards(files.slice(0, cut), { allowPartial }));
        const right = unwrap(mergeShards(files.slice(cut), { allowPartial }));
        const parts = [right, left].map((result, i) => ({ path: `${i}.json`, result: reread(result) }));
        const twice = unwrap(mergeShards(parts, { allowPartial: true }));
        const once = unwrap(mergeShards(files, { allowPartial: false }));
        expect(comparable(twice)).toBe(comparable(once));
      }),
      { numRuns: 40 },
    );
  });
});

const reread = (result: ResultFile): ResultFile => unwrap(parseResultFile(JSON.stringify(result), 'it'));

describe('instants of requests in flight', () => {
  it('are read back as they were written, negative ones and far ones too', () => {
    const grid = fc.integer({ min: -(2 ** 40), max: 2 ** 42 }).map((at) => at / 16_384);
    fc.assert(
      fc.property(fc.array(fc.tuple(grid, grid), { maxLength: 50 }), (pairs) => {
        const [sent, ended] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
        const read = decodeInFlight(encodeInFlight(sent, ended));
        expect([...read.sentAtMs]).toEqual([...sent].sort((a, b) => a - b));
        expect([...read.endedAtMs]).toEqual([...ended].sort((a, b) => a - b));
      }),
    );
  });
});

describe('the rate of the whole', () => {
  it('is the one that was written, from any equal part of it', () => {
    const rate = fc.integer({ min: 1, max: 1_000_000 }).map((hundredths) => hundredths / 100);
    fc.assert(
      fc.property(rate, fc.integer({ min: 1, max: 100 }), (perS, shards) => {
        expect(wholeRate(perS * (1 / shards), shards)).toBe(perS);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('files that are no shards of one run', () => {
  const requests: Recorded[] = [{ scheduledAtMs: 1_500, dropped: 'too-late' }];
  const files = () => shardsOf(requests, [0], 2, WHOLE);
  const refused = (change: (result: ResultFile) => ResultFile) => {
    const [a, b] = files();
    if (a === undefined || b === undefined) throw new Error('two shards');
    return mergeShards([a, { ...b, result: change(b.result) }], { allowPartial: false });
  };
  const CASES: [string, (result: ResultFile) => ResultFile, RegExp][] = [
    ['seed', (r) => ({ ...r, seed: 2 }), /shard-1\.json: seed/],
    ['scenario', (r) => ({ ...r, scenario: { ...r.scenario, name: 'y' } }), /shard-1\.json: scenario\.name/],
    ['target', (r) => ({ ...r, target: { ...r.target, url: 'http://127.0.0.1:2' } }), /target\.url/],
    ['start', (r) => ({ ...r, shard: { index: 1, count: 2, startAtUnixMs: 5 } }), /shard\.startAtUnixMs/],
    [
      'count',
      (r) => ({ ...r, shard: { index: 1, count: 3, startAtUnixMs: 1_760_000_000_000 } }),
      /shard\.count/,
    ],
    [
      'duplicate',
      (r) => ({ ...r, shard: { index: 0, count: 2, startAtUnixMs: 1_760_000_000_000 } }),
      /shard\.index/,
    ],
    ['partial', (r) => ({ ...r, state: 'partial' }), /shard-1\.json: state/],
    ['no shard', ({ shard: _shard, ...r }) => r, /shard-1\.json: shard/],
    [
      'no instants',
      (r) => ({ ...r, steps: r.steps.map(({ inFlightChanges: _changes, ...step }) => step) }),
      /steps\[0\]\.inFlightChanges/,
    ],
  ];

  it.for(CASES)('are refused for another %s, with the place', ([, change, path]) => {
    const merged = refused(change);
    if (merged.kind === 'ok') throw new Error('merged');
    expect(merged.failure.code).toBe('SHARDS_DO_NOT_MERGE');
    expect(merged.failure.issues.map((issue) => issue.path).join('\n')).toMatch(path);
  });

  it('are refused when one is missing, unless what is there is asked for', () => {
    const [first] = files();
    if (first === undefined) throw new Error('two shards');
    const merged = mergeShards([first], { allowPartial: false });
    expect(merged).toMatchObject({ failure: { issues: [{ expected: 'shard 2/2' }] } });
    const part = unwrap(mergeShards([first], { allowPartial: true }));
    expect(part.state).toBe('partial');
    expect(part.diagnostics.map(({ code }) => code)).toContain('SHARDS_INCOMPLETE');
    expect(part.steps[0]?.load).toEqual({ kind: 'open', interactionsPerS: 20, turnsPerS: 60 });
  });

  it('leave out a step that one of them stopped early, when asked to', () => {
    const [first, second] = files();
    if (first === undefined || second === undefined) throw new Error('two shards');
    const cut = second.result.steps.map((step) => ({ ...step, windowMs: 1_200 }));
    const stopped = { ...second, result: { ...second.result, steps: cut, state: 'partial' as const } };
    expect(mergeShards([first, stopped], { allowPartial: false }).kind).toBe('failed');
    const merged = unwrap(mergeShards([first, stopped], { allowPartial: true }));
    expect(merged.steps).toEqual([]);
    expect(merged.diagnostics.find(({ code }) => code === 'SHARDS_INCOMPLETE')?.message).toMatch(/step 1/);
  });
});

describe('scheduled actions', () => {
  it('are judged by the seconds of all shards, not of one', () => {
    const at = (ms: number): Recorded => ({ scheduledAtMs: 1_000 + ms, dropped: 'max-in-flight' });
    const timing = { sentAtMs: 1_200, endedAtMs: 1_210, chunksAtMs: [], text: '' };
    const good: Recorded = { scheduledAtMs: 1_200, exchange: { ...timing, outcome: { state: 'completed' } } };
    const whole = { ...WHOLE, windowFromMs: 1_000 };
    const action = {
      kind: 'outage',
      target: 'x',
      plannedAtMs: 1_250,
      startedAtMs: 1_250,
      endedAtMs: 2_250,
      state: 'done',
    } as const;
    const [a, b] = shardsOf([good, at(100), at(1_100), at(2_100)], [0, 1, 0, 1], 2, whole).map((file) => ({
      ...file,
      result: { ...file.result, actions: [{ ...action, effect: {} }] },
    }));
    if (a === undefined || b === undefined) throw new Error('two shards');
    const merged = unwrap(mergeShards([a, b], { allowPartial: false }));
    // In the first second, one of two was good: the good one went by one shard, the other by the other.
    expect(merged.actions?.[0]?.effect?.before).toMatchObject({ seconds: 1, goodRatio: 0.5 });
    expect(merged.actions?.[0]?.effect?.during).toMatchObject({ seconds: 1, goodRatio: 0 });
  });
});
