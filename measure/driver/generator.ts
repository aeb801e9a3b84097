/**
 * The load generator of `measure -- driver` in a process of its own, on its own core: argument a plan as JSON, prints a
 * reading as JSON on its last line.
 */

import type { TurnRequest } from '../../bench/drive/driver.ts';
import { createDriver } from '../../bench/drive/drivers.ts';
import { runBench } from '../../bench/run/run-bench.ts';
import { tuneV8 } from '../../cli/v8-tuning.ts';
import { resolveScenario, type ScenarioInput, timeoutsSchema } from '../../scenarios/scenario.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { LatencyHistogram } from '../../vocabulary/histogram.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import { sFromMs } from '../../vocabulary/units.ts';
import type { ClosedReading, GeneratorPlan } from './plans.ts';

const US_PER_MS = 1_000;

/** A whole run of the bench, as a user would start it; the reading is its only step. */
async function runScenario(url: string, scenario: ScenarioInput): Promise<ResultStep> {
  const result = unwrap(await runBench({ scenario: unwrap(resolveScenario(scenario)), target: { url } }));
  const [step] = result.steps;
  if (step === undefined) throw new Error('the run gave no step');
  return step;
}

const REQUEST: TurnRequest = {
  interactionId: 'closed',
  messages: [{ role: 'user', content: 'hello' }],
  maxOutputTokens: 1,
  exactOutputTokens: false,
  keepText: false,
};

/** A fixed number of connections that ask again at once: the ceiling of the plain HTTP driver, every answer timed. */
async function runClosed(url: string, connections: number, windowMs: number): Promise<ClosedReading> {
  const driver = createDriver('http', {
    url,
    timeouts: timeoutsSchema.parse({}),
    maxConnections: connections,
  });
  const latency = new LatencyHistogram();
  const state = { isMeasuring: false, isOver: false, failed: 0 };
  const { signal } = new AbortController();
  const ask = async (): Promise<void> => {
    while (!state.isOver) {
      const { outcome, sentAtMs, endedAtMs } = await driver.send(REQUEST, signal);
      if (!state.isMeasuring) continue;
      if (outcome.state === 'completed') latency.record(endedAtMs - sentAtMs);
      else state.failed++;
    }
  };
  const users = Array.from({ length: connections }, ask);
  const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  await wait(windowMs / 4);
  state.isMeasuring = true;
  const [fromMs, cpu] = [performance.now(), process.cpuUsage()];
  await wait(windowMs);
  const spanMs = performance.now() - fromMs;
  const used = process.cpuUsage(cpu);
  state.isMeasuring = false;
  state.isOver = true;
  await Promise.all(users);
  await driver.close();
  const cpuMs = (used.user + used.system) / US_PER_MS;
  return {
    requestsPerS: latency.count / sFromMs(spanMs),
    requestsPerCpuS: latency.count / sFromMs(cpuMs),
    cores: cpuMs / spanMs,
    failed: state.failed,
    wireLatencyP50Ms: latency.percentileMs(50),
    wireLatencyP99Ms: latency.percentileMs(99),
  };
}

// As every command of busyhour does.
tuneV8();
const plan = JSON.parse(process.argv[2] ?? '') as GeneratorPlan;
const reading =
  plan.kind === 'scenario'
    ? await runScenario(plan.url, plan.scenario)
    : await runClosed(plan.url, plan.connections, plan.windowMs);
process.stdout.write(`${JSON.stringify(reading)}\n`);
process.exit(0);
