import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type OwnedProcess, startProcess } from '../../cli/processes.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { readPlanFile } from '../../vocabulary/plan-file.ts';
import { readResultFile } from '../../vocabulary/result-file.ts';
import { runCommand, scratchFolder } from './command.ts';

const TRACE = join(
  import.meta.dirname,
  '../../../shared/data/azure-llm-2023/AzureLLMInferenceTrace_conv.csv.gz',
);

async function startOwned(name: string, args: readonly string[]): Promise<OwnedProcess> {
  const spec = { name, args, readyTimeoutMs: 30_000 };
  const owned = unwrap(await startProcess(spec, new AbortController().signal));
  onTestFinished(async () => {
    await owned.stop();
  });
  return owned;
}

/** The simulated engine behind a gateway, as two processes. Gives the gateway's URL and both /metrics. */
async function startSimulatedStack(): Promise<{ url: string; metrics: string[] }> {
  const worker = await startOwned('inference', [
    'inference',
    '--engine',
    'simulated',
    '--port',
    '0',
    '--metrics-port',
    '0',
  ]);
  const gateway = await startOwned('gateway', [
    'serve',
    '--port',
    '0',
    '--inference',
    String(worker.ready.address),
    '--no-keyword',
  ]);
  const url = String(gateway.ready.url);
  return { url, metrics: [`gateway=${url}/metrics`, `inference=${worker.ready.metricsUrl}`] };
}

describe.skipIf(!existsSync(TRACE))('the Azure chat trace (skipped where shared/data is absent)', () => {
  it('replays through the gateway at three times its speed, and a plan uses its measured arrivals and tokens', async () => {
    const { url, metrics } = await startSimulatedStack();
    const folder = scratchFolder();
    const out = join(folder, 'result.json');
    const replay = ['--trace', TRACE, '--speed-up', '3', '--duration-s', '14', '--url', url, '--out', out];
    const bench = await runCommand(['bench', ...replay, '--metrics', ...metrics]);
    expect([0, 21], bench.stderr).toContain(bench.exitCode);

    const result = unwrap(readResultFile(out));
    const [step] = result.steps;
    // The published facts of the whole trace: 19,366 requests, 5.53/s, gap CV 1.094, 1,154.7 and 211 tokens.
    expect(result.trace?.requests).toBe(19_366);
    expect(result.trace?.meanRequestsPerS).toBeCloseTo(5.53, 1);
    expect(result.trace?.gapCv).toBeCloseTo(1.094, 2);
    expect(result.trace?.meanInputTokens).toBeCloseTo(1_154.7, 0);
    expect(result.trace?.meanOutputTokens).toBeCloseTo(211, 0);
    expect(result.target.simulated).toBe(true);
    expect(step?.counts.offered).toBeGreaterThan(50);
    expect(step?.counts.completed).toBeGreaterThan((step?.counts.offered ?? 0) * 0.95);
    // One word is one token to the simulated engine, so its usage is that of the rows replayed.
    expect((step?.tokens.input ?? 0) / (step?.counts.completed ?? 1)).toBeGreaterThan(300);

    const planned = await runCommand([
      'plan',
      '-r',
      out,
      '--out',
      join(folder, 'report'),
      '--modes',
      'kubernetes,onprem',
    ]);
    expect(planned.exitCode, planned.stderr).toBe(0);
    const plan = unwrap(readPlanFile(join(folder, 'report', 'plan.json')));
    expect(plan.demand.busyHourTurnsPerS).toBeGreaterThan(5);
    const measured = plan.demand.figures.filter(({ basis }) => basis === 'measured').map(({ name }) => name);
    expect(measured).toEqual(expect.arrayContaining(['traceRequestsPerS', 'gapCv', 'indexOfDispersion60S']));
    const kubernetes = plan.modes.find(({ mode }) => mode === 'kubernetes');
    const lines = kubernetes?.kind === 'planned' ? kubernetes.costLines : [];
    const input = lines.find(
      ({ category, line }) => category === 'llm' && / input$/.test(line) && !/cached/.test(line),
    );
    const tokensPerInteraction =
      ((input?.quantity ?? 0) * 1e6) / (plan.demand.interactionsPerDay * (730 / 24));
    // 1,154.7 tokens and the planned share of retries (1 %).
    expect(tokensPerInteraction).toBeGreaterThan(1_150);
    expect(tokensPerInteraction).toBeLessThan(1_175);
    expect(plan.diagnostics.map(({ code }) => code)).toContain('BURSTY_DEMAND');
  }, 180_000);
});
