import { groupDiagnostics } from '../../presentation/diagnostics-text.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';

/** What stands before any number: errors and warnings, the gravest first, one line for each code. */
export const doubtsOf = ({ diagnostics }: ResultFile): string[] =>
  groupDiagnostics(diagnostics)
    .filter(({ severity }) => severity !== 'info')
    .map(({ code, severity, said }) => {
      const more = said.length > 1 ? ` (and ${said.length - 1} more)` : '';
      return `${severity} ${code}: ${said[0] ?? ''}${more}`;
    });
