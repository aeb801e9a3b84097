import { type Diagnostic, sortDiagnostics } from '../vocabulary/diagnostics.ts';
import type { PlanFile } from '../vocabulary/plan-file.ts';
import type { ResultFile } from '../vocabulary/result-file.ts';

const about = (diagnostic: Diagnostic, owner: string): Diagnostic => ({
  ...diagnostic,
  subject: diagnostic.subject === undefined ? owner : `${owner}, ${diagnostic.subject}`,
});

/** Doubts of every result, the plan and its modes, each naming what it is about; errors first, repeats once. */
export function allDiagnostics(results: readonly ResultFile[], plan: PlanFile | undefined): Diagnostic[] {
  const all = [
    ...results.flatMap((result) => result.diagnostics.map((each) => about(each, result.target.name))),
    ...(plan?.diagnostics ?? []),
    ...(plan?.modes ?? []).flatMap((mode) => mode.diagnostics.map((each) => about(each, mode.mode))),
  ];
  const seen = new Map(all.map((each) => [JSON.stringify([each.code, each.subject, each.message]), each]));
  return sortDiagnostics([...seen.values()]);
}
