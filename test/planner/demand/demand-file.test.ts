import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { estimateCapacity } from '../../../planner/calibrate/capacity.ts';
import { type PlanOverrides, resolveAssumptions } from '../../../planner/demand/assumptions.ts';
import { estimateBusiestMinuteRatio } from '../../../planner/demand/burstiness.ts';
import { computeDemand, type Demand } from '../../../planner/demand/demand.ts';
import { overridesFromDemand } from '../../../planner/demand/file-overrides.ts';
import { planModes } from '../../../planner/index.ts';
import { type DemandFile, readDemandFile } from '../../../scenarios/demand.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { createRandom, sampleGamma } from '../../../vocabulary/random.ts';
import type { ResultFile } from '../../../vocabulary/result-file.ts';
import { demandFile, traceArrivals } from '../fixtures/demand.ts';
import { llamaResult, SLOS, simulatedResult } from '../fixtures/result.ts';
import { CATALOGUE, MODES } from '../fixtures/sized.ts';

interface Options {
  readonly interactionsPerDay?: number;
  readonly overrides?: PlanOverrides;
  readonly reference?: ResultFile;
}

function demandOf(file: DemandFile, options: Options = {}): Demand {
  const reference = options.reference ?? llamaResult();
  const overrides = { ...overridesFromDemand(file), ...options.overrides };
  return unwrap(
    computeDemand({
      interactionsPerDay: options.interactionsPerDay,
      reference,
      curve: estimateCapacity([reference], SLOS),
      assumptions: unwrap(resolveAssumptions(CATALOGUE, overrides)),
      file,
    }),
  );
}

const figure = (demand: Demand, name: string) => demand.figures.find((each) => each.name === name);

/** 15 % of 86,400 a day in the busiest hour is 3.6 interactions/s. */
const DAY = {
  volume: { kind: 'per-day', interactionsPerDay: 86_400 },
  profile: { busyHourShareRatio: 0.15 },
};

describe('volume', () => {
  test('per day: the busiest hour of the profile', () => {
    const demand = demandOf(demandFile(DAY));
    expect(demand.busyHourInteractionsPerS).toBeCloseTo(3.6, 9);
    expect(demand.interactionsPerDay).toBe(86_400);
    expect(figure(demand, 'interactionsPerDay')?.source).toContain('the test');
  });

  test('attempts of the busy hour: the day follows from the share', () => {
    const demand = demandOf(
      demandFile({ ...DAY, volume: { kind: 'busy-hour', busyHourCallAttempts: 7200 } }),
    );
    expect(demand.busyHourInteractionsPerS).toBe(2);
    expect(demand.interactionsPerDay).toBeCloseTo(48_000, 6);
  });

  test('growth of 21 % a year for six months is 10 %, on the day and on the busy hour', () => {
    const demand = demandOf(demandFile({ ...DAY, growth: { ratioPerYear: 0.21, months: 6 } }));
    expect(demand.interactionsPerDay).toBeCloseTo(86_400 * 1.1, 6);
    expect(demand.busyHourInteractionsPerS).toBeCloseTo(3.96, 9);
  });

  test('the busiest day of the year lifts the busy hour and not the volume that is paid for', () => {
    const demand = demandOf(demandFile({ ...DAY, peakFactor: 2.5 }));
    expect(demand.busyHourInteractionsPerS).toBeCloseTo(9, 9);
    expect(demand.interactionsPerDay).toBe(86_400);
    expect(demand.peakFactor).toBe(2.5);
  });

  test('attempts of the busiest hour of the year are not lifted again', () => {
    const volume = { kind: 'busy-hour', busyHourCallAttempts: 7200 };
    const demand = demandOf(demandFile({ ...DAY, volume, peakFactor: 2 }));
    expect(demand.busyHourInteractionsPerS).toBe(2);
    expect(demand.interactionsPerDay).toBeCloseTo(24_000, 6);
  });

  test('a figure given with the plan wins over the file', () => {
    const demand = demandOf(demandFile(DAY), { interactionsPerDay: 43_200 });
    expect(demand.busyHourInteractionsPerS).toBeCloseTo(1.8, 9);
    expect(figure(demand, 'interactionsPerDay')?.source).toBe('given with the plan');
  });

  test('the week is the day: its busiest hour is the busy hour, its mean the volume', () => {
    const demand = demandOf(demandFile(DAY));
    expect((Math.max(...demand.week.levels) * demand.interactionsPerDay) / 86_400).toBeCloseTo(
      demand.busyHourInteractionsPerS,
      9,
    );
  });
});

describe('a trace', () => {
  test('of an hour is the busy hour; a turn is a row unless the file says otherwise', () => {
    const turns = demandOf(traceArrivals([18_000]));
    expect(turns.busyHourTurnsPerS).toBeCloseTo(5, 9);
    expect(turns.busyHourInteractionsPerS).toBeCloseTo(1, 9);
    const interactions = demandOf(traceArrivals([18_000], { volume: { rows: 'interactions' } }));
    expect(interactions.busyHourInteractionsPerS).toBeCloseTo(5, 9);
    expect(interactions.fromTrace).toBe(true);
  });

  test('of days brings its own hours: its busiest hour, its volume, its share', () => {
    const hourly = Array.from({ length: 48 }, (_, hour) => (hour % 24 === 14 ? 36_000 : 3_600));
    const demand = demandOf(traceArrivals(hourly));
    expect(demand.busyHourTurnsPerS).toBeCloseTo(10, 9);
    // 23 × 3,600 + 36,000 turns a day, five turns each.
    expect(demand.interactionsPerDay).toBeCloseTo((23 * 3_600 + 36_000) / 5, 6);
    expect(demand.week.basis).toBe('measured');
    expect(figure(demand, 'busyHourShareRatio')?.value).toBeCloseTo(36_000 / (23 * 3_600 + 36_000), 9);
  });

  test('its burstiness sizes tiers for its busiest minute', () => {
    const demand = demandOf(traceArrivals([18_000]));
    expect(demand.sizingTurnsPerS).toBeCloseTo(10, 9);
    expect(demand.diagnostics.map(({ code }) => code)).toContain('BURSTY_DEMAND');
  });

  test('of days holds its busiest minute against its busiest hour, which is the one planned for', () => {
    // Nine hours in ten at 1/s, the tenth at 1.5/s: a mean of 1.05/s, and a busiest minute of twice that.
    const hourly = Array.from({ length: 50 }, (_, hour) => (hour % 10 === 4 ? 5_400 : 3_600));
    const demand = demandOf(traceArrivals(hourly));
    expect(demand.busyHourTurnsPerS).toBeCloseTo(1.5, 9);
    expect(demand.sizingTurnsPerS).toBeCloseTo(2 * 1.05, 9);
    // A day that swings more than its minutes is sized for its busiest hour, and for no more.
    const peaked = Array.from({ length: 48 }, (_, hour) => (hour % 24 === 14 ? 36_000 : 3_600));
    const swinging = demandOf(traceArrivals(peaked));
    expect(swinging.sizingTurnsPerS).toBe(swinging.busyHourTurnsPerS);
  });
});

describe('burstiness that is stated', () => {
  test('up to an index of 2 sizes for the mean, above it for the busiest minute', () => {
    const of = (indexOfDispersion60S: number) =>
      demandOf(demandFile({ ...DAY, burstiness: { indexOfDispersion60S, gapCv: 1.5 } }));
    expect(of(2).sizingTurnsPerS).toBe(of(2).busyHourTurnsPerS);
    const bursty = of(50);
    expect(bursty.sizingTurnsPerS).toBeGreaterThan(1.1 * bursty.busyHourTurnsPerS);
    expect(bursty.burstiness.gapCv).toBe(1.5);
    expect(figure(bursty, 'indexOfDispersion60S')?.value).toBe(50);
  });

  test.each([
    [1, 2],
    [5, 16.1],
    [200, 400],
    [0.5, 20],
  ])('%d turns/s at an index of %d: the median busiest of 60 gamma minutes, 2,000 hours', (perS, index) => {
    const random = createRandom(11);
    const [shape, scale] = [(perS * 60) / index, index];
    const busiest = Array.from({ length: 2000 }, () =>
      Math.max(...Array.from({ length: 60 }, () => sampleGamma(random, shape, scale))),
    ).sort((a, b) => a - b);
    const median = (busiest[1000] ?? 0) / (perS * 60);
    expect(Math.abs(estimateBusiestMinuteRatio(perS, index) / median - 1)).toBeLessThan(0.03);
  });
});

describe('the shape of an interaction', () => {
  test('turns and pauses are the customers’: the file wins over the scenario', () => {
    const demand = demandOf(demandFile({ ...DAY, interaction: { turns: 8, thinkTimeS: 45 } }));
    expect(demand.turnsPerInteraction).toBe(8);
    expect(demand.busyHourTurnsPerS).toBeCloseTo(28.8, 9);
    expect(figure(demand, 'thinkTime')).toMatchObject({ value: 45, basis: 'assumed' });
    const meanS = (figure(demand, 'meanTurnLatency')?.value ?? 0) / 1000;
    expect(demand.openInteractions).toBeCloseTo(28.8 * (meanS + 45), 6);
  });

  test('tokens are what was measured; the file is held against it', () => {
    const parts = { systemTokens: 300, messageTokens: 20, answerTokens: 200 };
    const demand = demandOf(demandFile({ ...DAY, interaction: parts }));
    expect(demand.tokensPerTurn).toMatchObject({ input: 500, output: 200, basis: 'measured' });
    // 300 + 20·3 + 200·2 = 760 on average over five turns.
    expect(demand.diagnostics.map(({ message }) => message).join()).toContain('input 760 against 500');
  });

  test('agreement within a tenth says nothing', () => {
    const parts = { systemTokens: 300, messageTokens: 200, answerTokens: 200, history: 'none' };
    expect(demandOf(demandFile({ ...DAY, interaction: parts })).diagnostics).toEqual([]);
  });

  test('where a result counts no tokens, the file does: every turn sends the history again, every call as much', () => {
    const reference = llamaResult();
    const steps = reference.steps.map((step) => ({
      ...step,
      tokens: { input: 0, cachedInput: 0, output: 0, requestsWithUsage: 0, requestsCounted: 0 },
    }));
    const interaction = {
      turns: 5,
      callsPerTurn: 2,
      systemTokens: 100,
      messageTokens: 30,
      answerTokens: 70,
      cachedInputRatio: 0.25,
    };
    const demand = demandOf(demandFile({ ...DAY, interaction }), { reference: { ...reference, steps } });
    // 100 + 30·3 + 70·2 = 330 a call.
    expect(demand.tokensPerTurn?.input).toBeCloseTo(660, 9);
    expect(demand.tokensPerTurn?.cachedInput).toBeCloseTo(165, 9);
    expect(demand.tokensPerTurn?.output).toBeCloseTo(140, 9);
    expect(demand.tokensPerTurn?.basis).toBe('assumed');
    expect(demand.llmCallsPerTurn).toBe(2);
  });
});

describe('the demand of the call-centre guide that comes with the tool', () => {
  const path = join(import.meta.dirname, '../../../scenarios/demand/call-centre-guide.yaml');
  const file = unwrap(readDemandFile(path));

  test('has its corrected busy hour: 5.2 turns/s, and about 112 open conversations at 1.5 s and 20 s', () => {
    const demand = demandOf(file);
    expect(demand.busyHourTurnsPerS).toBeCloseTo(5.2083, 4);
    const meanS = (figure(demand, 'meanTurnLatency')?.value ?? 0) / 1000;
    expect(demand.openInteractions + demand.busyHourTurnsPerS * (1.5 - meanS)).toBeCloseTo(112, 0);
  });

  test('has its tokens: 0.001785 USD an interaction at 0.15 and 0.60 USD per million', () => {
    const reference = llamaResult();
    const tokens = { input: 0, cachedInput: 0, output: 0, requestsWithUsage: 0, requestsCounted: 0 };
    const steps = reference.steps.map((step) => ({ ...step, tokens }));
    const { tokensPerTurn, turnsPerInteraction } = demandOf(file, { reference: { ...reference, steps } });
    const usdPerTurn = ((tokensPerTurn?.input ?? 0) * 0.15 + (tokensPerTurn?.output ?? 0) * 0.6) / 1e6;
    expect(usdPerTurn * turnsPerInteraction).toBeCloseTo(0.001785, 9);
  });
});

describe('what a plan assumes', () => {
  const file = demandFile({
    ...DAY,
    escalation: {
      escalatedRatio: { value: 0.3, low: 0.2, high: 0.5, source: 'tickets' },
      directToHumanRatio: 0.1,
    },
    people: { averageHandleTimeS: 300, shrinkageRatio: 0.25, maxOccupancyRatio: 0.8, answeredRatio: 0.9 },
  });

  test('is the file’s, with its range and source', () => {
    const assumptions = unwrap(resolveAssumptions(CATALOGUE, overridesFromDemand(file)));
    expect(assumptions.escalation).toMatchObject({ value: 0.3, low: 0.2, high: 0.5 });
    expect(assumptions.escalation.figure.source).toBe('demand test: tickets');
    expect(assumptions.directToHuman.value).toBe(0.1);
    expect(assumptions.averageHandleTimeS.value).toBe(300);
    expect(assumptions.shrinkage.value).toBe(0.25);
    expect(assumptions.maxOccupancy.value).toBe(0.8);
    expect(assumptions.answeredRatio.value).toBe(0.9);
    expect(assumptions.busyHourShare.value).toBe(0.15);
  });

  test('no file changes nothing', () => {
    expect(overridesFromDemand(undefined)).toEqual({});
  });
});

describe('a whole plan from a demand file', () => {
  const input = {
    results: [llamaResult(), simulatedResult()],
    modes: [MODES.kubernetes],
    catalogue: CATALOGUE,
    seed: 1,
    nowUnixMs: Date.UTC(2026, 10, 21),
  };

  test('takes its volume and its objectives', () => {
    const slos = [{ kind: 'latency', metric: 'latencyMs', percentile: 90, limitMs: 3000 }];
    const plan = unwrap(planModes({ ...input, demand: demandFile({ ...DAY, slos }) }));
    expect(plan.demand.busyHourInteractionsPerS).toBeCloseTo(3.6, 9);
    expect(plan.slos).toEqual(slos);
  });

  test('twice the growth is more replicas or as many, never fewer', () => {
    const replicas = (months: number): number =>
      unwrap(
        planModes({
          ...input,
          demand: demandFile({
            volume: { kind: 'per-day', interactionsPerDay: 2_000_000 },
            growth: { ratioPerYear: 1, months },
          }),
        }),
      ).modes.flatMap((mode) => (mode.kind === 'planned' ? mode.tiers : []))[0]?.replicas ?? 0;
    expect(replicas(12)).toBeGreaterThan(replicas(0));
  });
});
