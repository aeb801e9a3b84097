/** One call of a hot path, ready to run: everything that is not the path itself was done before. */
export interface PreparedMicro {
  /** Performs `operationsPerCall` operations. What it returns is kept from being optimised away. */
  readonly run: () => unknown;
  /** So many that a call takes some tens of microseconds: a clock read would weigh on less. */
  readonly operationsPerCall: number;
  readonly close?: () => void | Promise<void>;
}

/** A hot path to time. A module of cases exports them as `MICRO_CASES`. */
export interface MicroCase {
  readonly name: string;
  readonly prepare: () => PreparedMicro | Promise<PreparedMicro>;
}

/** What a process that measures one block is told. */
export interface BlockRequest {
  /** Absolute path of a module that exports MICRO_CASES. */
  readonly casesPath: string;
  /** In the order to run; none only lists what there is. */
  readonly cases: readonly string[];
  readonly warmUpMs: number;
  readonly blockMs: number;
}

export type CaseReading =
  | { readonly kind: 'measured'; readonly nsPerOp: number; readonly calls: number }
  | { readonly kind: 'failed'; readonly reason: string };

/** What it answers, as one line of JSON. */
export interface BlockAnswer {
  readonly available: readonly string[];
  readonly readings: Readonly<Record<string, CaseReading>>;
}
