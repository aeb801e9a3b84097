import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { estimateRatio } from '../bench/judge/interval.ts';
import { EXIT_CODES } from '../vocabulary/errors.ts';
import { createRandom } from '../vocabulary/random.ts';
import { msFromS, sFromMs } from '../vocabulary/units.ts';
import { calibrateSpin, type GatePlan, middleOf, type RealGates, runRealGates } from './gate/real-gates.ts';
import {
  estimateProcessRatio,
  findSmallestCaught,
  type Pair,
  resampleGates,
} from './gate/resampled-gates.ts';

const SLOWDOWN_RATIO = 0.05;
const PLAN: GatePlan = { rounds: 80, warmUpMs: 120, blockMs: 120 };
/** For the real gates; calibration and resampling come on top. */
const BUDGET_MS = msFromS(150);
const RESAMPLED_GATES = 1_000;
const SEARCH_GATES = 400;
const CAUGHT_PROBABILITY = 0.95;

/** A set runs baseline, equal and slowed version; a gate of a user two versions. */
const SIDES_PER_SET = 3;
const SIDES_PER_GATE = 2;

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

async function runGates(extra: number, budgetMs: number, plan: GatePlan): Promise<RealGates[]> {
  const folder = mkdtempSync(join(tmpdir(), 'busyhour-gate-'));
  const endsAtMs = performance.now() + budgetMs;
  const gates: RealGates[] = [];
  try {
    for (let i = 0; gates.length === 0 || performance.now() < endsAtMs; i++) {
      const random = createRandom(i).fork('order');
      const gate = await runRealGates(extra, plan, { folder, random });
      gates.push(gate);
      const left = Math.max(0, sFromMs(endsAtMs - performance.now())).toFixed(0);
      say(`gate ${i + 1}: equal ${gate.equalExitCode}, 5 % slower ${gate.slowExitCode}; ${left} s left`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return gates;
}

const ratioOf = (pairs: readonly Pair[]): number =>
  middleOf(pairs.map(([before, after]) => after.p50Ms / before.p50Ms));

/** A share with its exact 95 % bounds, as rounded figures. */
function shareOf(successes: number, samples: number): number[] {
  const interval = estimateRatio(successes, samples);
  return interval === undefined ? [] : [interval.low, interval.high].map((value) => Number(value.toFixed(3)));
}

/** Gates drawn from the measured blocks. */
function resampledFigures(gates: readonly RealGates[], plan: GatePlan): Record<string, unknown> {
  const [equal, slow] = [gates.map(({ equalPairs }) => equalPairs), gates.map(({ slowPairs }) => slowPairs)];
  const processRatio = gates.length < 3 ? 0 : estimateProcessRatio(equal);
  const options = { gates: RESAMPLED_GATES, pairsPerGate: plan.rounds, processRatio };
  say('resampling gates from the measured blocks');
  const falseAlarmRatio = resampleGates(equal, { ...options, random: createRandom(1) });
  const detectionRatio = resampleGates(slow, { ...options, random: createRandom(2) });
  const search = { ...options, gates: SEARCH_GATES, random: createRandom(3) };
  return {
    falseAlarmRatio,
    detectionRatio,
    smallestCaughtAt95Ratio: findSmallestCaught(equal, search, CAUGHT_PROBABILITY),
    resampledGates: RESAMPLED_GATES,
    processToProcessRatio: processRatio,
  };
}

export interface MeasureGateOptions {
  readonly budgetMs?: number;
  readonly plan?: GatePlan;
}

/**
 * How often the gate is wrong. Versions of one real workload, of which one does 5 % more work, take turns in new processes; each set
 * of blocks is gated twice through the command line (equal versions, slowed version), and many more gates are drawn from the measured
 * pairs of blocks. About four and a half minutes.
 */
export async function measureGate(options: MeasureGateOptions = {}): Promise<Record<string, unknown>> {
  const { budgetMs = BUDGET_MS, plan = PLAN } = options;
  say('calibrating the slowdown');
  const extra = await calibrateSpin(SLOWDOWN_RATIO, createRandom(0));
  const startedAtMs = performance.now();
  const gates = await runGates(extra, budgetMs, plan);
  const elapsedMs = performance.now() - startedAtMs;
  const alarms = gates.filter(({ equalExitCode }) => equalExitCode === EXIT_CODES.regression).length;
  const caught = gates.filter(({ slowExitCode }) => slowExitCode === EXIT_CODES.regression).length;
  return {
    ...resampledFigures(gates, plan),
    realGates: gates.length,
    realFalseAlarms: alarms,
    realFalseAlarmRatio95: shareOf(alarms, gates.length),
    realDetections: caught,
    realDetectionRatio95: shareOf(caught, gates.length),
    trueSlowdownRatio: ratioOf(gates.flatMap(({ slowPairs }) => slowPairs)) - 1,
    equalDifferenceRatio: ratioOf(gates.flatMap(({ equalPairs }) => equalPairs)) - 1,
    medianMs: middleOf(gates.flatMap(({ equalPairs }) => equalPairs.map(([before]) => before.p50Ms))),
    secondsPerGate: Math.round(sFromMs(elapsedMs) / gates.length / SIDES_PER_SET) * SIDES_PER_GATE,
    pairsPerGate: plan.rounds,
    cores: availableParallelism(),
    loadAverage1Min: loadavg()[0],
  };
}
