import { describe, expect, test } from 'vitest';
import type { DeploymentMode } from '../../../scenarios/mode.ts';
import { exactCapacityPerS } from '../fixtures/result.ts';
import { MODES, sizeMode, unbounded } from '../fixtures/sized.ts';
import { INDEPENDENT, mulberry, triangle, uncertaintyOf } from '../fixtures/uncertain.ts';

const DRAWS = 10_000;

/** What the planner uses of a predicted capacity where a mode keeps nothing free: docs/accuracy.md. */
const DERATE = 0.946;

/** One host without headroom of its own, spread over `zones` of which one may be lost. */
function hostMode(zones: number, headroomRatio = 0): DeploymentMode {
  const [host, ...others] = MODES.compose.tiers;
  if (host?.sizing.kind !== 'capacity-curve') throw new Error('no host');
  const sized = {
    ...host,
    sizing: { ...host.sizing, headroomRatio },
    maxReplicas: 100,
    minReplicas: 1,
    zones,
    survives: { zones: zones - 1, replicas: 0 },
  };
  return { ...MODES.compose, tiers: [sized, ...others] };
}

/** Share of independent draws in which the peak exceeds so much of what `hosts` carry, over ten seeds. */
function simulatedMiss(perDay: number, hosts: number, usedRatio = 1): { ratio: number; draws: number } {
  const capacity = exactCapacityPerS(20, 2000);
  let missed = 0;
  for (let seed = 1; seed <= 10; seed++) {
    const uniform = mulberry(seed);
    for (let draw = 0; draw < DRAWS; draw++) {
      const turnsPerS = (perDay * 5 * triangle(uniform, 0.08, 0.15, 0.18)) / 3600;
      if (turnsPerS > hosts * usedRatio * triangle(uniform, 17, capacity, 19)) missed++;
    }
  }
  return { ratio: missed / (10 * DRAWS), draws: 10 * DRAWS };
}

/** Three standard errors of a share of 10,000 draws, and the 1 % by which the fixture's capacity is off. */
const tolerance = (ratio: number): number => 3 * Math.sqrt((ratio * (1 - ratio)) / DRAWS) + 0.02;

const missesOf = (mode: DeploymentMode, interactionsPerDay: number) =>
  uncertaintyOf({ mode, interactionsPerDay }, { correlations: INDEPENDENT }).section;

describe('probability of missing an objective against an independent simulation, ten seeds', () => {
  test.each([72_000, 78_000, 82_000])('one host without headroom at %d a day', (perDay) => {
    const { missProbability, replicas } = missesOf(hostMode(1), perDay);
    expect(replicas[0]?.planned).toBe(1);
    const { ratio } = simulatedMiss(perDay, 1);
    expect(Math.abs(missProbability.allUp - ratio)).toBeLessThan(tolerance(ratio));
    expect(replicas[0]?.missProbability.allUp).toBe(missProbability.allUp);
  });

  test('a spare host: none with both up, as with one host after losing a zone', () => {
    const { missProbability, replicas } = missesOf(hostMode(2), 80_000);
    expect(replicas[0]?.planned).toBe(2);
    expect(missProbability.allUp).toBe(0);
    const { ratio } = simulatedMiss(80_000, 1);
    expect(Math.abs(missProbability.afterLosses - ratio)).toBeLessThan(tolerance(ratio));
  });

  test('headroom is there to be used: it asks for more hosts and misses less', () => {
    const perDay = 70_000;
    const [none, fifth] = [missesOf(hostMode(1), perDay), missesOf(hostMode(1, 0.2), perDay)];
    expect(fifth.replicas[0]?.planned).toBe(1);
    // The draws ask for a second host to keep their headroom, yet the one carries them as well as without.
    expect(fifth.replicas[0]?.sufficientRatio).toBeLessThan(none.replicas[0]?.sufficientRatio ?? 0);
    expect(fifth.missProbability.allUp).toBe(none.missProbability.allUp);
  });

  test('by objective: no likelier than all together, and the one that is crossed first is nearly all', () => {
    const { missProbability } = missesOf(hostMode(1), 82_000);
    const [latency, errors] = missProbability.byObjective;
    expect(latency?.slo.kind).toBe('latency');
    expect(latency?.tiers).toEqual(['host']);
    expect(latency?.allUp).toBe(missProbability.allUp);
    // Errors are within their limit at the highest rate measured, 19/s, so they are missed above that only.
    expect(errors?.allUp).toBeLessThan(missProbability.allUp);
  });
});

describe('replicas over the draws', () => {
  test('P10, P50 and P90 against an independent simulation, ten seeds', () => {
    const perDay = 2_000_000;
    const capacity = exactCapacityPerS(20, 2000);
    const needed = Array.from({ length: 10 }, (_, seed) => {
      const uniform = mulberry(seed + 50);
      return Array.from({ length: DRAWS }, () =>
        Math.ceil(
          (perDay * 5 * triangle(uniform, 0.08, 0.15, 0.18)) /
            3600 /
            (DERATE * triangle(uniform, 17, capacity, 19)),
        ),
      );
    })
      .flat()
      .sort((a, b) => a - b);
    const [row] = missesOf(hostMode(1), perDay).replicas;
    const at = (share: number): number => needed[Math.floor(share * needed.length)] ?? Number.NaN;
    expect(Math.abs((row?.needed.p10 ?? 0) - at(0.1))).toBeLessThanOrEqual(1);
    expect(Math.abs((row?.needed.p50 ?? 0) - at(0.5))).toBeLessThanOrEqual(1);
    expect(Math.abs((row?.needed.p90 ?? 0) - at(0.9))).toBeLessThanOrEqual(1);
    const enough = needed.filter((hosts) => hosts <= (row?.planned ?? 0)).length / needed.length;
    expect(Math.abs((row?.sufficientRatio ?? 0) - enough)).toBeLessThan(0.04);
  });

  test('tiers that no limit sizes are what they are', () => {
    const sized = { mode: MODES.kubernetes, interactionsPerDay: 25_000 };
    const { tiers } = sizeMode(sized);
    const { replicas } = uncertaintyOf(sized).section;
    const fixed = tiers.flatMap(({ model }) => (model.limits.length === 0 ? [model.tier.id] : []));
    for (const row of replicas.filter(({ tier }) => fixed.includes(tier))) {
      expect(row.needed).toEqual({ p10: row.planned, p50: row.planned, p90: row.planned });
      expect(row.sufficientRatio).toBe(1);
      expect(row.missProbability).toEqual({ allUp: 0, afterLosses: 0 });
    }
  });

  test('what the mode cannot have is said: share of draws above its most', () => {
    const [host, ...others] = hostMode(1).tiers;
    if (host === undefined) throw new Error('no host');
    const bounded = { ...MODES.compose, tiers: [{ ...host, maxReplicas: 1 }, ...others] };
    const { replicas, missProbability } = missesOf(bounded, 80_000);
    expect(replicas[0]?.maxReplicas).toBe(1);
    const { ratio } = simulatedMiss(80_000, 1, DERATE);
    expect(Math.abs((replicas[0]?.aboveMaxRatio ?? 0) - ratio)).toBeLessThan(tolerance(ratio));
    expect(missProbability.aboveMaxRatio).toBe(replicas[0]?.aboveMaxRatio);
  });

  test('calls that are made again fill the quotas of a vendor: accounts at both ends, by hand', () => {
    const interactionsPerDay = 2_500_000;
    const overrides = { retryRatio: { value: 0.1, low: 0, high: 0.9 }, busyHourShareRatio: 0.15 };
    const sized = { mode: unbounded(MODES.kubernetes), interactionsPerDay, overrides };
    const { tiers } = sizeMode(sized);
    const quotas = tiers.find(({ model }) => model.tier.id === 'llm')?.model.limits ?? [];
    const row = uncertaintyOf(sized).section.tornado.find(({ input }) => input === 'retries');
    const llm = row?.replicas.find(({ tier }) => tier === 'llm');
    const accountsAt = (callsPerCall: number): number =>
      Math.max(
        ...quotas.map(({ demand, perReplica }) => Math.ceil(((demand / 1.1) * callsPerCall) / perReplica)),
      );
    expect(llm?.atP10).toBe(accountsAt(1 + Math.sqrt(0.1 * 0.9 * 0.1)));
    expect(llm?.atP90).toBe(accountsAt(1.9 - Math.sqrt(0.1 * 0.9 * 0.8)));
    expect(row).toMatchObject({ unit: 'calls per call' });
  });

  test('what is stored follows the volume of months and not the busy hour', () => {
    const sized = { mode: unbounded(MODES.kubernetes), interactionsPerDay: 10_000_000 };
    const byVolume = sizeMode(sized).tiers.filter(({ model }) =>
      model.limits.some(({ fromVolume, demand, perReplica }) => fromVolume === true && demand > perReplica),
    );
    const { tornado } = uncertaintyOf(sized).section;
    const moved = tornado.find(({ input }) => input === 'busyHourShareRatio')?.replicas ?? [];
    for (const { model } of byVolume) {
      const [binding] = [...model.limits].sort((a, b) => b.demand / b.perReplica - a.demand / a.perReplica);
      if (binding?.fromVolume !== true) continue;
      const row = moved.find(({ tier }) => tier === model.tier.id);
      expect(row === undefined || row.atP10 >= binding.demand / binding.perReplica).toBe(true);
    }
    expect(byVolume.length).toBeGreaterThan(0);
  });
});
