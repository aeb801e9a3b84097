import type { Scenario } from '../../scenarios/scenario.ts';
import { createRandom } from '../../vocabulary/random.ts';
import { createDriver } from '../drive/drivers.ts';
import { estimateMeanShape } from '../workload/interaction.ts';
import type { ProgressListener } from './progress.ts';
import type { MetricsUrl, RunContext } from './step-context.ts';
import type { ResolvedTarget, TargetOptions } from './target.ts';

export interface RunBenchOptions {
  readonly scenario: Scenario;
  readonly target: TargetOptions;
  readonly metricsUrls?: readonly MetricsUrl[];
  /** The scenario's own seed where absent. */
  readonly seed?: number;
  /** Aborting ends the run at once with a valid result of state `partial`. */
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
  /** Recorded in the result; empty where absent. */
  readonly command?: readonly string[];
}

/** What all steps of a run share. The caller closes the context's driver. */
export function createContext(options: RunBenchOptions, resolved: ResolvedTarget, seed: number): RunContext {
  const { scenario, target } = options;
  const random = createRandom(seed);
  return {
    scenario,
    shape: estimateMeanShape(scenario.workload, createRandom(seed).fork('shape')),
    driver: createDriver(scenario.protocol, {
      url: target.url,
      timeouts: scenario.timeouts,
      maxConnections: scenario.maxInFlight,
      ...(target.apiKey === undefined ? {} : { apiKey: target.apiKey }),
      ...(resolved.model === undefined ? {} : { model: resolved.model }),
    }),
    random,
    metricsUrls: options.metricsUrls ?? [],
    signal: options.signal ?? new AbortController().signal,
    onProgress: options.onProgress ?? (() => {}),
    startedAtMs: performance.now(),
  };
}

/** The target in one line, simulated when it is. */
export function describeTarget({ target }: ResolvedTarget): string {
  const what = target.engine === 'unknown' ? target.protocol : `${target.engine} engine`;
  const hardware = target.hardware === undefined ? '' : ` on ${target.hardware}`;
  return `target ${target.name}: ${what}${target.simulated ? ' (simulated)' : ''}${hardware}`;
}
