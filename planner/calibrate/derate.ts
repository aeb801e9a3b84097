import { createDiagnostic, type Diagnostic } from '../../vocabulary/diagnostics.ts';
import { percentFromRatio } from '../../vocabulary/units.ts';

/**
 * What a predicted capacity is worth: the measured one was at least this share of it in 95 of 100 configurations that
 * no fit saw. One-sided split-conformal, grouped by configuration, over adaptive calibrations of 219 published
 * configurations; `busyhour validate --measured` works it out anew and docs/accuracy.md shows how.
 */
export const CAPACITY_DERATE = { ratio: 0.946, coverage: 0.95 } as const;

const shown = (ratio: number): string => `${Number(percentFromRatio(ratio).toPrecision(2))} %`;

/** Share of a predicted capacity that the derate takes. */
const DERATED_RATIO = 1 - CAPACITY_DERATE.ratio;

/** Whether a mode keeps less free than the derate takes, so that the derate sizes it. */
export const isThinHeadroom = (headroomRatio: number): boolean => headroomRatio < DERATED_RATIO;

/**
 * Share of a predicted capacity that a plan leaves unused: the headroom of the mode, and never less than the derate
 * takes. Without it three plans in ten fall short.
 */
export const keptFreeOf = (headroomRatio: number): number => Math.max(headroomRatio, DERATED_RATIO);

/** Said where the derate, and not the headroom of the mode, decides how much of a predicted capacity is used. */
export function diagnoseThinHeadroom(headroomRatio: number, subject: string): Diagnostic[] {
  if (!isThinHeadroom(headroomRatio)) return [];
  const message = `the mode keeps ${shown(headroomRatio)} of the predicted capacity free; it is sized with ${shown(DERATED_RATIO)} free, which it takes for the prediction to hold in ${shown(CAPACITY_DERATE.coverage)} of configurations unseen`;
  return [createDiagnostic('ASSUMED_INPUT', message, subject)];
}
