import type { Assessment } from './assessment.ts';
import type { ComparePolicy, ComparisonVerdict } from './comparison.ts';

export interface JudgeOptions {
  readonly policy: ComparePolicy;
  readonly better: 'lower' | 'higher';
  /** Adjusted for the number of figures compared. */
  readonly probability: number;
  readonly figures: number;
}

export interface Judgement {
  readonly verdict: ComparisonVerdict;
  readonly reason: string;
  readonly blocksNeeded?: number;
}

/** The smallest difference that matters, on the scale of the assessment. */
export const floorOf = ({ scale }: Assessment, policy: ComparePolicy): number =>
  scale === 'log' ? Math.log1p(policy.minEffectRatio) : policy.minErrorRatioChange;

const percentOf = (shift: number, scale: Assessment['scale']): number =>
  100 * (scale === 'log' ? Math.expm1(shift) : shift);

/** `+5.1 %`, `−0.30 points`; a range that is open says so. */
function shownShift(shift: number, scale: Assessment['scale']): string {
  if (!Number.isFinite(shift)) return shift > 0 ? 'anything above' : 'anything below';
  const percent = percentOf(shift, scale);
  const digits = Math.abs(percent) < 10 ? 1 : 0;
  const sign = percent < 0 ? '−' : '+';
  return `${sign}${Math.abs(percent).toFixed(digits)} ${scale === 'log' ? '%' : 'points'}`;
}

export const describeRange = ({ low, high, scale }: Assessment): string =>
  `${shownShift(low, scale)} to ${shownShift(high, scale)}`;

/** Fewest pairs, or values a side, that can give a probability of α ÷ figures. */
function fewestFor(unit: Assessment['unit'], limit: number): number {
  if (unit === 'pairs') return Math.floor(1 - Math.log2(limit)) + 1;
  let values = 1;
  for (let least = 1; least >= limit; ) {
    values++;
    least *= values / (2 * (2 * values - 1));
  }
  return values;
}

const MOST_ASKED = 10_000;

/** Blocks still needed: those without which no probability is small enough, and those that narrow the interval to the question. */
function estimateBlocksNeeded(assessment: Assessment, floor: number, limit: number): number {
  const { blocks, shift, low, high, unit } = assessment;
  const half = (high - low) / 2;
  const wanted = Math.max(floor / 2, Math.abs(Math.abs(shift) - floor));
  const forWidth = Number.isFinite(half) ? blocks * (half / wanted) ** 2 : 0;
  const total = Math.max(fewestFor(unit, limit), Math.ceil(forWidth));
  return Math.min(MOST_ASKED, Math.max(1, total - blocks));
}

/**
 * On a machine that other work takes the cores from, two processes of one version can differ for as long as they live, which no pairing
 * of their blocks takes out: a difference smaller than the scatter of single pairs may be that.
 */
function disturbanceOf({ noiseRatio = 0, shift }: Assessment, policy: ComparePolicy): string | undefined {
  if (noiseRatio <= policy.maxNoiseRatio || Math.abs(shift) >= noiseRatio) return undefined;
  return `the machine was too disturbed: single blocks scatter by ${(noiseRatio * 100).toFixed(0)} %`;
}

/**
 * `better` or `worse` when the difference is too improbable by chance and at least as large as matters; `same` when the whole interval
 * is smaller than matters; else not enough evidence, with what would settle it.
 */
export function judge(assessment: Assessment, options: JudgeOptions): Judgement {
  const { policy, better, probability, figures } = options;
  const floor = floorOf(assessment, policy);
  const { shift, low, high, scale, unit } = assessment;
  const range = describeRange(assessment);
  const remark = assessment.remark === undefined ? '' : `; ${assessment.remark}`;
  const isSure = probability < policy.falseAlarmProbability;
  const disturbance = disturbanceOf(assessment, policy);
  if (isSure && disturbance !== undefined)
    return { verdict: 'not enough evidence', reason: `${disturbance}: ${range}${remark}` };
  if (isSure && Math.abs(shift) >= floor) {
    const isWorse = shift > 0 === (better === 'lower');
    const reason = `${shownShift(shift, scale)} (${range}), p = ${probability.toPrecision(2)}${remark}`;
    return { verdict: isWorse ? 'worse' : 'better', reason };
  }
  if (low > -floor && high < floor)
    return { verdict: 'same', reason: `${range}, all within ±${shownShift(floor, scale).slice(1)}${remark}` };
  const limit = policy.falseAlarmProbability / figures;
  const blocksNeeded = estimateBlocksNeeded(assessment, floor, limit);
  const more = `about ${blocksNeeded} more ${unit}`;
  if (assessment.leastProbability >= limit)
    return {
      verdict: 'not enough evidence',
      reason: `too few ${unit} to show any difference: ${more}${remark}`,
      blocksNeeded,
    };
  const open = isSure ? 'differs, but whether by as much as matters is open' : 'too wide to tell';
  return {
    verdict: 'not enough evidence',
    reason: `${open}: ${range}, ${more}${remark}`,
    blocksNeeded,
  };
}
