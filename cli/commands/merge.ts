import { mergeShards } from '../../bench/exchange/merge/merge-results.ts';
import { formatStepTable } from '../../presentation/terminal.ts';
import { EXIT_CODES, unwrap } from '../../vocabulary/errors.ts';
import { readResultFile, writeResultFile } from '../../vocabulary/result-file.ts';
import { doubtsOf } from '../bench/doubts.ts';
import type { Command } from '../boundary.ts';

/** Arguments and flags of `busyhour merge`. */
export interface MergeOptions {
  /** Result files of shards. */
  readonly args: readonly string[];
  readonly out: string;
  readonly allowPartial?: boolean;
  readonly json?: boolean;
}

/** `busyhour merge`: one result from the shards of a run. */
export const merge: Command<MergeOptions> = async ({ args, out, allowPartial = false }, { say }) => {
  const files = args.map((path) => ({ path, result: unwrap(readResultFile(path)) }));
  const result = unwrap(mergeShards(files, { allowPartial }));
  unwrap(writeResultFile(out, result));
  for (const line of doubtsOf(result)) say(line);
  say(formatStepTable(result));
  say(`result: ${out}`);
  return { exitCode: EXIT_CODES.ok, json: result };
};
