import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { estimateCapacity } from '../../../planner/calibrate/capacity.ts';
import { resolveAssumptions } from '../../../planner/demand/assumptions.ts';
import { computeDemand, type Demand } from '../../../planner/demand/demand.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { createRandom, sampleExponential, sampleGamma } from '../../../vocabulary/random.ts';
import type { ResultFile } from '../../../vocabulary/result-file.ts';
import { buildResult, buildStep, llamaResult, SLOS } from '../fixtures/result.ts';
import { CATALOGUE } from '../fixtures/sized.ts';

function demandOf(reference: ResultFile, interactionsPerDay?: number, overrides = {}): Demand {
  return unwrap(
    computeDemand({
      interactionsPerDay,
      reference,
      curve: estimateCapacity([reference], SLOS),
      assumptions: unwrap(resolveAssumptions(CATALOGUE, overrides)),
    }),
  );
}

const valueOfFigure = (demand: Demand, name: string): number =>
  demand.figures.find((figure) => figure.name === name)?.value ?? Number.NaN;

/** Conversations of `turns` answers and as many pauses, arriving at random: counted at random instants. */
function simulatePopulations(
  seed: number,
  input: { readonly perS: number; readonly turns: number; readonly answerS: number; readonly thinkS: number },
): { readonly open: number; readonly answering: number } {
  const random = createRandom(seed);
  const [fromS, toS] = [2000, 12_000];
  let [open, answering] = [0, 0];
  const overlapS = (start: number, end: number): number =>
    Math.max(0, Math.min(end, toS) - Math.max(start, fromS));
  for (let atS = 0; atS < toS; ) {
    atS += sampleExponential(random, 1 / input.perS);
    let clockS = atS;
    for (let turn = 0; turn < input.turns; turn++) {
      const answeredS = clockS + sampleGamma(random, 4, input.answerS / 4);
      answering += overlapS(clockS, answeredS);
      clockS = answeredS + sampleExponential(random, input.thinkS);
    }
    open += overlapS(atS, clockS);
  }
  return { open: open / (toS - fromS), answering: answering / (toS - fromS) };
}

describe('the busy hour of a daily volume', () => {
  test('corrected guide: 25,000 a day is 5.2 turns/s, and 112 open conversations at 1.5 s and 20 s', () => {
    // A target that answers in 1.5 s on average: M/M/1 with 2/3 of a turn/s to spare.
    const steps = [2, 4, 9.3333].map((turnsPerS) => ({
      ...buildStep({ turnsPerS, servicePerS: turnsPerS + 1 / 1.5, gatewayCpuSPerTurn: 0.004 }),
    }));
    const slow = buildResult({ engine: 'llama', rates: [], servicePerS: 1, steps, slos: SLOS });
    const lenient = [{ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 60_000 }] as const;
    const demand = unwrap(
      computeDemand({
        interactionsPerDay: 25_000,
        reference: slow,
        curve: estimateCapacity([slow], lenient),
        assumptions: unwrap(resolveAssumptions(CATALOGUE, undefined)),
      }),
    );
    expect(demand.busyHourTurnsPerS).toBeCloseTo(5.2083, 4);
    expect(demand.openInteractions).toBeGreaterThan(111);
    expect(demand.openInteractions).toBeLessThan(113);
  });

  test('25 requests/s over 5 turns is 432,000 interactions of an even day, not 25,000', () => {
    const demand = demandOf(llamaResult(), 432_000, { busyHourShareRatio: 1 / 24 });
    expect(demand.busyHourTurnsPerS).toBeCloseTo(25, 9);
  });

  test('populations as counted in an independent simulation, ten seeds', () => {
    const demand = demandOf(llamaResult(), 25_000);
    const answerS = valueOfFigure(demand, 'meanTurnLatency') / 1000;
    const input = { perS: demand.busyHourInteractionsPerS, turns: 5, answerS, thinkS: 20 };
    const runs = Array.from({ length: 10 }, (_, seed) => simulatePopulations(seed + 1, input));
    const mean = (pick: 'open' | 'answering'): number =>
      runs.reduce((sum, run) => sum + run[pick], 0) / runs.length;
    expect(Math.abs(mean('open') / demand.openInteractions - 1)).toBeLessThan(0.03);
    expect(Math.abs(mean('answering') / demand.turnsInFlight - 1)).toBeLessThan(0.03);
  });

  test('every rate in proportion to volume, share and turns', () => {
    const inputs = fc.tuple(
      fc.double({ min: 1, max: 1e8, noNaN: true }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 40 }),
    );
    fc.assert(
      fc.property(inputs, ([perDay, busyHourShareRatio, turns]) => {
        const reference = {
          ...llamaResult(),
          shape: { meanTurnsPerInteraction: turns, meanThinkTimeMs: 20_000, basis: 'given' },
        };
        const demand = demandOf(reference, perDay, { busyHourShareRatio });
        const expected = (perDay * busyHourShareRatio * turns) / 3600;
        expect(Math.abs(demand.busyHourTurnsPerS / expected - 1)).toBeLessThan(1e-12);
        expect(
          Math.abs(demand.busyHourTurnsPerS / (demand.busyHourInteractionsPerS * turns) - 1),
        ).toBeLessThan(1e-12);
        // Interactive law: open = in flight + thinking.
        expect(Math.abs(demand.openInteractions / (demand.turnsInFlight + expected * 20) - 1)).toBeLessThan(
          1e-12,
        );
        expect(demand.sizingTurnsPerS).toBe(demand.busyHourTurnsPerS);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the latency that populations rest on', () => {
  test('that of the highest rate that met the objectives', () => {
    // 1/(20 − 17) s; at 19 turns/s the objectives are missed.
    expect(valueOfFigure(demandOf(llamaResult(), 1000), 'meanTurnLatency')).toBeCloseTo(1000 / 3, 0);
  });

  test('that of the lowest rate when none met them, and it says so', () => {
    const over = buildResult({ engine: 'llama', rates: [19, 19.6], servicePerS: 20 });
    const figure = demandOf(over, 1000).figures.find(({ name }) => name === 'meanTurnLatency');
    expect(figure?.value).toBeCloseTo(1000, 0);
    expect(figure?.source).toContain('missed the objectives');
  });

  test('nothing completed: no latency is known', () => {
    const step = buildStep({ turnsPerS: 5, servicePerS: 20 });
    const counts = { ...step.counts, completed: 0, failed: step.counts.offered };
    const dead = buildResult({
      engine: 'llama',
      rates: [],
      servicePerS: 20,
      steps: [{ ...step, counts, histograms: {} }],
    });
    const demand = computeDemand({
      interactionsPerDay: 1000,
      reference: dead,
      curve: estimateCapacity([dead], SLOS),
      assumptions: unwrap(resolveAssumptions(CATALOGUE, undefined)),
    });
    expect(demand.kind === 'failed' && demand.failure.message).toContain('completed no request');
  });

  test('neither a volume nor a trace', () => {
    const reference = llamaResult();
    const demand = computeDemand({
      interactionsPerDay: undefined,
      reference,
      curve: estimateCapacity([reference], SLOS),
      assumptions: unwrap(resolveAssumptions(CATALOGUE, undefined)),
    });
    expect(demand.kind === 'failed' && demand.failure.code).toBe('INVALID_DEMAND');
  });
});
