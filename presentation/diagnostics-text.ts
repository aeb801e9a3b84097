import {
  DIAGNOSTICS,
  type Diagnostic,
  type DiagnosticCode,
  sortDiagnostics,
} from '../vocabulary/diagnostics.ts';
import type { PlanFile } from '../vocabulary/plan-file.ts';
import type { ResultFile } from '../vocabulary/result-file.ts';

const about = (diagnostic: Diagnostic, owner: string): Diagnostic => ({
  ...diagnostic,
  subject:
    diagnostic.subject === undefined || diagnostic.subject === owner
      ? owner
      : `${owner}, ${diagnostic.subject}`,
});

/** Doubts of every result, the plan, its modes and its break-even; the same words said of several things are said once, of all of them. */
export function allDiagnostics(results: readonly ResultFile[], plan: PlanFile | undefined): Diagnostic[] {
  const all = [
    ...results.flatMap((result) => result.diagnostics.map((each) => about(each, result.target.name))),
    ...(plan?.diagnostics ?? []),
    ...(plan?.modes ?? []).flatMap((mode) => mode.diagnostics.map((each) => about(each, mode.mode))),
    ...(plan?.breakEven?.diagnostics ?? []).map((each) => about(each, 'break-even')),
  ];
  const alike = Map.groupBy(all, (each) => JSON.stringify([each.code, each.message]));
  const merged = [...alike.values()].flatMap((group): Diagnostic[] => {
    const [first] = group;
    if (first === undefined) return [];
    const subjects = new Set(group.flatMap((each) => each.subject ?? []));
    return [{ ...first, ...(subjects.size === 0 ? {} : { subject: [...subjects].join('; ') }) }];
  });
  return sortDiagnostics(merged);
}

/** One code with everything that was said under it. */
export interface DiagnosticGroup {
  readonly code: DiagnosticCode;
  readonly severity: 'error' | 'warning' | 'info';
  readonly meaning: string;
  readonly said: readonly string[];
}

const words = ({ subject, message }: Diagnostic): string =>
  subject === undefined ? message : `${subject}: ${message}`;

/** The doubts by code, errors first. */
export function groupDiagnostics(diagnostics: readonly Diagnostic[]): DiagnosticGroup[] {
  return [...Map.groupBy(sortDiagnostics(diagnostics), (each) => each.code)].map(([code, group]) => ({
    code,
    ...DIAGNOSTICS[code],
    said: group.map(words),
  }));
}
