import { type Ceiling, type CeilingBound, parseCeiling } from '../planner/budget/ceilings.ts';
import { unwrap } from '../vocabulary/errors.ts';

/** For a repeatable option such as `--max`: commander calls it once for each value; anything else is a usage failure. */
export const collectCeilings =
  (bound: CeilingBound) =>
  (text: string, before: readonly Ceiling[] = []): readonly Ceiling[] => [
    ...before,
    unwrap(parseCeiling(text, bound)),
  ];
