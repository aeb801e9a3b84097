import { saturatedSteps } from '../../bench/judge/evidence.ts';
import { EXIT_CODES, type ExitCode } from '../../vocabulary/errors.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';

/**
 * A comparison bears single blocks in which the generator was late: what judges it leaves them out. Beyond this share
 * of its pairs the machine was too busy to compare anything.
 */
const MAX_SATURATED_PAIRS_RATIO = 0.25;

/** Whether the generator was the bottleneck of the run as a whole. */
function isSaturated(result: ResultFile): boolean {
  const names = saturatedSteps(result);
  if (names === true) return true;
  const pairs = new Map<number, boolean>();
  for (const { variant, block, name } of result.steps) {
    if (variant === undefined || block === undefined) return names.size > 0;
    pairs.set(block, (pairs.get(block) ?? false) || names.has(name));
  }
  const lost = [...pairs.values()].filter((isLost) => isLost).length;
  return pairs.size === 0 ? names.size > 0 : lost > MAX_SATURATED_PAIRS_RATIO * pairs.size;
}

/**
 * 0 where the figures are the target's. 21 where the generator was the bottleneck: in any step of a plan, and of a
 * comparison in more than a quarter of its pairs. 130 where the run was stopped.
 */
export function exitCodeOf(result: ResultFile, wasInterrupted: boolean): ExitCode {
  if (wasInterrupted) return EXIT_CODES.interrupted;
  return isSaturated(result) ? EXIT_CODES.generatorSaturated : EXIT_CODES.ok;
}
