import { compareResults, DEFAULT_POLICY } from '../../bench/judge/compare.ts';
import type { ComparePolicy } from '../../bench/judge/comparison.ts';
import { formatComparison, formatComparisonMarkdown } from '../../bench/judge/gate-text.ts';
import { parseStatistic } from '../../bench/judge/statistic.ts';
import { splitVariants } from '../../bench/judge/subjects.ts';
import { BusyhourError, createFailure, EXIT_CODES, unwrap } from '../../vocabulary/errors.ts';
import { writeFileAtomic } from '../../vocabulary/files.ts';
import { type ResultFile, readResultFile } from '../../vocabulary/result-file.ts';
import type { Command } from '../boundary.ts';

export interface CompareOptions {
  /** Baseline and candidate. */
  readonly args: readonly string[];
  readonly metrics?: readonly string[];
  readonly pairing?: ComparePolicy['pairing'];
  readonly markdown?: string | true;
  readonly json?: boolean;
}

function usage(message: string): BusyhourError {
  return new BusyhourError(createFailure('USAGE', message));
}

function policyFrom({ metrics, pairing }: CompareOptions): ComparePolicy {
  const unknown = (metrics ?? []).filter((name) => parseStatistic(name) === undefined);
  if (unknown.length > 0)
    throw usage(
      `--metrics: expected figures such as p95:latencyMs or goodputPerS, got "${unknown.join(',')}"`,
    );
  return {
    ...DEFAULT_POLICY,
    ...(metrics === undefined ? {} : { metrics }),
    ...(pairing === undefined ? {} : { pairing }),
  };
}

/** Two files, or the two variants of one. */
function readSides(args: readonly string[]): { baseline: ResultFile; candidate: ResultFile } {
  const [first = '', second] = args;
  const baseline = unwrap(readResultFile(first));
  if (second !== undefined) return { baseline, candidate: unwrap(readResultFile(second)) };
  const sides = splitVariants(baseline);
  if (sides === undefined) throw usage(`${first} has no variants a and b: name a second result`);
  return sides;
}

/** `busyhour compare`: what differs between two results, and how sure that is. Says, and judges nothing: the exit code is 0. */
export const compare: Command<CompareOptions> = async (options, { say }) => {
  const policy = policyFrom(options);
  const { baseline, candidate } = readSides(options.args);
  const comparison = compareResults(baseline, candidate, policy);
  say(formatComparison(comparison));
  const { markdown } = options;
  if (markdown === true) process.stdout.write(formatComparisonMarkdown(comparison));
  else if (markdown !== undefined) unwrap(writeFileAtomic(markdown, formatComparisonMarkdown(comparison)));
  return { exitCode: EXIT_CODES.ok, json: comparison };
};
