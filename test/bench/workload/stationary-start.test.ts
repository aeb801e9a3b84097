import { describe, expect, it } from 'vitest';
import {
  computeNominalTurnsAtMs,
  formatSchedule,
  planStep,
  type StepPlan,
} from '../../../bench/workload/schedule.ts';
import { readScenario } from '../../../scenarios/scenario.ts';
import type { ConversationWorkload } from '../../../scenarios/workload.ts';
import { createSampler } from '../../../vocabulary/distributions.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { createRandom, sampleExponential } from '../../../vocabulary/random.ts';

const workload = unwrap(readScenario('call-centre')).workload as ConversationWorkload;
const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1);
const RATE_PER_S = 4;
const WINDOW_MS = 10_000;
/** Longer than any conversation of the scenario: by then an empty start is forgotten. */
const SETTLED_MS = 3_600_000;

/** What an observer sees who arrives at some instant and stays for the window. */
interface Observed {
  readonly openAtStart: number;
  readonly turnsPerS: number;
  /** Turns already behind each turn that falls due in the window. */
  readonly histories: readonly number[];
}

/** The plain way: begin with nobody, let an hour pass, then look. Draws and clock are written here again. */
function simulateFromEmpty(seed: number): Observed {
  const random = createRandom(seed + 1_000);
  const turns = createSampler(workload.turns.distribution);
  const think = createSampler(workload.thinkTimeMs.distribution);
  const histories: number[] = [];
  let openAtStart = 0;
  for (let atMs = 0; atMs < SETTLED_MS + WINDOW_MS; atMs += sampleExponential(random, 1_000 / RATE_PER_S)) {
    const count = Math.max(1, Math.round(turns(random)));
    let turnAtMs = atMs;
    for (let turn = 0; turn < count; turn++) {
      if (turn > 0) turnAtMs += workload.nominalResponseMs + Math.max(0, Math.round(think(random)));
      if (turnAtMs >= SETTLED_MS && turnAtMs < SETTLED_MS + WINDOW_MS) histories.push(turn);
    }
    if (atMs < SETTLED_MS && turnAtMs >= SETTLED_MS) openAtStart++;
  }
  return { openAtStart, turnsPerS: histories.length / (WINDOW_MS / 1_000), histories };
}

const planOf = (overrides: Partial<StepPlan> = {}): StepPlan => ({
  workload,
  arrivals: { kind: 'poisson' },
  interactionsPerS: RATE_PER_S,
  spanMs: WINDOW_MS,
  ...overrides,
});

/** The same look at a planned step. */
function observePlan(seed: number): Observed {
  const planned = planStep(planOf(), createRandom(seed));
  const histories = planned.flatMap((interaction) =>
    computeNominalTurnsAtMs(interaction, interaction.arrivalAtMs, workload.nominalResponseMs).flatMap(
      (atMs, turn) => (turn >= interaction.firstTurn && atMs < WINDOW_MS ? [turn] : []),
    ),
  );
  const openAtStart = planned.filter(({ arrivalAtMs }) => arrivalAtMs < 0).length;
  return { openAtStart, turnsPerS: histories.length / (WINDOW_MS / 1_000), histories };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const varianceOfMean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1) / values.length;

/** Distance of two means in standard errors of their difference. */
const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.abs(mean(a) - mean(b)) / Math.sqrt(varianceOfMean(a) + varianceOfMean(b));

describe('a step that starts as if it had always run', () => {
  const simulated = SEEDS.map(simulateFromEmpty);
  const planned = SEEDS.map(observePlan);

  it('has as many conversations open as one that began empty an hour ago', () => {
    const [a, b] = [planned, simulated].map((runs) => runs.map(({ openAtStart }) => openAtStart));
    if (a === undefined || b === undefined) throw new Error('nothing ran');
    expect(mean(a)).toBeGreaterThan(20);
    expect(distance(a, b)).toBeLessThan(4);
    expect(Math.abs(mean(a) / mean(b) - 1)).toBeLessThan(0.08);
  });

  it('brings as many turns a second', () => {
    const [a, b] = [planned, simulated].map((runs) => runs.map(({ turnsPerS }) => turnsPerS));
    if (a === undefined || b === undefined) throw new Error('nothing ran');
    expect(distance(a, b)).toBeLessThan(4);
    expect(Math.abs(mean(a) / mean(b) - 1)).toBeLessThan(0.08);
  });

  it('brings turns with as long a history, over the whole distribution', () => {
    const shareUpTo = (runs: readonly Observed[], turn: number): number[] =>
      runs.map(({ histories }) => histories.filter((past) => past <= turn).length / histories.length);
    for (const turn of [0, 1, 2, 4, 6, 9, 12]) {
      const [a, b] = [shareUpTo(planned, turn), shareUpTo(simulated, turn)];
      expect(distance(a, b), `share of turns with at most ${turn} before them`).toBeLessThan(4);
      expect(Math.abs(mean(a) - mean(b))).toBeLessThan(0.05);
    }
  });

  it('differs from an empty start, which these tests would notice', () => {
    const empty = planned.map(
      ({ histories }) => histories.filter((past) => past === 0).length / (WINDOW_MS / 1_000),
    );
    // The first turns alone come at the arrival rate; the rest of the load is the past.
    expect(Math.abs(mean(empty) - RATE_PER_S)).toBeLessThan(1);
    expect(mean(planned.map(({ turnsPerS }) => turnsPerS))).toBeGreaterThan(3 * mean(empty));
  });
});

describe('the bytes of a schedule', () => {
  const print = (seed: number, overrides: Partial<StepPlan> = {}): string =>
    formatSchedule(planStep(planOf(overrides), createRandom(seed)), workload.nominalResponseMs);

  it.each(['poisson', 'constant'] as const)('depend on the seed and on nothing else: %s', (kind) => {
    const texts = SEEDS.map((seed) => print(seed, { arrivals: { kind } }));
    expect(new Set(texts).size).toBe(SEEDS.length);
    SEEDS.slice(0, 4).forEach((seed, i) => {
      expect(Buffer.from(print(seed, { arrivals: { kind } })).equals(Buffer.from(texts[i] ?? ''))).toBe(true);
    });
  });

  it('have interactions exactly 1/rate apart where arrivals are constant', () => {
    const single: StepPlan['workload'] = {
      kind: 'requests',
      inputTokens: workload.userTokens,
      outputTokens: workload.outputTokens,
      exactOutputTokens: true,
    };
    for (const ratePerS of [1, 3, 8, 61, 1_000]) {
      const plan = planOf({
        workload: single,
        arrivals: { kind: 'constant' },
        interactionsPerS: ratePerS,
        spanMs: 2_000,
      });
      const instants = planStep(plan, createRandom(ratePerS)).map(({ arrivalAtMs }) => arrivalAtMs);
      expect(instants).toHaveLength(2 * ratePerS);
      const off = instants
        .slice(1)
        .filter((atMs, i) => Math.abs(atMs - (instants[i] ?? 0) - 1_000 / ratePerS) > 1e-9);
      expect(off).toEqual([]);
    }
  });
});
