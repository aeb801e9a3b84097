import { request } from 'undici';
import type { Truth } from '../../bench/ground-truth/server.ts';
import { histogramOf } from '../../bench/judge/read-step.ts';
import type { LatencyHistogram } from '../../vocabulary/histogram.ts';
import type { HistogramMetricId } from '../../vocabulary/metrics.ts';
import type { ResultStep, WatchedStep } from '../../vocabulary/result-file.ts';
import { STREAM, streamsScenario } from './plans.ts';
import { generate, say, withTruth } from './processes.ts';

export async function readTruth(url: string): Promise<Truth> {
  const { body } = await request(`${url}/truth`);
  return (await body.json()) as Truth;
}

/** The histogram of a metric; a step without it is a broken measurement. */
export function histogramFrom(step: ResultStep, metric: HistogramMetricId): LatencyHistogram {
  const histogram = histogramOf(step, metric);
  if (histogram === undefined) {
    throw new Error(`the step has no ${metric}: ${JSON.stringify(step.counts)}`);
  }
  return histogram;
}

/** |measured − truth| in ms; NaN when either is missing, so that it cannot pass for small. */
export const errorMs = (measuredMs: number | undefined, truthMs: number | undefined): number =>
  Math.abs((measuredMs ?? Number.NaN) - (truthMs ?? Number.NaN));

/** Within 1 ms or 2 % of the truth: the bar of the truth test. */
const MAX_ERROR_MS = 1;
const MAX_ERROR_RATIO = 0.02;
const isWithin = (error: number, truthMs: number | undefined): boolean =>
  error <= MAX_ERROR_MS || error <= MAX_ERROR_RATIO * (truthMs ?? Number.NaN);

function compare(step: ResultStep, truth: Truth) {
  const firstToken = histogramFrom(step, 'wireTimeToFirstTokenMs');
  const gap = histogramFrom(step, 'interTokenLatencyMs');
  const pairs = {
    ttftErrorP50Ms: [firstToken.percentileMs(50), truth.firstTokenP50Ms],
    ttftErrorP99Ms: [firstToken.percentileMs(99), truth.firstTokenP99Ms],
    itlErrorP50Ms: [gap.percentileMs(50), truth.gapP50Ms],
    itlErrorP99Ms: [gap.percentileMs(99), truth.gapP99Ms],
  } as const;
  const entries = Object.entries(pairs);
  return {
    ...(Object.fromEntries(entries.map(([name, [seen, kept]]) => [name, errorMs(seen, kept)])) as Record<
      keyof typeof pairs,
      number
    >),
    isWithin1MsOr2Percent: entries.every(([, [seen, kept]]) => isWithin(errorMs(seen, kept), kept)),
    ttftP50Ms: firstToken.percentileMs(50),
    ttftP99Ms: firstToken.percentileMs(99),
    itlP50Ms: gap.percentileMs(50),
    itlP99Ms: gap.percentileMs(99),
    truthTtftP50Ms: truth.firstTokenP50Ms,
    truthTtftP99Ms: truth.firstTokenP99Ms,
    truthItlP50Ms: truth.gapP50Ms,
    truthItlP99Ms: truth.gapP99Ms,
  };
}

/** The driver beside what the server wrote, at so many streams of 50 tokens/s. */
export async function measureStreams(streams: number) {
  say(`${streams} streams of 50 tokens/s`);
  return withTruth(
    { firstTokenMs: STREAM.firstTokenMs, tokenGapMs: STREAM.tokenGapMs, outputTokens: STREAM.tokens },
    async (url) => {
      const step = await generate<WatchedStep>({ kind: 'scenario', url, scenario: streamsScenario(streams) });
      return {
        ...compare(step, await readTruth(url)),
        streamsInFlight: step.inFlight.mean,
        streamsCompleted: step.counts.completed,
        streamsOffered: step.counts.offered,
        tokensTimed: histogramFrom(step, 'interTokenLatencyMs').count,
        generatorCores: step.generator.cpuCores,
        generatorLoopUtilisation: step.generator.eventLoopUtilisation,
        generatorGcPauseTotalMs: step.generator.gcPauseTotalMs,
      };
    },
  );
}
