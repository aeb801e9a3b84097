import { describe, expect, test } from 'vitest';
import { createRandom, sampleExponential } from '../../vocabulary/random.ts';
import { buildResult } from '../planner/fixtures/result.ts';
import { MODES, sizeMode, unbounded } from '../planner/fixtures/sized.ts';

const SERVICE_PER_S = 40;
const LIMIT_MS = 1995;
const TURNS = 60_000;

/** Servers that answer one turn at a time, in the order of arrival; each turn goes to a server at random. */
function simulateP95Ms(servers: number, turnsPerS: number, seed: number): number {
  const random = createRandom(seed);
  const freeAtS = Array.from({ length: servers }, () => 0);
  const latenciesMs: number[] = [];
  let atS = 0;
  for (let i = 0; i < TURNS; i++) {
    atS += sampleExponential(random, 1 / turnsPerS);
    const server = Math.floor(random.next() * servers);
    const doneS = Math.max(atS, freeAtS[server] ?? 0) + sampleExponential(random, 1 / SERVICE_PER_S);
    freeAtS[server] = doneS;
    if (i > TURNS / 3) latenciesMs.push((doneS - atS) * 1000);
  }
  latenciesMs.sort((a, b) => a - b);
  return latenciesMs[Math.ceil(latenciesMs.length * 0.95) - 1] ?? Number.NaN;
}

/** Servers planned for a demand, without headroom beyond the derate of 0.946 and without spare nodes. */
function plannedServers(turnsPerS: number): number {
  const [inference, ...others] = unbounded(MODES.onprem).tiers;
  if (inference?.sizing.kind !== 'capacity-curve') throw new Error('no inference tier');
  const bare = {
    ...inference,
    minReplicas: 0,
    survives: { zones: 0, replicas: 0 },
    sizing: { ...inference.sizing, headroomRatio: 0 },
    unit: { ...inference.unit, gpus: 2 } as typeof inference.unit,
  };
  const { plans } = sizeMode({
    mode: { ...MODES.onprem, tiers: [bare, ...others] },
    interactionsPerDay: (turnsPerS * 3600) / (0.15 * 5),
    results: [
      buildResult({
        engine: 'simulated',
        rates: [10, 20, 30, 36, 38, 39],
        servicePerS: SERVICE_PER_S,
        step: { gatewayCpuSPerTurn: 0.004 },
      }),
    ],
  });
  return plans[0]?.replicas ?? 0;
}

const meanP95Ms = (servers: number, turnsPerS: number): number => {
  const values = Array.from({ length: 10 }, (_, seed) => simulateP95Ms(servers, turnsPerS, seed + 1));
  return values.reduce((sum, value) => sum + value, 0) / values.length;
};

describe('planned replicas in an independent simulation, ten seeds', () => {
  // Just below what 2, 5 and 9 servers carry within the objective, 38.5 turns/s each × 0.946: no more is promised of a
  // predicted capacity, and one server fewer is too few all the same.
  test.each([
    [2, 71],
    [5, 179],
    [9, 322],
  ])('%i servers for %d turns/s: they meet the objective, and one fewer does not', (servers, turnsPerS) => {
    expect(plannedServers(turnsPerS)).toBe(servers);
    expect(meanP95Ms(servers, turnsPerS)).toBeLessThan(LIMIT_MS);
    expect(meanP95Ms(servers - 1, turnsPerS)).toBeGreaterThan(LIMIT_MS);
  });
});
