import { type CheckReport, checkClaims, type Finding } from '../../planner/check/check.ts';
import { readCatalogue } from '../../scenarios/catalogue.ts';
import { readClaims } from '../../scenarios/claims.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { GUIDE_ERRORS, type GuideError } from './guide-errors.ts';

/** Figures that were worked out by hand carry three digits. */
const TOLERANCE = 0.02;
const near = (a: number, b: number): boolean => Math.abs(a - b) <= TOLERANCE * Math.abs(b);

function matches(error: GuideError, { line, corrected }: Finding): boolean {
  if (line === undefined || !error.lines.includes(line)) return false;
  if (error.right === undefined) return true;
  return (
    corrected !== undefined && near(corrected.low, error.right[0]) && near(corrected.high, error.right[1])
  );
}

export interface Matched {
  readonly found: readonly GuideError[];
  readonly missed: readonly GuideError[];
  /** Findings of no error of the list. */
  readonly others: readonly Finding[];
}

/** Gives each error a finding of its own on its line with its figure; those with a figure choose first. */
export function matchErrors(errors: readonly GuideError[], findings: readonly Finding[]): Matched {
  const free = [...findings];
  const found: GuideError[] = [];
  const missed: GuideError[] = [];
  for (const error of [...errors].sort((a, b) => (a.right ? 0 : 1) - (b.right ? 0 : 1))) {
    const at = free.findIndex((finding) => matches(error, finding));
    if (at < 0) {
      missed.push(error);
      continue;
    }
    free.splice(at, 1);
    found.push(error);
  }
  return { found, missed, others: free };
}

const checkLibrary = (name: string): CheckReport =>
  checkClaims(unwrap(readClaims(name)), unwrap(readCatalogue()));

/** Errors of the published guide that the checker finds of those that a reader found, and alarms on the corrected one. */
export async function measureClaims(): Promise<Record<string, number>> {
  const { found, others } = matchErrors(GUIDE_ERRORS, checkLibrary('call-centre-guide').findings);
  return {
    claimsFound: found.length,
    claimsReadByHand: GUIDE_ERRORS.length,
    claimsFoundBesides: others.length,
    claimsFalseAlarms: checkLibrary('call-centre-guide-corrected').findings.length,
  };
}
