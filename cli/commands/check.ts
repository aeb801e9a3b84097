import { type CheckReport, checkClaims } from '../../planner/check/check.ts';
import { formatFindings, formatFindingsMarkdown, reportAsJson } from '../../planner/check/report.ts';
import { readCatalogue } from '../../scenarios/catalogue.ts';
import { readClaims } from '../../scenarios/claims.ts';
import { EXIT_CODES, type ExitCode, unwrap } from '../../vocabulary/errors.ts';
import { writeFileAtomic } from '../../vocabulary/files.ts';
import type { Command } from '../boundary.ts';

export interface CheckOptions {
  /** The claims file, or a name of the library. */
  readonly args: readonly string[];
  readonly failOn: 'contradiction' | 'any' | 'never';
  readonly markdown?: string;
  /** The user's own catalogue files. */
  readonly prices?: readonly string[];
  readonly json?: boolean;
}

function exitCodeOf({ findings, counts }: CheckReport, failOn: CheckOptions['failOn']): ExitCode {
  if (failOn === 'never') return EXIT_CODES.ok;
  const bad = failOn === 'any' ? findings.length : counts.contradiction;
  return bad > 0 ? EXIT_CODES.sloMissed : EXIT_CODES.ok;
}

/** `busyhour check CLAIMS.yaml`: each figure that cannot be right, in one sentence with the corrected one. */
export const check: Command<CheckOptions> = async (options, { say }) => {
  const catalogue = unwrap(readCatalogue(options.prices));
  const claims = unwrap(readClaims(options.args[0] ?? ''));
  const report = checkClaims(claims, catalogue);
  if (options.markdown !== undefined) {
    say(unwrap(writeFileAtomic(options.markdown, formatFindingsMarkdown(report))));
  }
  if (!options.json) process.stdout.write(`${formatFindings(report)}\n`);
  return { exitCode: exitCodeOf(report, options.failOn), json: reportAsJson(report) };
};
