import type { Scenario } from '../../scenarios/scenario.ts';
import type { Random } from '../../vocabulary/random.ts';
import type { Driver } from '../drive/driver.ts';
import type { MeanShape } from '../workload/interaction.ts';
import type { ProgressListener } from './progress.ts';

/** A Prometheus page to read during the run, and the process that it speaks of. */
export interface MetricsUrl {
  readonly process: string;
  readonly url: string;
}

/** What every step of a run shares. */
export interface RunContext {
  readonly scenario: Scenario;
  readonly shape: MeanShape;
  readonly driver: Driver;
  readonly random: Random;
  readonly metricsUrls: readonly MetricsUrl[];
  readonly signal: AbortSignal;
  readonly onProgress: ProgressListener;
  /** performance.now() at the start of the run. */
  readonly startedAtMs: number;
}
