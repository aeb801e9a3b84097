import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runRealGates } from '../../measure/gate/real-gates.ts';
import {
  estimateProcessRatio,
  findSmallestCaught,
  type Pair,
  resampleGates,
} from '../../measure/gate/resampled-gates.ts';
import { createRandom, sampleNormal } from '../../vocabulary/random.ts';

const figures = (ms: number) => ({ p50Ms: ms, p95Ms: 1.2 * ms, meanMs: 1.05 * ms });

/** Sets of processes whose pairs scatter by `noise`, with a candidate slower by `ratio` and each process by `ofProcess`. */
function setsOf(facts: { ratio: number; noise: number; ofProcess?: number; sets?: number }): Pair[][] {
  const { ratio, noise, ofProcess = 0, sets = 20 } = facts;
  const random = createRandom(1);
  return Array.from({ length: sets }, () => {
    const shift = ofProcess * sampleNormal(random);
    return Array.from({ length: 30 }, (): Pair => {
      const slower = Math.exp(shift + noise * sampleNormal(random));
      return [figures(1), figures((1 + ratio) * slower)];
    });
  });
}

const options = { gates: 200, pairsPerGate: 30, processRatio: 0 };

describe('resampled gates', () => {
  it('raise no alarm over equal versions, and catch a slowdown that stands out of the noise', () => {
    const equal = setsOf({ ratio: 0, noise: 0.02 });
    expect(resampleGates(equal, { ...options, random: createRandom(1) })).toBeLessThanOrEqual(0.01);
    const slow = setsOf({ ratio: 0.05, noise: 0.02 });
    expect(resampleGates(slow, { ...options, random: createRandom(2) })).toBeGreaterThan(0.99);
    const shifted = { ...options, slowdownRatio: 0.05, random: createRandom(3) };
    expect(resampleGates(equal, shifted)).toBeGreaterThan(0.99);
  });

  it('say so when the noise hides the slowdown: no detection is invented', () => {
    const drowned = setsOf({ ratio: 0.05, noise: 0.3 });
    expect(resampleGates(drowned, { ...options, random: createRandom(4) })).toBeLessThan(0.1);
  });

  it('find a smallest slowdown at which about so many are caught, larger on a noisier machine', () => {
    const search = { ...options, gates: 100, random: createRandom(5) };
    const calm = findSmallestCaught(setsOf({ ratio: 0, noise: 0.02 }), search, 0.95) ?? 1;
    const rough = findSmallestCaught(setsOf({ ratio: 0, noise: 0.1 }), search, 0.95) ?? 1;
    // The floor of the gate: no median estimate below 2 % counts, so 95 % need a little more.
    expect(calm).toBeGreaterThan(0.02);
    expect(calm).toBeLessThan(0.04);
    expect(rough).toBeGreaterThan(2 * calm);
  });

  it('know how far processes of one version lie apart, beyond what their blocks scatter', () => {
    expect(estimateProcessRatio(setsOf({ ratio: 0, noise: 0.05, ofProcess: 0.03, sets: 200 }))).toBeCloseTo(
      0.03,
      2,
    );
    expect(estimateProcessRatio(setsOf({ ratio: 0, noise: 0.05, sets: 200 }))).toBeLessThan(0.006);
  });
});

describe('a real gate', { timeout: 120_000 }, () => {
  it('of three processes calls the command line twice, and fails the one that takes ten times as long', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'busyhour-gate-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const plan = { rounds: 12, warmUpMs: 20, blockMs: 60 };
    const gates = await runRealGates(15_000_000, plan, { folder, random: createRandom(1) });
    expect(gates.slowExitCode).toBe(31);
    // Equal or not: a gate that could not read its input would end with 10.
    expect([0, 31]).toContain(gates.equalExitCode);
    expect(gates.equalPairs).toHaveLength(12);
    expect(gates.slowPairs).toHaveLength(12);
  });
});
