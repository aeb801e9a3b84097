import type { ResultStep } from '../../vocabulary/result-file.ts';

/** The steps of a run, and what to note of them in the result's scenario record. */
export interface StepsOutcome {
  readonly steps: readonly ResultStep[];
  readonly notes?: Readonly<Record<string, unknown>>;
}
