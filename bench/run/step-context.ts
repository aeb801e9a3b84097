import type { Scenario } from '../../scenarios/scenario.ts';
import type { Random } from '../../vocabulary/random.ts';
import type { Driver } from '../drive/driver.ts';
import type { WatchedProcess } from '../observe/server-watch.ts';
import type { MeanShape } from '../workload/interaction.ts';
import type { TextMaker } from '../workload/prompt.ts';
import type { PlannedInteraction } from '../workload/schedule.ts';
import type { ProgressListener } from './progress.ts';
import type { RunJournal } from './run-journal.ts';
import type { Shard } from './shard.ts';
import type { StepCrew } from './step-crew.ts';

/** A process of the target to watch during the run. */
export type MetricsUrl = WatchedProcess;

/** The two sides of a comparison: `a` is the baseline. */
export type Variant = 'a' | 'b';

/** What every step of a run shares. */
export interface RunContext {
  readonly scenario: Scenario;
  readonly shape: MeanShape;
  readonly driver: Driver;
  /** Makes prompts to length; one word per token where absent. */
  readonly texts?: TextMaker;
  readonly random: Random;
  readonly metricsUrls: readonly MetricsUrl[];
  readonly signal: AbortSignal;
  readonly onProgress: ProgressListener;
  /** performance.now() at the start of the run. */
  readonly startedAtMs: number;
  /** This generator's part of every step's schedule; all of it where absent. */
  readonly shard?: Shard;
  /** Interactions of steps by the name of their stream, drawn before; steps that it lacks are drawn as they are run. */
  readonly schedule?: ReadonlyMap<string, readonly PlannedInteraction[]>;
  /** Keeps what a run that is cut off has measured so far; nothing is kept where absent. */
  readonly journal?: RunJournal;
  /** Carries out this run's steps in other threads; this one does it itself where absent. */
  readonly crew?: StepCrew;
  /** What an `ab` plan compares: each its own target, workload and driver. */
  readonly variants?: { readonly [V in Variant]: RunContext };
}
