import { join } from 'node:path';
import { formatProgress, type ProgressEvent } from '../../bench/run/progress.ts';
import { runBench } from '../../bench/run/run-bench.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { withOverrides } from '../../scenarios/scenario.ts';
import { ok, type Result } from '../../vocabulary/errors.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';
import { type OwnedProcess, startProcess } from '../processes.ts';
import { type DemoTarget, gatewaySpec } from './targets.ts';

export interface MeasureRequest {
  readonly target: DemoTarget;
  readonly scenario: Scenario;
  readonly budgetMs: number;
  readonly seed: number;
  /** A folder of this run's own, removed by its owner afterwards. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

interface Stack {
  readonly gatewayUrl: string;
  readonly metricsUrls: readonly { readonly process: string; readonly url: string }[];
}

async function startStack(request: MeasureRequest, owned: OwnedProcess[]): Promise<Result<Stack>> {
  const { target, signal, scratch } = request;
  const worker = await startProcess(target.worker, signal);
  if (worker.kind === 'failed') return worker;
  owned.push(worker.value);
  const history = join(scratch, `${target.resultFile}.sqlite`);
  const gateway = await startProcess(gatewaySpec(String(worker.value.ready.address), history), signal);
  if (gateway.kind === 'failed') return gateway;
  owned.push(gateway.value);
  const gatewayUrl = String(gateway.value.ready.url);
  return ok({
    gatewayUrl,
    metricsUrls: [
      { process: 'gateway', url: `${gatewayUrl}/metrics` },
      { process: 'inference', url: String(worker.value.ready.metricsUrl) },
    ],
  });
}

const within = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value));

/** A seventh of the budget for a step, within what gives samples at all and what the search would take by itself. */
const searchPlan = (budgetMs: number) => ({
  kind: 'find-capacity' as const,
  budgetMs,
  windowMs: within(budgetMs / 7, 1_000, 4_000),
  warmUpMs: within(budgetMs / 30, 200, 1_000),
});

/** Unfinished answers are waited for a little longer than the 2 s of the objective: then they have missed it. */
const DRAIN_MS = 2_500;

function scenarioFor({ scenario, target, budgetMs }: MeasureRequest): Result<Scenario> {
  const { workload } = scenario;
  const fitted =
    workload.kind === 'conversations' ? { ...workload, maxHistoryTokens: target.maxHistoryTokens } : workload;
  return withOverrides(scenario, { load: searchPlan(budgetMs), workload: fitted, drainMs: DRAIN_MS });
}

const isWorthALine = (event: ProgressEvent): boolean =>
  event.kind !== 'tick' && event.kind !== 'step-started';

/** Starts a target's processes, finds its capacity, and stops them again whatever happens. */
export async function measureTarget(request: MeasureRequest): Promise<Result<ResultFile>> {
  const { target, seed, signal, say } = request;
  const scenario = scenarioFor(request);
  if (scenario.kind === 'failed') return scenario;
  const owned: OwnedProcess[] = [];
  try {
    const stack = await startStack(request, owned);
    if (stack.kind === 'failed') return stack;
    return await runBench({
      scenario: scenario.value,
      target: { url: stack.value.gatewayUrl, name: target.name },
      metricsUrls: stack.value.metricsUrls,
      seed,
      signal,
      onProgress: (event) => {
        if (isWorthALine(event)) say(`  ${formatProgress(event)}`);
      },
      command: ['busyhour', ...process.argv.slice(2)],
    });
  } finally {
    for (const child of owned.toReversed()) await child.stop();
  }
}
