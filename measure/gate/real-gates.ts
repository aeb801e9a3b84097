import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { histogramOf } from '../../bench/judge/read-step.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import type { Random } from '../../vocabulary/random.ts';
import { type ResultStep, writeResultFile } from '../../vocabulary/result-file.ts';
import type { BlockFigures, Pair } from './resampled-gates.ts';
import { resultFrom } from './result.ts';
import { medianMsOf, runBlock, type Side, startSide } from './sides.ts';

const CLI = join(import.meta.dirname, '../../cli.ts');

export interface GatePlan {
  /** Blocks of each version, each in a process of its own. */
  readonly rounds: number;
  /** Requests before each block, while code is compiled. */
  readonly warmUpMs: number;
  readonly blockMs: number;
}

interface Sides {
  readonly a: Side;
  /** The same version again. */
  readonly same: Side;
  readonly slow: Side;
}

type SideName = keyof Sides;

function shuffled<T>(values: readonly T[], random: Random): T[] {
  const left = [...values];
  return values.flatMap(() => left.splice(Math.floor(random.next() * left.length), 1));
}

async function startSides(extra: number): Promise<Sides> {
  const [a, same, slow] = await Promise.all([startSide(0), startSide(0), startSide(extra)]);
  return { a, same, slow };
}

async function closeSides(sides: Sides): Promise<void> {
  await Promise.all([sides.a, sides.same, sides.slow].map((side) => side.close()));
}

const VARIANT_OF: Readonly<Record<SideName, 'a' | 'b'>> = { a: 'a', same: 'b', slow: 'b' };

/**
 * All three versions take turns, in an order drawn anew for each round. A process is as fast or slow as its memory and its compiled code
 * happened to come out, for as long as it lives: each round has new ones.
 */
async function runRounds(
  extra: number,
  plan: GatePlan,
  random: Random,
): Promise<Record<SideName, ResultStep[]>> {
  const steps: Record<SideName, ResultStep[]> = { a: [], same: [], slow: [] };
  for (let round = 0; round < plan.rounds; round++) {
    const sides = await startSides(extra);
    try {
      for (const name of shuffled(['a', 'same', 'slow'] as const, random)) {
        const variant = VARIANT_OF[name];
        await runBlock(sides[name], { variant, block: round, windowMs: plan.warmUpMs });
        steps[name].push(await runBlock(sides[name], { variant, block: round, windowMs: plan.blockMs }));
      }
    } finally {
      await closeSides(sides);
    }
  }
  return steps;
}

function figuresOf(step: ResultStep): BlockFigures {
  const histogram = histogramOf(step, 'latencyMs');
  const p50Ms = medianMsOf(step);
  return { p50Ms, p95Ms: histogram?.percentileMs(95) ?? p50Ms, meanMs: histogram?.meanMs ?? p50Ms };
}

/** `busyhour gate` on the two versions of one run, as a user calls it: its exit code. */
async function callGate(folder: string, steps: readonly ResultStep[]): Promise<number | null> {
  const path = join(folder, 'ab.json');
  unwrap(writeResultFile(path, resultFrom({ steps: [...steps] })));
  const child = spawn(process.execPath, [CLI, 'gate', '--candidate', path, '--annotations', 'none'], {
    cwd: folder,
    stdio: 'ignore',
  });
  const [exitCode] = (await once(child, 'exit')) as [number | null];
  return exitCode;
}

/** Two real gates on the same baseline, and the pairs of blocks behind them. */
export interface RealGates {
  readonly equalExitCode: number | null;
  readonly slowExitCode: number | null;
  readonly equalPairs: readonly Pair[];
  readonly slowPairs: readonly Pair[];
}

const pairUp = (before: readonly ResultStep[], after: readonly ResultStep[]): Pair[] =>
  before.flatMap((step, i) => {
    const other = after[i];
    return other === undefined ? [] : [[figuresOf(step), figuresOf(other)] as const];
  });

/** Runs equal and slowed versions beside the baseline and gates both. */
export async function runRealGates(
  extra: number,
  plan: GatePlan,
  surroundings: { readonly folder: string; readonly random: Random },
): Promise<RealGates> {
  const steps = await runRounds(extra, plan, surroundings.random);
  return {
    equalExitCode: await callGate(surroundings.folder, [...steps.a, ...steps.same]),
    slowExitCode: await callGate(surroundings.folder, [...steps.a, ...steps.slow]),
    equalPairs: pairUp(steps.a, steps.same),
    slowPairs: pairUp(steps.a, steps.slow),
  };
}

const CALIBRATION_PASSES = 2;
const CALIBRATION: GatePlan = { rounds: 20, warmUpMs: 100, blockMs: 100 };
/** First guess of what one round of the spin takes. */
const NS_PER_ROUND = 0.8;

/** Rounds of the spin that make the median slower by `ratio`, found by interleaved blocks and corrected after every pass. */
export async function calibrateSpin(ratio: number, random: Random): Promise<number> {
  let extra = 0;
  for (let pass = 0; pass <= CALIBRATION_PASSES; pass++) {
    const { a, slow } = await runRounds(extra, CALIBRATION, random);
    if (pass === 0) {
      extra = (ratio * middleOf(a.map(medianMsOf)) * 1_000_000) / NS_PER_ROUND;
      continue;
    }
    const found = middleOf(pairUp(a, slow).map(([before, after]) => after.p50Ms / before.p50Ms)) - 1;
    // A disturbed pass may see no slowdown at all: never correct by more than half or double.
    extra *= Math.min(2, Math.max(0.5, ratio / Math.max(found, ratio / 4)));
  }
  return extra;
}

export const middleOf = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
