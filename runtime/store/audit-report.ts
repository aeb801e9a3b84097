import type { ChainHead } from './audit-chain.ts';

/** Something that should not be, with the first row at which it shows. */
export interface AuditProblem {
  /** `chain X row 7`, `turn 3 of …`, `interaction …`. */
  readonly where: string;
  readonly problem: string;
}

/** One chain as found. */
export interface ChainReport {
  readonly chain: string;
  readonly rows: number;
  /** The end, to be kept elsewhere and given back as --expect-head. */
  readonly head: ChainHead | undefined;
  /** The first broken row. */
  readonly broken: AuditProblem | undefined;
}

/** What verification found. Intact when nothing is broken. */
export interface AuditReport {
  readonly intact: boolean;
  readonly chains: readonly ChainReport[];
  /** Rows of history that the audit does not bear out; at most MAX_PROBLEMS. */
  readonly problems: readonly AuditProblem[];
  readonly auditRows: number;
  readonly turns: number;
  readonly interactions: number;
}

/** More than these say nothing new. */
export const MAX_PROBLEMS = 100;
