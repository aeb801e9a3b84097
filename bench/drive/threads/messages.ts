import type { Failure } from '../../../vocabulary/errors.ts';
import type { ResultFile } from '../../../vocabulary/result-file.ts';
import type { ProgressEvent } from '../../run/progress.ts';
import type { RunBenchOptions } from '../../run/run-context.ts';

/** What a generator thread is started with: a run that can be copied to it. */
export type ThreadRun = Pick<
  RunBenchOptions,
  'scenario' | 'target' | 'metricsUrls' | 'seed' | 'command' | 'shard'
>;

/** What a thread tells. */
export type FromThread =
  | { readonly kind: 'progress'; readonly event: ProgressEvent }
  | { readonly kind: 'result'; readonly result: ResultFile }
  | { readonly kind: 'failed'; readonly failure: Omit<Failure, 'cause'> };

/** What a thread is told: to end at once, with what it has. */
export type ToThread = 'abort';
