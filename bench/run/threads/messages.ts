import type { Failure } from '../../../vocabulary/errors.ts';
import type { ResultStep } from '../../../vocabulary/result-file.ts';
import type { WatchedProcess } from '../../observe/server-watch.ts';
import type { ProgressEvent } from '../progress.ts';
import type { RunBenchOptions } from '../run-context.ts';
import type { StepOrder } from '../step-crew.ts';
import type { PackedView, PackedViewStart } from './packed-view.ts';

/** What a generator thread is started with: a run that can be copied to it, and its part of every step. */
export type ThreadSetup = Required<Pick<RunBenchOptions, 'scenario' | 'target' | 'seed' | 'shard'>> &
  Pick<RunBenchOptions, 'schedule' | 'variantB'>;

export type Tick = Extract<ProgressEvent, { kind: 'tick' }>;

/** What a thread is told. */
export type ToThread =
  | {
      readonly kind: 'step';
      readonly order: StepOrder;
      readonly startAtUnixMs: number;
      /** Start of the run by the clock that all threads of a process share. */
      readonly runStartedAtUnixMs: number;
      readonly metricsUrls: readonly WatchedProcess[];
    }
  /** Tell what the running step holds so far. */
  | { readonly kind: 'read' }
  /** End at once, with what there is. */
  | { readonly kind: 'abort' };

/** What a thread tells. */
export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'begun'; readonly view: PackedViewStart }
  | { readonly kind: 'tick'; readonly tick: Tick; readonly soFar: PackedView }
  /** `costMs` is what making it took from the generator; no step in the warm-up or between steps. */
  | { readonly kind: 'so-far'; readonly step: ResultStep | undefined; readonly costMs: number }
  | { readonly kind: 'step'; readonly step: ResultStep | undefined }
  | { readonly kind: 'failed'; readonly failure: Omit<Failure, 'cause'> };
