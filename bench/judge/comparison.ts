/** What a comparison may conclude about one figure. */
export type ComparisonVerdict = 'better' | 'worse' | 'same' | 'not enough evidence';

/** How results are compared. Every default is in DEFAULT_POLICY. */
export interface ComparePolicy {
  /** Chance that anything at all is called better or worse when nothing differs. */
  readonly falseAlarmProbability: number;
  /** Smaller differences are of no consequence, however certain: 0.02 is 2 %. */
  readonly minEffectRatio: number;
  /** The same for the share of failed requests, as a difference: 0.005 is half a percentage point. */
  readonly minErrorRatioChange: number;
  /** How far one run lies from the next (standard deviation of the logarithm), where results cannot say it themselves. */
  readonly runToRunRatio: number;
  /** When differences between neighbouring blocks scatter by more, only a difference as large as the scatter is believed. */
  readonly maxNoiseRatio: number;
  /** `p95:latencyMs`, `goodputPerS`, …; hot paths of `busyhour micro` are always compared. */
  readonly metrics: readonly string[];
  /** `auto`: blocks are paired where the two results ran side by side, by their start and end. */
  readonly pairing: 'auto' | 'paired' | 'unpaired';
  readonly seed: number;
}

/** One figure of one load or hot path, compared. */
export interface MetricComparison {
  /** The load or hot path: `20 turns/s`, `sse-encode`. */
  readonly subject: string;
  readonly metric: string;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  readonly baseline: number | undefined;
  readonly candidate: number | undefined;
  /** Candidate ÷ baseline, or their difference for the error ratio, with its 95 % interval. */
  readonly change?: {
    readonly kind: 'ratio' | 'difference';
    readonly estimate: number;
    readonly low: number;
    readonly high: number;
  };
  readonly test?: string;
  /** Two-sided, adjusted for the number of figures compared (Holm). */
  readonly probability?: number;
  /** Blocks or runs behind it, of the side with fewer. */
  readonly blocks: number;
  /** Scatter of a block's difference (1.4826 × the median deviation of logarithms): the noise of the machine. */
  readonly noiseRatio?: number;
  readonly verdict: ComparisonVerdict;
  readonly reason: string;
  /** More blocks or runs of each side that would decide it, estimated; absent when more would not help. */
  readonly blocksNeeded?: number;
}

export interface Comparison {
  readonly pairing: 'paired' | 'unpaired';
  readonly metrics: readonly MetricComparison[];
  /** Worse if anything is, else not enough evidence if anything is, else better if anything is, else same. */
  readonly verdict: ComparisonVerdict;
  /** Why figures are doubted or left out. */
  readonly notes: readonly string[];
}

/** The verdict over several figures. */
export function overallVerdict(verdicts: readonly ComparisonVerdict[]): ComparisonVerdict {
  if (verdicts.length === 0) return 'not enough evidence';
  const order: readonly ComparisonVerdict[] = ['worse', 'not enough evidence', 'better', 'same'];
  return order.find((verdict) => verdicts.includes(verdict)) ?? 'same';
}
