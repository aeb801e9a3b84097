import { createDiagnostic } from '../../vocabulary/diagnostics.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';
import type { CheckpointOptions } from './run-context.ts';

const EVERY_MS = 5_000;
/** A checkpoint holds up the generator while it is made; at most this share of the time goes to them. */
const MAX_COST_RATIO = 0.005;

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
    this.#arm(options.everyMs ?? EVERY_MS);
  }

  #arm(afterMs: number): void {
    this.#timer = setTimeout(() => {
      const startedAtMs = performance.now();
      this.#options.write(markCutOff(this.#read()));
      const costMs = performance.now() - startedAtMs;
      this.#arm(Math.max(this.#options.everyMs ?? EVERY_MS, costMs / MAX_COST_RATIO));
    }, afterMs);
  }

  /** No more checkpoints. Idempotent. */
  close(): void {
    clearTimeout(this.#timer);
  }
}
