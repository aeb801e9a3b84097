import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { unwrap } from '../../vocabulary/errors.ts';
import { readResultFile } from '../../vocabulary/result-file.ts';
import { startEngine } from '../support/engine-process.ts';
import { startServe } from '../support/serve-process.ts';
import { findFreePort } from '../support/server-process.ts';
import { runCommand, scratchFolder } from './command.ts';

const constant = (value: number) => ({ distribution: { kind: 'constant', value }, source: 'a test' });

const scenarioOf = (actions: unknown, windowMs: number) => ({
  name: 'outage',
  description: 'A provider goes away.',
  workload: { kind: 'requests', inputTokens: constant(20), outputTokens: constant(5) },
  load: { kind: 'steps', steps: [{ turnsPerS: 20, warmUpMs: 1_000, windowMs }] },
  slos: [{ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 2_000 }],
  actions,
});

/** Sum of a counter of the gateway over all lines that carry these labels. */
async function countOf(url: string, name: string, labels: string): Promise<number> {
  const page = await (await request(`${url}/metrics`)).body.text();
  return page
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && line.includes(labels))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

it('takes a provider away on schedule; the chain of a real gateway answers from the next and returns', async () => {
  const folder = scratchFolder();
  const engine = await startEngine();
  const backup = await startEngine();
  const port = await findFreePort();
  const config = join(folder, 'gateway.yaml');
  writeFileSync(
    config,
    stringify({
      logLevel: 'warn',
      // The gateway is up before the proxy is: its first provider must be asked again soon, then and after the outage.
      breaker: { openMs: 300, maxOpenMs: 600 },
      providers: [
        { kind: 'grpc', name: 'first', address: `127.0.0.1:${port}` },
        { kind: 'grpc', name: 'second', address: backup },
      ],
    }),
  );
  const gateway = await startServe(['--config', config]);
  const scenario = join(folder, 'outage.yaml');
  const actions = [{ kind: 'outage', atMs: 4_000, forMs: 3_000, target: 'first' }];
  writeFileSync(scenario, stringify(scenarioOf(actions, 12_000)));
  const out = join(folder, 'result.json');
  const proxy = `first=${port}:${engine}`;
  const bench = await runCommand([
    ...['bench', scenario, '--url', gateway.url, '--fault-proxy', proxy, '--out', out],
  ]);
  expect([0, 21], bench.stderr).toContain(bench.exitCode);
  const result = unwrap(readResultFile(out));
  const [action] = result.actions ?? [];
  expect(action).toMatchObject({ kind: 'outage', target: 'first', state: 'done' });
  // The chain takes over: what was on its way is lost, then customers are answered. Without it none would be.
  expect(action?.effect?.before?.goodRatio).toBeGreaterThan(0.95);
  expect(action?.effect?.during?.goodRatio).toBeGreaterThan(0.75);
  expect(action?.effect?.after?.goodRatio).toBeGreaterThan(0.95);
  expect(action?.effect?.recoveryMs).toBeLessThan(5_000);
  const attempts = 'busyhour_provider_attempts_total';
  // Before and after the outage: 12 of 15 seconds.
  expect(await countOf(gateway.url, attempts, 'provider="first"')).toBeGreaterThan(50);
  // About three seconds of 20 turns/s, more while the breaker stays open.
  expect(await countOf(gateway.url, attempts, 'provider="second"')).toBeGreaterThan(30);
  expect(
    await countOf(gateway.url, 'busyhour_gateway_answers_total', 'outcome="failed_over"'),
  ).toBeGreaterThan(30);
}, 90_000);

it('kills one of two gateways: the other carries on', async () => {
  const folder = scratchFolder();
  const engine = await startEngine();
  const args = ['--inference', engine, '--no-keyword'];
  const [first, second] = [await startServe(args), await startServe(args)];
  const scenario = join(folder, 'kill.yaml');
  const actions = [{ kind: 'kill', atMs: 4_000, target: 'gateway-1' }];
  writeFileSync(scenario, stringify(scenarioOf(actions, 10_000)));
  const out = join(folder, 'result.json');
  const bench = await runCommand([
    ...['bench', scenario, '--url', first.url, '--url', second.url],
    ...['--pid', `gateway-1=${first.pid}`, '--out', out],
  ]);
  expect([0, 21], bench.stderr).toContain(bench.exitCode);
  expect(await first.exited).toBe('SIGKILL');
  const result = unwrap(readResultFile(out));
  expect(result.target.replicas).toBe(2);
  const [action] = result.actions ?? [];
  expect(action).toMatchObject({ kind: 'kill', state: 'done' });
  const { counts } = result.steps[0] ?? {};
  // A gateway on a busy machine sheds load by itself; what the kill costs are the connections to the dead one.
  const cut = Object.entries(counts?.byReason ?? {})
    .filter(([reason]) => reason.startsWith('failed:connect'))
    .reduce((sum, [, requests]) => sum + requests, 0);
  expect(cut, JSON.stringify(counts)).toBeGreaterThan(0);
  expect(cut, JSON.stringify(counts)).toBeLessThan((counts?.offered ?? 0) * 0.1);
  expect(action?.effect?.after?.goodRatio).toBeGreaterThan(0.9);
}, 90_000);
