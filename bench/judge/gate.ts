import { EXIT_CODES, type ExitCode } from '../../vocabulary/errors.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';
import type { OnNotEnoughEvidence, ReadBudgets } from './budgets.ts';
import { type BudgetCheck, checkBudgets } from './check-budgets.ts';
import { compareRuns } from './compare.ts';
import type { Comparison } from './comparison.ts';
import { splitVariants } from './subjects.ts';

/** What the gate found and what follows from it. */
export interface GateOutcome {
  /** Absent when there is nothing to compare with. */
  readonly comparison?: Comparison;
  readonly budgets: readonly BudgetCheck[];
  readonly verdict: 'passed' | 'passed with warnings' | 'budget missed' | 'regression';
  readonly onNotEnoughEvidence: OnNotEnoughEvidence;
  readonly exitCode: ExitCode;
}

export interface GateInput {
  /** Empty where the candidate holds both variants, or nothing is compared. */
  readonly baseline: readonly ResultFile[];
  readonly candidate: readonly ResultFile[];
  readonly budgets: ReadBudgets;
}

function compareSides({ baseline, candidate, budgets }: GateInput): Comparison | undefined {
  const policy = budgets.file.compare;
  if (baseline.length > 0) return compareRuns(baseline, candidate, policy);
  const [only, ...others] = candidate;
  const sides = only === undefined || others.length > 0 ? undefined : splitVariants(only);
  return sides === undefined ? undefined : compareRuns([sides.baseline], [sides.candidate], policy);
}

const UNDECIDED = 'not enough evidence';

/** A missed budget outranks a regression: it is a promise broken, whatever was before. */
function concludeFrom(
  comparison: Comparison | undefined,
  checks: readonly BudgetCheck[],
  mode: OnNotEnoughEvidence,
): Pick<GateOutcome, 'verdict' | 'exitCode'> {
  const isFailure = (verdict: string, failing: string): boolean =>
    verdict === failing || (verdict === UNDECIDED && mode === 'fail');
  if (checks.some(({ verdict }) => isFailure(verdict, 'missed')))
    return { verdict: 'budget missed', exitCode: EXIT_CODES.sloMissed };
  if (comparison !== undefined && isFailure(comparison.verdict, 'worse'))
    return { verdict: 'regression', exitCode: EXIT_CODES.regression };
  const isOpen = comparison?.verdict === UNDECIDED || checks.some(({ verdict }) => verdict === UNDECIDED);
  return { verdict: isOpen && mode === 'warn' ? 'passed with warnings' : 'passed', exitCode: EXIT_CODES.ok };
}

/** Holds a candidate against its baseline and its budgets. */
export function runGate(input: GateInput): GateOutcome {
  const { file, lines } = input.budgets;
  const comparison = compareSides(input);
  const budgets = checkBudgets(file.budgets, lines, input.candidate);
  const mode = file.onNotEnoughEvidence;
  return {
    ...(comparison === undefined ? {} : { comparison }),
    budgets,
    onNotEnoughEvidence: mode,
    ...concludeFrom(comparison, budgets, mode),
  };
}
