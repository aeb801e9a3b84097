import { failed, ok, type Result } from '../../vocabulary/errors.ts';
import { findMatches } from './matches.ts';
import { computePatternCost } from './pattern-cost.ts';
import type { PiiKind } from './redactor.ts';
import type { PiiSpan } from './spans.ts';

/** A checked pattern of an installation's own. */
export interface CustomPattern {
  readonly kind: PiiKind;
  readonly expression: RegExp;
}

/** Ways through a pattern that one place of a text may cost; so the work stays proportional to the text. */
const MAX_PATHS = 256;
const MIN_CHARS = 3;
const MAX_CHARS = 128;

/**
 * Compiles a pattern if its cost has a bound: fixed and bounded repeats, classes and groups; no `*`, `+`, lookaround
 * or back reference. Case is ignored. Not between letters or digits, so that it does not cut a word.
 */
export function parsePattern(pattern: string, kind: PiiKind): Result<CustomPattern> {
  const cost = computePatternCost(pattern);
  if (cost.kind === 'failed') return cost;
  const { paths, minChars, maxChars } = cost.value;
  if (paths > MAX_PATHS || minChars < MIN_CHARS || maxChars > MAX_CHARS) {
    const got = `${paths} ways, ${minChars} to ${maxChars} characters`;
    const message = `at most ${MAX_PATHS} ways through it and ${MIN_CHARS} to ${MAX_CHARS} characters, not ${got}`;
    return failed('INVALID_CONFIG', message);
  }
  try {
    return ok({ kind, expression: new RegExp(`(?<![\\p{L}\\p{N}])(?:${pattern})(?![\\p{L}\\p{N}])`, 'giu') });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return failed('INVALID_CONFIG', reason, { cause });
  }
}

export function findCustom(text: string, patterns: readonly CustomPattern[]): readonly PiiSpan[] {
  return patterns.flatMap(({ expression, kind }) =>
    findMatches(expression, text).map((match) => ({ ...match, kind })),
  );
}
