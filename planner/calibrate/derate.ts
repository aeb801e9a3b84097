import { createDiagnostic, type Diagnostic } from '../../vocabulary/diagnostics.ts';
import { percentFromRatio } from '../../vocabulary/units.ts';

/**
 * What a predicted capacity is worth: the measured one was at least this share of it in 95 of 100 configurations that
 * no fit saw. One-sided split-conformal, grouped by configuration, over adaptive calibrations of 219 published
 * configurations; `busyhour validate --measured` works it out anew and docs/accuracy.md shows how.
 */
export const CAPACITY_DERATE = { ratio: 0.946, coverage: 0.95 } as const;

const shown = (ratio: number): string => `${Number(percentFromRatio(ratio).toPrecision(2))} %`;

/** Said where a plan uses more of a predicted capacity than that: three such plans in ten fall short. */
export function diagnoseThinHeadroom(headroomRatio: number, subject: string): Diagnostic[] {
  const needed = 1 - CAPACITY_DERATE.ratio;
  if (headroomRatio >= needed) return [];
  const message = `${shown(headroomRatio)} of the predicted capacity are kept free; it takes ${shown(needed)} for the prediction to hold in ${shown(CAPACITY_DERATE.coverage)} of configurations unseen`;
  return [createDiagnostic('ASSUMED_INPUT', message, subject)];
}
