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

/** What a process that measures blocks is asked, a line of JSON each. */
export interface CaseRequest {
  readonly case: string;
  readonly warmUpMs: number;
  readonly blockMs: number;
}

export type CaseReading =
  | { readonly kind: 'measured'; readonly nsPerOp: number; readonly calls: number }
  | { readonly kind: 'failed'; readonly reason: string };

/** Begins each line of an answer; whatever else a case prints is not one. */
export const ANSWER_MARK = '@busyhour ';
