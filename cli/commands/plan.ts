import { resolve } from 'node:path';
import { EXIT_CODES, unwrap } from '../../vocabulary/errors.ts';
import { ensureWritableFolder } from '../../vocabulary/files.ts';
import { readResultFile } from '../../vocabulary/result-file.ts';
import type { Command } from '../boundary.ts';
import { planFrom, plannableResults, writePlanOutputs } from '../planning.ts';

export interface PlanOptions {
  readonly result: readonly string[];
  readonly interactionsPerDay?: number;
  readonly modes?: readonly string[];
  readonly prices?: readonly string[];
  readonly out: string;
  readonly seed: number;
  readonly json?: boolean;
}

/** `busyhour plan`: results and a demand to replicas and cost for each mode, with the report. */
export const plan: Command<PlanOptions> = async (options, { say }) => {
  unwrap(ensureWritableFolder(options.out));
  const results = plannableResults(
    options.result.map((path) => ({ path, result: unwrap(readResultFile(path)) })),
  );
  const planned = planFrom({ ...options, results, priceFiles: options.prices });
  say(writePlanOutputs(options.out, planned, results));
  say(`report: ${resolve(options.out, 'report.html')}`);
  return { exitCode: EXIT_CODES.ok, json: planned };
};
