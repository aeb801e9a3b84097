import { expect, test } from 'vitest';
import { weeksOfTurns } from '../../../planner/autoscale/week-of-turns.ts';
import { estimateCapacity } from '../../../planner/calibrate/capacity.ts';
import { resolveAssumptions } from '../../../planner/demand/assumptions.ts';
import { computeDemand } from '../../../planner/demand/demand.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { traceArrivals } from '../fixtures/demand.ts';
import { llamaResult, SLOS } from '../fixtures/result.ts';
import { CATALOGUE } from '../fixtures/sized.ts';

const reference = llamaResult();
/** An hour of 5 requests/s whose counts per minute vary three times as much as Poisson arrivals. */
const file = traceArrivals([18_000]);

const demandAt = (interactionsPerDay: number) =>
  unwrap(
    computeDemand({
      interactionsPerDay,
      reference,
      curve: estimateCapacity([reference], SLOS),
      assumptions: unwrap(resolveAssumptions(CATALOGUE, undefined)),
      file,
    }),
  );

/** Squared variability of the rate, from neighbouring minutes of the busier hours, what Poisson arrivals scatter taken off. */
function rateScv(interactionsPerDay: number): number {
  const { arrivals, turnsPerSByHour } = weeksOfTurns(demandAt(interactionsPerDay), 1).busiest;
  const stepsPerMinute = 60 / arrivals.stepS;
  const minute = (index: number): number =>
    arrivals.counts
      .subarray(index * stepsPerMinute, (index + 1) * stepsPerMinute)
      .reduce((sum, count) => sum + count, 0);
  const busy = Math.max(...turnsPerSByHour) / 3;
  let [excess, squares] = [0, 0];
  turnsPerSByHour.forEach((perS, hour) => {
    if (perS < busy) return;
    for (let index = hour * 60; index < hour * 60 + 59; index += 2) {
      const [one, next] = [minute(index), minute(index + 1)];
      excess += (one - next) ** 2 - (one + next);
      squares += 2 * (perS * 60) ** 2;
    }
  });
  return excess / squares;
}

test('bursts of a trace keep their size against the mean at any volume', () => {
  // I = 1 + cv²·rate·60 at the trace's own rate: cv² = 2 ÷ 300.
  for (const interactionsPerDay of [1_000_000, 100_000_000]) {
    const ratio = rateScv(interactionsPerDay) / (2 / 300);
    expect(ratio).toBeGreaterThan(0.85);
    expect(ratio).toBeLessThan(1.15);
  }
});
