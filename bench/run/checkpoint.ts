import { createDiagnostic } from '../../vocabulary/diagnostics.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';
import type { CheckpointOptions, RunBenchOptions } from './run-context.ts';
import { waitUntilUnix } from './start-time.ts';
import type { RunContext } from './step-context.ts';

const EVERY_MS = 3_000;
/** A checkpoint holds up the generator while it is made; at most this share of the time goes to them. */
const MAX_COST_RATIO = 0.02;
/** However slow a machine is, no more than this is lost. */
const SELDOM_MS = 10_000;

const CUT_OFF_MESSAGE =
  'written while the run went on; requests in flight at that instant are not counted, and what came later is missing';

/** The result so far as a file of its own: partial, whatever comes of the run. */
export function markCutOff(soFar: ResultFile): ResultFile {
  const others = soFar.diagnostics.filter(({ code }) => code !== 'INTERRUPTED');
  return {
    ...soFar,
    state: 'partial',
    diagnostics: [createDiagnostic('INTERRUPTED', CUT_OFF_MESSAGE), ...others],
  };
}

/** Hands over the result so far every few seconds, less often where making it takes long, until it is closed. */
export class Checkpoints {
  readonly #read: () => ResultFile;
  readonly #options: CheckpointOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CheckpointOptions, read: () => ResultFile) {
    this.#options = options;
    this.#read = read;
    this.#arm(0);
  }

  #arm(afterMs: number): void {
    this.#timer = setTimeout(() => {
      const startedAtMs = performance.now();
      this.#options.write(markCutOff(this.#read()));
      const costMs = performance.now() - startedAtMs;
      this.#arm(Math.max(this.#options.everyMs ?? EVERY_MS, Math.min(SELDOM_MS, costMs / MAX_COST_RATIO)));
    }, afterMs);
  }

  /** No more checkpoints. Idempotent. */
  close(): void {
    clearTimeout(this.#timer);
  }
}

/**
 * Runs the body of a run, at the instant that a shard is given, with checkpoints of what `readSoFar` tells, and closes
 * the context's driver whatever comes of it.
 */
export async function runGuarded<T>(
  context: RunContext,
  { shard, checkpoint }: Pick<RunBenchOptions, 'shard' | 'checkpoint'>,
  { readSoFar, body }: { readonly readSoFar: () => ResultFile; readonly body: () => Promise<T> },
): Promise<T> {
  let checkpoints: Checkpoints | undefined;
  try {
    if (shard !== undefined) await waitUntilUnix(shard.startAtUnixMs, context.signal);
    if (checkpoint !== undefined) checkpoints = new Checkpoints(checkpoint, readSoFar);
    return await body();
  } finally {
    checkpoints?.close();
    await context.driver.close();
  }
}
