import { describe, expect, it } from 'vitest';
import {
  computeNominalTurnsAtMs,
  formatSchedule,
  planStep,
  type StepPlan,
} from '../../../bench/workload/schedule.ts';
import { readScenario } from '../../../scenarios/scenario.ts';
import type { ConversationWorkload } from '../../../scenarios/workload.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { createRandom } from '../../../vocabulary/random.ts';

const callCentre = unwrap(readScenario('call-centre')).workload as ConversationWorkload;
const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1);
const SPAN_MS = 20_000;

/** Mean turns straight from the published counts. */
const meanTurns = (() => {
  const { distribution } = callCentre.turns;
  if (distribution.kind !== 'histogram') throw new Error('the scenario gives turns as counts');
  const total = distribution.weights.reduce((sum, weight) => sum + weight, 0);
  return (
    distribution.values.reduce((sum, value, i) => sum + value * (distribution.weights[i] ?? 0), 0) / total
  );
})();

const planFor = (turnsPerS: number, overrides: Partial<StepPlan> = {}): StepPlan => ({
  workload: callCentre,
  arrivals: { kind: 'poisson' },
  interactionsPerS: turnsPerS / meanTurns,
  spanMs: SPAN_MS,
  ...overrides,
});

/** Turns that fall due in [from, to) when every answer takes the nominal time. */
function turnsDue(plan: StepPlan, seed: number, fromMs: number, toMs: number): number {
  return planStep(plan, createRandom(seed))
    .flatMap((interaction) =>
      computeNominalTurnsAtMs(interaction, interaction.arrivalAtMs, callCentre.nominalResponseMs).slice(
        interaction.firstTurn,
      ),
    )
    .filter((atMs) => atMs >= fromMs && atMs < toMs).length;
}

function standardError(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return Math.sqrt(variance / values.length);
}

describe('the stationary start', () => {
  const quarterS = SPAN_MS / 4 / 1000;
  for (const [name, fromMs, toMs] of [
    ['first', 0, SPAN_MS / 4],
    ['last', (3 * SPAN_MS) / 4, SPAN_MS],
  ] as const) {
    it(`brings turns at arrival rate × mean turns in the ${name} quarter of a step shorter than a conversation`, () => {
      const turnsPerS = 100;
      const rates = SEEDS.map((seed) => turnsDue(planFor(turnsPerS), seed, fromMs, toMs) / quarterS);
      const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
      expect(Math.abs(mean - turnsPerS)).toBeLessThan(4 * standardError(rates));
      expect(Math.abs(mean - turnsPerS)).toBeLessThan(0.05 * turnsPerS);
    });
  }

  it('holds for evenly spaced interactions too', () => {
    const plan = planFor(100, { arrivals: { kind: 'constant' } });
    const rates = SEEDS.map((seed) => turnsDue(plan, seed, 0, 5_000) / 5);
    expect(rates.reduce((sum, rate) => sum + rate, 0) / rates.length).toBeGreaterThan(95);
    expect(rates.reduce((sum, rate) => sum + rate, 0) / rates.length).toBeLessThan(105);
  });

  it('has as many conversations under way as Little says: arrival rate × mean duration', () => {
    const plan = planFor(100, { spanMs: 1 });
    const underWay = SEEDS.map((seed) => planStep(plan, createRandom(seed)).length);
    const mean = underWay.reduce((sum, count) => sum + count, 0) / underWay.length;
    const meanThinkMs = (() => {
      const { distribution } = callCentre.thinkTimeMs;
      if (distribution.kind !== 'quantiles') throw new Error('the scenario gives think times as quantiles');
      // The mean of a density that is even between neighbouring quantiles.
      const { values } = distribution;
      return (
        values.slice(1).reduce((sum, value, i) => sum + (value + (values[i] ?? 0)) / 2, 0) /
        (values.length - 1)
      );
    })();
    const meanDurationS = ((meanTurns - 1) * (meanThinkMs + callCentre.nominalResponseMs)) / 1000;
    const expected = plan.interactionsPerS * meanDurationS;
    expect(mean).toBeGreaterThan(0.93 * expected);
    expect(mean).toBeLessThan(1.07 * expected);
  });
});

describe('the schedule', () => {
  it('is the same to the byte for the same seed, and another for another', () => {
    const print = (seed: number): string => formatSchedule(planStep(planFor(20), createRandom(seed)), 500);
    expect(print(7)).toBe(print(7));
    expect(print(7)).not.toBe(print(8));
    expect(print(7)).toMatch(/^\d+\.\d{3} i\d+ turn \d+\/\d+ in \d+ out \d+\n/);
  });

  it('is printed in time order, and every turn sent lies in the step or after it', () => {
    const instants = formatSchedule(planStep(planFor(20), createRandom(3)), 500)
      .trimEnd()
      .split('\n')
      .map((line) => Number(line.split(' ')[0]));
    expect(instants.length).toBeGreaterThan(100);
    expect(instants).toEqual([...instants].sort((a, b) => a - b));
    expect(instants[0]).toBeGreaterThanOrEqual(0);
  });

  it('gives an interaction the same shape whatever the length of the step', () => {
    const planned = planStep(planFor(20), createRandom(5));
    const longer = new Map(
      planStep(planFor(20, { spanMs: 2 * SPAN_MS }), createRandom(5)).map(({ id, turns }) => [id, turns]),
    );
    expect(planned.length).toBeGreaterThan(100);
    for (const { id, turns } of planned) expect(longer.get(id)).toEqual(turns);
  });
});
