import { describe, expect, test } from 'vitest';
import { predictModeLatency } from '../../planner/latency.ts';
import { createRandom, sampleExponential } from '../../vocabulary/random.ts';
import { buildResult, SLOS } from '../planner/fixtures/result.ts';
import { MODES, sizeMode, unbounded } from '../planner/fixtures/sized.ts';

const SERVICE_PER_S = 40;
const LINKS_MS = 5;
const TURNS = 60_000;

/** Servers that answer one turn at a time; turns go at random to those that are up; from the loss on only `left` are. */
function simulateP95Ms(
  servers: { readonly all: number; readonly left: number },
  turnsPerS: number,
  seed: number,
) {
  const random = createRandom(seed);
  const freeAtS = Array.from({ length: servers.all }, () => 0);
  const latenciesMs: { before: number[]; after: number[] } = { before: [], after: [] };
  let atS = 0;
  for (let turn = 0; turn < 2 * TURNS; turn++) {
    atS += sampleExponential(random, 1 / turnsPerS);
    const lost = turn >= TURNS;
    const server = Math.floor(random.next() * (lost ? servers.left : servers.all));
    const doneS = Math.max(atS, freeAtS[server] ?? 0) + sampleExponential(random, 1 / SERVICE_PER_S);
    freeAtS[server] = doneS;
    // The first third of either state is on the way to it.
    if (turn % TURNS > TURNS / 3) latenciesMs[lost ? 'after' : 'before'].push((doneS - atS) * 1000);
  }
  const p95 = (values: number[]): number =>
    values.sort((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] ?? Number.NaN;
  return { before: p95(latenciesMs.before), after: p95(latenciesMs.after) };
}

/** On premises with nodes of one server each, 20 % kept free, in two rooms of which one may be lost. */
function planned(turnsPerS: number) {
  const [inference, ...others] = unbounded(MODES.onprem).tiers;
  if (inference === undefined) throw new Error('no inference tier');
  const mode = {
    ...MODES.onprem,
    tiers: [{ ...inference, unit: { ...inference.unit, gpus: 2 } as typeof inference.unit }, ...others],
  };
  const { tiers, plans, context } = sizeMode({
    mode,
    interactionsPerDay: (turnsPerS * 3600) / (0.15 * 5),
    results: [
      buildResult({
        engine: 'simulated',
        rates: [5, 10, 15, 20, 25, 30, 34, 38],
        servicePerS: SERVICE_PER_S,
        step: { gatewayCpuSPerTurn: 0.004 },
      }),
    ],
  });
  const latency = predictModeLatency(tiers, plans, context, SLOS);
  if (latency.kind === 'refused') throw new Error(latency.reason);
  const [plan] = plans;
  return { latency: latency.value, all: plan?.replicas ?? 0, left: plan?.whenLost?.replicas ?? 0 };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('a room lost in the busy hour, in an independent simulation, ten seeds', () => {
  test.each([55, 170])(
    '%d turns/s: latency before and after as predicted, within the objective',
    (turnsPerS) => {
      const { latency, all, left } = planned(turnsPerS);
      expect(left).toBe(all / 2);
      const runs = Array.from({ length: 10 }, (_, seed) => simulateP95Ms({ all, left }, turnsPerS, seed + 1));
      const before = mean(runs.map((run) => run.before)) + LINKS_MS;
      const after = mean(runs.map((run) => run.after)) + LINKS_MS;
      expect(Math.abs((latency.turnP95Ms ?? 0) / before - 1)).toBeLessThan(0.05);
      expect(Math.abs((latency.whenLost?.turnP95Ms ?? 0) / after - 1)).toBeLessThan(0.07);
      expect(after).toBeGreaterThan(1.3 * before);
      expect(after).toBeLessThan(2000);
    },
  );
});
