import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ActionMeans, NO_MEANS } from '../../../bench/run/actions/action-schedule.ts';
import { computeEffect } from '../../../bench/run/actions/effect.ts';
import { FaultProxy } from '../../../bench/run/actions/fault-proxy.ts';
import { ownPid, signalProcess } from '../../../bench/run/actions/own-process.ts';
import { runBench } from '../../../bench/run/run-bench.ts';
import { resolveScenario, type ScenarioInput } from '../../../scenarios/scenario.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { parseResultFile, type ResultStep } from '../../../vocabulary/result-file.ts';
import { findFreePort } from '../../support/server-process.ts';
import { startQueueServer } from './queue-server.ts';

const constant = (value: number) => ({
  distribution: { kind: 'constant' as const, value },
  source: 'a test',
});

const scenarioOf = (actions: ScenarioInput['actions'], windowMs = 8_000) =>
  unwrap(
    resolveScenario({
      name: 'actions',
      description: 'A test.',
      workload: { kind: 'requests', inputTokens: constant(5), outputTokens: constant(3) },
      load: { kind: 'steps', steps: [{ turnsPerS: 60, warmUpMs: 0, windowMs }] },
      slos: [{ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 300 }],
      timeouts: { firstTokenMs: 1_000, totalMs: 1_500 },
      drainMs: 1_000,
      actions: actions ?? [],
    }),
  );

async function serve(serviceMs = 5) {
  const server = await startQueueServer({ slots: 100, serviceMs });
  onTestFinished(() => server.close());
  return server;
}

const portOf = (url: string): number => Number(new URL(url).port);

describe('an outage through a fault proxy', () => {
  it.each(['refuse', 'reset', 'stall'] as const)(
    'by %s takes goodput away for as long as it lasts, and it comes back',
    async (how) => {
      const server = await serve();
      const port = await findFreePort();
      const spec = { port, host: '127.0.0.1', targetPort: portOf(server.url) };
      const means: ActionMeans = { ...NO_MEANS, proxies: new Map([['engine', spec]]) };
      const actions = [{ kind: 'outage' as const, atMs: 2_000, forMs: 1_500, target: 'engine', how }];
      const result = unwrap(
        await runBench({
          scenario: scenarioOf(actions),
          target: { url: `http://127.0.0.1:${port}` },
          means,
        }),
      );
      expect(unwrap(parseResultFile(JSON.stringify(result), 'the run'))).toEqual(result);
      const [action] = result.actions ?? [];
      expect(action).toMatchObject({ kind: 'outage', target: 'engine', plannedAtMs: 2_000, state: 'done' });
      expect((action?.endedAtMs ?? 0) - (action?.startedAtMs ?? 0)).toBeGreaterThanOrEqual(1_490);
      expect(action?.effect?.before?.goodRatio).toBeGreaterThan(0.95);
      expect(action?.effect?.during?.goodRatio).toBeLessThan(0.7);
      expect(action?.effect?.after?.goodRatio).toBeGreaterThan(0.8);
      expect(action?.effect?.recoveryMs).toBeLessThan(2_500);
    },
  );

  it('leaves bytes as they are while there is none', async () => {
    const body = Buffer.alloc(300_000, 'a fault proxy changes nothing ');
    const server = createServer((request, response) => request.pipe(response)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const targetPort = address !== null && typeof address === 'object' ? address.port : 0;
    const proxy = new FaultProxy({ port: 0, host: '127.0.0.1', targetPort });
    unwrap(await proxy.start());
    onTestFinished(async () => {
      await proxy.close();
      server.close();
    });
    const echoed = await fetch(`http://127.0.0.1:${proxy.port}`, { method: 'POST', body });
    expect(Buffer.from(await echoed.arrayBuffer()).equals(body)).toBe(true);
  });
});

/** A process of this test's own that serves until it is ended. */
async function startServer(port: number): Promise<number> {
  const source = `
    const { createServer } = require('node:http');
    createServer((request, response) => {
      request.resume().on('end', () => {
        if (request.url === '/v1/models') return response.end('{"data":[{"id":"own"}]}');
        if (request.method !== 'POST') return response.writeHead(404).end('{}');
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end('data: {"choices":[{"delta":{"content":"a"}}]}\\n\\ndata: {"choices":[{"delta":{},"finish_reason":"stop"}]}\\n\\ndata: [DONE]\\n\\n');
      });
    }).listen(${port}, '127.0.0.1', () => console.log('up'));`;
  const child = spawn(process.execPath, ['-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child.pid ?? 0;
}

describe('two replicas of which one is killed', () => {
  it('lose what was on its way, and the other takes the rest', async () => {
    const ports = [await findFreePort(), await findFreePort()];
    const [first = 0, second = 0] = ports;
    const pid = await startServer(first);
    await startServer(second);
    const actions = [{ kind: 'kill' as const, atMs: 2_000, target: 'replica-1' }];
    const result = unwrap(
      await runBench({
        scenario: scenarioOf(actions, 7_000),
        target: { url: `http://127.0.0.1:${first}`, replicaUrls: [`http://127.0.0.1:${second}`] },
        means: { ...NO_MEANS, pids: new Map([['replica-1', pid]]) },
      }),
    );
    expect(result.target.replicas).toBe(2);
    const [action] = result.actions ?? [];
    expect(action).toMatchObject({ kind: 'kill', state: 'done', detail: `SIGKILL to process ${pid}` });
    const { counts } = result.steps[0] ?? {};
    // One request a second finds out that it is still gone; all others go to the one that stands.
    expect(counts?.failed).toBeGreaterThan(0);
    expect(counts?.failed).toBeLessThan((counts?.offered ?? 0) * 0.08);
    expect(action?.effect?.after?.goodRatio).toBeGreaterThan(0.9);
    expect(action?.effect?.recoveryMs).toBeLessThan(3_000);
  });
});

describe('a cold start', () => {
  const SOURCE = `
    setTimeout(() => require('node:http').createServer((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end('data: {"choices":[{"delta":{"content":"a"}}]}\\n\\ndata: {"choices":[{"delta":{},"finish_reason":"stop"}]}\\n\\ndata: [DONE]\\n\\n');
      });
    }).listen(Number(process.argv[1]), '127.0.0.1'), 700);`;

  it('is timed to the first answer, and the process is gone after the run', async () => {
    const server = await serve();
    const port = await findFreePort();
    const url = `http://127.0.0.1:${port}`;
    const command = [process.execPath, '-e', SOURCE, String(port)];
    const actions = [{ kind: 'cold-start' as const, atMs: 200, target: 'second', command, url }];
    const scenario = scenarioOf(actions, 3_000);
    const refused = await runBench({ scenario, target: { url: server.url } });
    expect(refused).toMatchObject({ failure: { code: 'USAGE', issues: [{ path: 'actions[0].target' }] } });
    const means = { ...NO_MEANS, allowCommands: true };
    const result = unwrap(await runBench({ scenario, target: { url: server.url }, means }));
    const [action] = result.actions ?? [];
    expect(action).toMatchObject({ kind: 'cold-start', state: 'done' });
    expect(action?.readyMs).toBeGreaterThan(690);
    expect(action?.firstAnswerMs).toBeGreaterThanOrEqual(action?.readyMs ?? Number.NaN);
    await expect(fetch(url)).rejects.toThrow();
  });
});

describe('processes that are not ours', () => {
  it('are never touched', () => {
    expect(ownPid('self', process.pid)).toMatchObject({ failure: { code: 'USAGE' } });
    expect(ownPid('parent', process.ppid)).toMatchObject({ failure: { code: 'USAGE' } });
    expect(ownPid('init', 1)).toMatchObject({ failure: { code: 'USAGE' } });
    expect(ownPid('nobody', 2 ** 22 + 1)).toMatchObject({ failure: { code: 'USAGE' } });
    // The id of a process of ours that another one has by now: its start time differs.
    expect(signalProcess({ pid: process.pid, startedAtTicks: '1' }, 'SIGKILL')).toBe(false);
  });

  it('and actions without means are listed, all of them', async () => {
    const actions = [
      { kind: 'outage' as const, atMs: 0, forMs: 1, target: 'engine' },
      { kind: 'kill' as const, atMs: 0, target: 'gateway' },
    ];
    const result = await runBench({ scenario: scenarioOf(actions), target: { url: 'http://127.0.0.1:1' } });
    if (result.kind === 'ok') throw new Error('it ran');
    expect(result.failure.issues.map(({ path, fix }) => `${path} ${fix}`)).toEqual([
      expect.stringContaining('actions[0].target give --fault-proxy engine='),
      expect.stringContaining('actions[1].target give --pid gateway='),
    ]);
  });
});

describe('the effect of an action', () => {
  it('is counted in whole seconds by hand', () => {
    const goods = [10, 10, 10, 0, 0, 4, 10, 10, 10, 10];
    const timeline = goods.map((good, i) => ({
      atMs: 1_000 + i * 1_000,
      offered: 10,
      completed: good,
      unsuccessful: 10 - good,
      good,
      maxInFlight: 1,
    }));
    const steps = [{ timeline }] as unknown as ResultStep[];
    expect(computeEffect(steps, { startedAtMs: 4_200, endedAtMs: 5_900 })).toEqual({
      before: { seconds: 3, goodputPerS: 10, goodRatio: 1 },
      during: { seconds: 2, goodputPerS: 0, goodRatio: 0 },
      after: { seconds: 5, goodputPerS: 8.8, goodRatio: 0.88 },
      recoveryMs: 1_100,
    });
  });
});
