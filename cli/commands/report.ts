import { writeReport } from '../../presentation/write-report.ts';
import { EXIT_CODES, unwrap } from '../../vocabulary/errors.ts';
import { ensureWritableFolder } from '../../vocabulary/files.ts';
import { readPlanFile } from '../../vocabulary/plan-file.ts';
import { readResultFile } from '../../vocabulary/result-file.ts';
import type { Command } from '../boundary.ts';

export interface ReportOptions {
  readonly result: readonly string[];
  readonly plan: string;
  readonly out: string;
  readonly json?: boolean;
}

/** `busyhour report`: writes the report of stored results and their plan again. */
export const report: Command<ReportOptions> = async (options, { say }) => {
  unwrap(ensureWritableFolder(options.out));
  const results = options.result.map((path) => unwrap(readResultFile(path)));
  const plan = unwrap(readPlanFile(options.plan));
  const files = unwrap(writeReport(options.out, { results, plan }));
  for (const file of files) say(`wrote ${file}`);
  return { exitCode: EXIT_CODES.ok, json: { files } };
};
