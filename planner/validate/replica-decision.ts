import { meanOf } from '../../vocabulary/mean.ts';
import type { Random } from '../../vocabulary/random.ts';
import { computeLeaveOneOutDerates } from '../calibrate/conformal.ts';

/** A capacity predicted for one replica, and what it turned out to be. */
export interface CapacityPrediction {
  readonly configuration: string;
  readonly predictedPerS: number;
  readonly measuredPerS: number;
}

export interface DecisionFigures {
  readonly decisions: number;
  readonly configurations: number;
  /** Share of decisions that bought enough replicas. */
  readonly sufficientRatio: number;
  /** Mean of replicas too many over replicas needed; none where too few were bought. */
  readonly overspendRatio: number;
  /** Middle of the derates used: each configuration's comes from the others. */
  readonly medianDerateRatio: number | undefined;
}

/** Probability of enough capacity that the derate is made for. */
export const DERATE_COVERAGE = 0.95;
/** Demands per case, needing 10 to 100 replicas: few replicas hide an error in the rounding. */
const DEMANDS_PER_CASE = 8;
const MIN_REPLICAS = 10;
const MAX_REPLICAS = 100;

const ratesOf = (cases: readonly CapacityPrediction[]) =>
  cases.map(({ predictedPerS, measuredPerS }) => ({ predicted: predictedPerS, measured: measuredPerS }));

interface Decision {
  readonly needed: number;
  readonly bought: number;
}

function decide(one: CapacityPrediction, derateRatio: number, random: Random): Decision {
  const replicas = MIN_REPLICAS * (MAX_REPLICAS / MIN_REPLICAS) ** random.next();
  const demandPerS = one.measuredPerS * replicas;
  return {
    needed: Math.ceil(demandPerS / one.measuredPerS),
    bought: Math.ceil(demandPerS / (one.predictedPerS * derateRatio)),
  };
}

/**
 * Replicas bought for random demands by predicted capacity × derate, against those that the measured capacity needs
 * (sufficient share and overspend as in LLM-Pilot, SC 2024). `derated` false buys by the bare prediction.
 */
export function judgeDecisions(
  cases: readonly CapacityPrediction[],
  options: { readonly random: Random; readonly derated: boolean; readonly coverage?: number },
): DecisionFigures | undefined {
  const groups = [...Map.groupBy(cases, ({ configuration }) => configuration).values()];
  // Each configuration's derate comes from the others: what is judged never tunes itself.
  const learnt = computeLeaveOneOutDerates(groups.map(ratesOf), options.coverage ?? DERATE_COVERAGE);
  const derates: number[] = [];
  const decisions: Decision[] = [];
  for (const [index, own] of groups.entries()) {
    const derate = options.derated ? learnt[index] : 1;
    if (derate === undefined) continue;
    derates.push(derate);
    for (const one of own) {
      for (let i = 0; i < DEMANDS_PER_CASE; i++) decisions.push(decide(one, derate, options.random));
    }
  }
  if (decisions.length === 0) return undefined;
  return {
    decisions: decisions.length,
    configurations: derates.length,
    sufficientRatio: meanOf(decisions.map(({ needed, bought }) => (bought >= needed ? 1 : 0))),
    overspendRatio: meanOf(decisions.map(({ needed, bought }) => Math.max(0, bought - needed) / needed)),
    medianDerateRatio: derates.toSorted((a, b) => a - b)[derates.length >> 1],
  };
}
