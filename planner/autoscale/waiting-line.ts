/** What one replica does with turns, as measured. Rates are per replica. */
export interface ReplicaBehaviour {
  /** The most turns/s at which every objective holds. */
  readonly turnsPerSAtObjectives: number;
  /** The most turns/s that it completes at all; beyond it a queue grows. */
  readonly maxTurnsPerS: number;
  /** Share of turns later than the objective at a rate up to the most; interpolated between measured rates. */
  readonly lateRatioAt: (turnsPerS: number) => number;
  /** A turn that waits longer than this in the queue is late for that alone. */
  readonly lateWaitS: number;
  /** A turn that would wait longer than this is turned away. */
  readonly maxWaitS: number;
}

/** Turns that wait, in order of arrival, and what became of those of the last step. */
export interface WaitingLine {
  waiting: number;
  served: number;
  rejected: number;
  late: number;
}

export const createWaitingLine = (): WaitingLine => ({ waiting: 0, served: 0, rejected: 0, late: 0 });

/** Share of a span in which a line from `from` to `to` is above `level`. */
function shareAbove(from: number, to: number, level: number): number {
  if (from > level && to > level) return 1;
  if (from <= level && to <= level) return 0;
  const above = Math.max(from, to) - level;
  return above / Math.abs(to - from);
}

/**
 * One step of a fluid queue: what arrives evenly over the step is served in order at what the ready replicas complete.
 * An arrival is late when the queue before it takes longer than `lateWaitS` at the present rate, or by the measured
 * share of late turns at that load.
 */
export function advanceLine(
  line: WaitingLine,
  replica: ReplicaBehaviour,
  arrivals: number,
  step: { readonly ready: number; readonly stepS: number },
): void {
  const perS = step.ready * replica.maxTurnsPerS;
  const capacity = perS * step.stepS;
  if (line.waiting === 0 && arrivals <= capacity) {
    line.served = arrivals;
    line.rejected = 0;
    line.late = arrivals === 0 ? 0 : arrivals * replica.lateRatioAt(arrivals / (step.ready * step.stepS));
    return;
  }
  const limit = Math.max(perS, replica.maxTurnsPerS) * replica.maxWaitS;
  const unbounded = line.waiting + arrivals - capacity;
  line.rejected = Math.min(arrivals, Math.max(0, unbounded - limit));
  const after = Math.max(0, unbounded - line.rejected);
  const accepted = arrivals - line.rejected;
  const waitingTooLong = perS === 0 ? 1 : shareAbove(line.waiting, after, perS * replica.lateWaitS);
  line.served = line.waiting + accepted - after;
  line.late = accepted * (waitingTooLong + (1 - waitingTooLong) * replica.lateRatioAt(replica.maxTurnsPerS));
  line.waiting = after;
}
