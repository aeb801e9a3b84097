import { writeReport } from '../../presentation/write-report.ts';
import { EXIT_CODES, unwrap } from '../../vocabulary/errors.ts';
import { ensureWritableFolder } from '../../vocabulary/files.ts';
import { readPlanFile } from '../../vocabulary/plan-file.ts';
import { readResultFile } from '../../vocabulary/result-file.ts';
import type { Command } from '../boundary.ts';
import { percentileIntervalOf } from '../report-intervals.ts';

/** Flags of `busyhour report`. */
export interface ReportOptions {
  readonly result: readonly string[];
  /** Absent for a bench without a plan. */
  readonly plan?: string;
  readonly out: string;
  readonly json?: boolean;
}

/** `busyhour report`: writes the report of stored results, with their plan where one is given. */
export const report: Command<ReportOptions> = async (options, { say }) => {
  unwrap(ensureWritableFolder(options.out));
  const results = options.result.map((path) => unwrap(readResultFile(path)));
  const plan = options.plan === undefined ? undefined : unwrap(readPlanFile(options.plan));
  const files = unwrap(writeReport(options.out, { results, plan, intervalOf: percentileIntervalOf }));
  for (const file of files) say(`wrote ${file}`);
  return { exitCode: EXIT_CODES.ok, json: { files } };
};
