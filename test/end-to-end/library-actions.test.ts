import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { ScheduledAction } from '../../scenarios/actions.ts';
import { readScenario } from '../../scenarios/scenario.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { type ResultFile, readResultFile } from '../../vocabulary/result-file.ts';
import { startEngine } from '../support/engine-process.ts';
import { startServe } from '../support/serve-process.ts';
import { findFreePort } from '../support/server-process.ts';
import { runCommand, scratchFolder } from './command.ts';

const PATIENT_MS = 120_000;
const SHORT = { turnsPerS: 8, warmUpMs: 1_000, windowMs: 14_000 };

/** The library's own scenario in less time: its action as it is, but sooner and shorter. */
function shortened(name: string, change: Partial<ScheduledAction>): string {
  const scenario = unwrap(readScenario(name));
  const actions = scenario.actions.map((action) => ({ ...action, atMs: 5_000, ...change }));
  const path = join(scratchFolder(), `${name}.json`);
  const load = { kind: 'steps', steps: [SHORT] };
  writeFileSync(path, JSON.stringify({ ...scenario, load, drainMs: 15_000, actions }));
  return path;
}

async function bench(args: readonly string[]): Promise<ResultFile> {
  const out = join(scratchFolder(), 'result.json');
  const { exitCode, stderr } = await runCommand(['bench', ...args, '--out', out]);
  expect([0, 21], stderr).toContain(exitCode);
  const result = unwrap(readResultFile(out));
  expect(result.state).toBe('complete');
  const { offered, completed, failed, timedOut, dropped } = result.steps[0]?.counts ?? {};
  expect(offered).toBe((completed ?? 0) + (failed ?? 0) + (timedOut ?? 0) + (dropped ?? 0));
  return result;
}

it(
  'provider-outage: a provider of a real gateway stalls; the next one answers, and callers waited as long as the gateway lets them',
  async () => {
    const [first, second] = [await startEngine(), await startEngine()];
    const port = await findFreePort();
    const config = join(scratchFolder(), 'gateway.yaml');
    const timeouts = { firstTokenMs: 1_000 };
    writeFileSync(
      config,
      stringify({
        logLevel: 'warn',
        providers: [
          { kind: 'grpc', name: 'first', address: `127.0.0.1:${port}`, timeouts },
          { kind: 'grpc', name: 'second', address: second },
        ],
      }),
    );
    const gateway = await startServe(['--config', config]);
    const scenario = shortened('provider-outage', { forMs: 4_000 });
    const result = await bench([
      scenario,
      '--url',
      gateway.url,
      '--fault-proxy',
      `provider=${port}:${first}`,
    ]);
    const [action] = result.actions ?? [];
    expect(action).toMatchObject({
      kind: 'outage',
      target: 'provider',
      state: 'done',
      detail: 'away by stall',
    });
    expect((action?.endedAtMs ?? 0) - (action?.startedAtMs ?? 0)).toBeGreaterThanOrEqual(3_990);
    expect(action?.effect?.before?.goodRatio).toBeGreaterThan(0.6);
    expect(action?.effect?.after?.goodRatio).toBeGreaterThan(0.6);
    // Without a second provider nothing would have been answered meanwhile.
    expect(action?.effect?.during?.goodRatio).toBeGreaterThan(0.3);
  },
  PATIENT_MS,
);

it(
  'failover: one of two gateways is killed under conversations; the other carries them on',
  async () => {
    const engine = await startEngine();
    const args = ['--inference', engine, '--no-keyword'];
    const [killed, other] = [await startServe(args), await startServe(args)];
    const urls = ['--url', killed.url, '--url', other.url];
    const result = await bench([shortened('failover', {}), ...urls, '--pid', `replica=${killed.pid}`]);
    expect(await killed.exited).toBe('SIGKILL');
    const [action] = result.actions ?? [];
    expect(action).toMatchObject({ kind: 'kill', target: 'replica', state: 'done' });
    expect(action?.effect?.after?.goodRatio).toBeGreaterThan(0.5);
    const { byReason = {}, completed = 0 } = result.steps[0]?.counts ?? {};
    expect(completed).toBeGreaterThan(30);
    // What the crash cost: connections to the dead one.
    expect(
      Object.keys(byReason).some((reason) => /connect|incomplete/.test(reason)),
      JSON.stringify(byReason),
    ).toBe(true);
  },
  PATIENT_MS,
);

it(
  'cold-start: another gateway starts under load, and is timed to its first answer',
  async () => {
    const engine = await startEngine();
    const args = ['--inference', engine, '--no-keyword'];
    const steady = await startServe(args);
    const port = String(await findFreePort());
    const url = `http://127.0.0.1:${port}`;
    const [asItIs] = unwrap(readScenario('cold-start')).actions;
    if (asItIs?.kind !== 'cold-start') throw new Error('the scenario has another action');
    // Its own command, but for the port, with the engine that the steady gateway asks.
    const command = [...asItIs.command.slice(0, -1), port, ...args];
    const result = await bench([
      shortened('cold-start', { command, url }),
      ...['--url', steady.url, '--allow-commands'],
    ]);
    const [action] = result.actions ?? [];
    expect(action).toMatchObject({ kind: 'cold-start', target: 'new-replica', state: 'done' });
    // A whole gateway is started: never at once, and well within the step.
    expect(action?.firstAnswerMs).toBeGreaterThan(100);
    expect(action?.firstAnswerMs).toBeLessThan(SHORT.windowMs);
    expect(action?.readyMs).toBeLessThanOrEqual(action?.firstAnswerMs ?? 0);
    expect(action?.effect?.before?.goodRatio).toBeGreaterThan(0.6);
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  },
  PATIENT_MS,
);
