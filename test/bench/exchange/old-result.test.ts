import { describe, expect, it } from 'vitest';
import { FORMATTERS } from '../../../bench/exchange/export/export-formats.ts';
import { mergeShards } from '../../../bench/exchange/merge/merge-results.ts';
import { diagnoseResult } from '../../../bench/judge/diagnose-result.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { LatencyHistogram } from '../../../vocabulary/histogram.ts';
import { parseResultFile } from '../../../vocabulary/result-file.ts';

/** As the first release wrote it: schema version 1 without any of the fields that were added since. */
const OLD = {
  kind: 'busyhour-result',
  schemaVersion: 1,
  tool: { name: 'busyhour', version: '0.1.0' },
  runId: '2026-01-01T00:00:00.000Z-00000000',
  startedAtUnixMs: 1_767_225_600_000,
  finishedAtUnixMs: 1_767_225_605_000,
  state: 'complete',
  command: ['busyhour', 'bench', 'call-centre'],
  seed: 1,
  scenario: { name: 'call-centre', load: { kind: 'steps' } },
  shape: { meanTurnsPerInteraction: 5.5, meanThinkTimeMs: 9_000, basis: 'STAR dialogs' },
  target: {
    name: 'gateway',
    protocol: 'dialog',
    engine: 'simulated',
    simulated: true,
    replicas: 1,
    versions: {},
  },
  machine: { cpuModel: 'any', cores: 2, memoryBytes: 8_000_000_000, platform: 'linux x64', node: 'v24.0.0' },
  slos: [{ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 2_000 }],
  steps: [
    {
      name: 'step 1',
      load: { kind: 'open', interactionsPerS: 1, turnsPerS: 5.5 },
      startedAtMs: 20,
      warmUpMs: 1_000,
      windowMs: 1_000,
      counts: { offered: 2, completed: 2, failed: 0, timedOut: 0, dropped: 0, byReason: {} },
      goodRequests: 2,
      interactions: { started: 1, completed: 0, abandoned: 0 },
      inFlight: { mean: 0.3, max: 2 },
      histograms: {
        // Two turns of 100 ms and 200 ms, encoded by that release.
        latencyMs: {
          encoding: 'hdr-v2-base64',
          unit: 'us',
          count: 2,
          sumMs: 300.1,
          minMs: 100,
          maxMs: 200.1,
          clipped: 0,
          data: 'DATA',
        },
      },
      tokens: { input: 20, cachedInput: 0, output: 20, requestsWithUsage: 2, requestsCounted: 0 },
      generator: {
        cpuCores: 0.1,
        eventLoopUtilisation: 0.1,
        eventLoopDelayP99Ms: 1,
        gcPauseTotalMs: 0,
        maxRssBytes: 1_000,
      },
      timeline: [{ atMs: 1_020, offered: 2, completed: 2, unsuccessful: 0, maxInFlight: 2 }],
    },
  ],
  diagnostics: [{ code: 'SIMULATED_TARGET', message: 'the engine is simulated' }],
} as const;

const histogram = new LatencyHistogram();
for (const ms of [100, 200.1]) histogram.record(ms);
const text = JSON.stringify(OLD).replace('DATA', histogram.encode().data);

describe('a result file of the first release', () => {
  const result = unwrap(parseResultFile(text, 'old.json'));

  it('is read, judged and exported in every format', () => {
    expect(JSON.parse(JSON.stringify(result))).toEqual(JSON.parse(text));
    expect(diagnoseResult(result).map(({ code }) => code)).toContain('SIMULATED_TARGET');
    for (const format of Object.values(FORMATTERS))
      expect(unwrap(format(result, {})).length).toBeGreaterThan(100);
  });

  it('is no shard, and says so', () => {
    expect(mergeShards([{ path: 'old.json', result }], { allowPartial: true })).toMatchObject({
      failure: { code: 'SHARDS_DO_NOT_MERGE', issues: [{ path: 'old.json: shard' }] },
    });
  });
});
