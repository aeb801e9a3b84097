import type { LatencyHistogram } from '../../../vocabulary/histogram.ts';
import { computeErrorRatio } from '../../../vocabulary/outcomes.ts';
import { classifyPercentile } from '../../../vocabulary/percentiles.ts';
import type { ResultFile, ResultStep } from '../../../vocabulary/result-file.ts';
import { sFromMs } from '../../../vocabulary/units.ts';
import {
  computeGoodputPerS,
  computeOfferedPerS,
  computeThroughputPerS,
  evaluateStep,
} from '../../judge/read-step.ts';
import { readFigures } from './step-figures.ts';

const PERCENTS = [
  [50, 'p50'],
  [90, 'p90'],
  [95, 'p95'],
  [99, 'p99'],
  [99.9, 'p999'],
] as const;

/** Percentiles with enough samples behind them; the others are named with what they lack. */
function readHistogram(histogram: LatencyHistogram) {
  const readings = PERCENTS.map(([percent, label]) => ({
    label,
    reading: classifyPercentile(percent, histogram.percentileMs(percent), histogram.count),
  }));
  const pick = <T>(of: (reading: (typeof readings)[number]['reading']) => T | undefined) =>
    Object.fromEntries(
      readings.flatMap(({ label, reading }) => {
        const value = of(reading);
        return value === undefined ? [] : [[label, value] as const];
      }),
    );
  return {
    samples: histogram.count,
    meanMs: histogram.meanMs,
    minMs: histogram.minMs,
    maxMs: histogram.maxMs,
    percentilesMs: pick((reading) => (reading.kind === 'certified' ? reading.value : undefined)),
    withheldMinSamples: pick((reading) => (reading.kind === 'withheld' ? reading.minSamples : undefined)),
  };
}

function readStep(
  step: ResultStep,
  result: ResultFile,
  distributions: ReturnType<typeof readFigures>[number]['distributions'],
) {
  return {
    name: step.name,
    ...(step.variant === undefined ? {} : { variant: step.variant }),
    load: step.load,
    windowMs: step.windowMs,
    counts: step.counts,
    offeredPerS: computeOfferedPerS(step),
    throughputPerS: computeThroughputPerS(step),
    goodputPerS: computeGoodputPerS(step),
    outputTokensPerS: step.tokens.output / sFromMs(step.windowMs),
    errorRatio: computeErrorRatio(step.counts),
    inFlightRequests: step.inFlight.mean,
    tokens: step.tokens,
    metrics: Object.fromEntries(
      distributions.map(({ metric, histogram }) => [metric, readHistogram(histogram)]),
    ),
    verdicts: evaluateStep(step, result.slos),
  };
}

/** What a result says once read: rates, percentiles and verdicts of every step, for scripts that decode no histogram. */
export function toReadings(result: ResultFile) {
  const figures = readFigures(result);
  return {
    kind: 'busyhour-readings',
    runId: result.runId,
    state: result.state,
    startedAtUnixMs: result.startedAtUnixMs,
    scenario: result.scenario.name,
    target: result.target,
    diagnostics: result.diagnostics,
    steps: result.steps.map((step, i) => readStep(step, result, figures[i]?.distributions ?? [])),
  };
}
