import type { FleetRun } from './simulate-fleet.ts';

/** Shares that the objectives allow. */
export interface AllowedRatios {
  /** Late or turned away, by the latency objective. */
  readonly lateRatio: number;
  /** Turned away, by the error objective; absent where there is none. */
  readonly rejectedRatio: number | undefined;
}

export interface RunTotals {
  readonly turns: number;
  readonly rejectedRatio: number;
  readonly lateRatio: number;
  /** In every hour of the run, not only over all of it: a quiet night makes no good of a bad morning. */
  readonly withinObjectives: boolean;
}

/** An hour with fewer turns is judged together with those after it, until there are as many. */
const MIN_TURNS_JUDGED = 1000;

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : Math.min(1, part / whole));

/** Whether counts of turns keep what the objectives allow; none at all do. */
export const isWithin = (
  { turns, rejected, late }: { turns: number; rejected: number; late: number },
  allowed: AllowedRatios,
): boolean =>
  ratio(late + rejected, turns) <= allowed.lateRatio &&
  (allowed.rejectedRatio === undefined || ratio(rejected, turns) <= allowed.rejectedRatio);

/** Totals of a run, and whether it kept the objectives hour by hour. */
export function judgeRun(run: FleetRun, allowed: AllowedRatios): RunTotals {
  const sum = { turns: 0, rejected: 0, late: 0 };
  let part = { turns: 0, rejected: 0, late: 0 };
  let within = true;
  for (const { turns, rejected, late } of run.hours) {
    for (const into of [sum, part]) {
      into.turns += turns;
      into.rejected += rejected;
      into.late += late;
    }
    if (part.turns < MIN_TURNS_JUDGED) continue;
    within &&= isWithin(part, allowed);
    part = { turns: 0, rejected: 0, late: 0 };
  }
  return {
    turns: sum.turns,
    rejectedRatio: ratio(sum.rejected, sum.turns),
    lateRatio: ratio(sum.late, sum.turns),
    withinObjectives: within && isWithin(sum, allowed),
  };
}
