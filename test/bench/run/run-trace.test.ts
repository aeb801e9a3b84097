import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTraceReplay, selectReplay } from '../../../bench/run/run-trace.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { parseResultFile } from '../../../vocabulary/result-file.ts';
import { type QueueServer, startQueueServer } from './queue-server.ts';

const ROWS = [
  '2023-11-16 18:15:00.0000000,3,7',
  '2023-11-16 18:15:02.5000000,250,1',
  '2023-11-16 18:15:05.0000000,11,40',
  '2023-11-16 18:15:10.0000000,1,2',
  '2023-11-16 18:16:40.0000000,5,5',
];

let folder: string;
let tracePath: string;
let server: QueueServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'replay-'));
  tracePath = join(folder, 'small.csv');
  writeFileSync(tracePath, ['TIMESTAMP,ContextTokens,GeneratedTokens', ...ROWS].join('\r\n'));
  server = await startQueueServer({ slots: 10, serviceMs: 5 });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

describe('replaying a trace', () => {
  it('sends each request at its own instant with exactly its tokens, and describes the whole trace', async () => {
    const target = { url: server.url };
    const result = unwrap(await runTraceReplay({ tracePath, speedUp: 10, durationMs: 2_000, target }));
    expect(unwrap(parseResultFile(JSON.stringify(result), 'the run'))).toEqual(result);
    const asked = server.bodies.map(({ messages = [], max_tokens }) => [
      messages.length,
      messages[0]?.content.split(' ').length,
      max_tokens,
    ]);
    expect(asked).toEqual([
      [1, 3, 7],
      [1, 250, 1],
      [1, 11, 40],
      [1, 1, 2],
    ]);
    const [step] = result.steps;
    expect(step?.load).toMatchObject({ kind: 'trace', speedUp: 10 });
    expect(step?.counts).toMatchObject({ offered: 4, completed: 4 });
    // The last of the four falls due after ten seconds of the trace: one of the replay.
    expect(step?.windowMs).toBeCloseTo(1_001, 0);
    expect(step?.timeline.map(({ offered }) => offered)).toEqual([3, 1]);
    expect(result.trace).toMatchObject({
      requests: 5,
      spanMs: 100_000,
      source: 'small.csv',
      meanInputTokens: 54,
    });
    expect(result.scenario.replay).toEqual({ speedUp: 10, requests: 4 });
  });

  it('selects by number and by time of the replay', () => {
    const requests = [0, 100, 200, 300].map((atMs) => ({ atMs, inputTokens: 1, outputTokens: 1 }));
    const instants = (options: Parameters<typeof selectReplay>[1]) =>
      selectReplay(requests, options).map(({ atMs }) => atMs);
    expect(instants({ speedUp: 2 })).toEqual([0, 50, 100, 150]);
    expect(instants({ speedUp: 0.5, maxRequests: 2 })).toEqual([0, 200]);
    expect(instants({ speedUp: 1, durationMs: 200 })).toEqual([0, 100]);
  });

  it('refuses what makes no sense, before anything is sent', async () => {
    const target = { url: 'http://127.0.0.1:1' };
    const wrong = await runTraceReplay({ tracePath, speedUp: 0, maxRequests: -1, target });
    expect(wrong).toMatchObject({
      failure: { code: 'USAGE', issues: [{ path: 'speedUp' }, { path: 'maxRequests' }] },
    });
    writeFileSync(join(folder, 'bad.csv'), 'TIMESTAMP,ContextTokens,GeneratedTokens\nx,1,1\n');
    const bad = await runTraceReplay({ tracePath: join(folder, 'bad.csv'), speedUp: 1, target });
    expect(bad).toMatchObject({ failure: { code: 'INVALID_TRACE' } });
  });
});
