import { availableParallelism, loadavg } from 'node:os';
import { request } from 'undici';
import type { Truth } from '../bench/ground-truth/server.ts';
import { type GroundTruthProcess, spawnGroundTruth } from '../bench/ground-truth/spawn.ts';
import { histogramOf } from '../bench/judge/read-step.ts';
import { runBench } from '../bench/run/run-bench.ts';
import { resolveScenario, type ScenarioInput } from '../scenarios/scenario.ts';
import { unwrap } from '../vocabulary/errors.ts';
import type { LatencyHistogram } from '../vocabulary/histogram.ts';
import type { HistogramMetricId } from '../vocabulary/metrics.ts';
import type { ResultStep } from '../vocabulary/result-file.ts';
import { MS_PER_S, sFromMs } from '../vocabulary/units.ts';

const FIRST_TOKEN_MS = 100;
const TOKEN_GAP_MS = 50;
const TOKENS = 40;
const STREAMS = 500;
const ARRIVALS_PER_S = 1_000;

const constant = (value: number) => ({
  distribution: { kind: 'constant' as const, value },
  source: 'a constant of the measurement',
});

const requests = (outputTokens: number): ScenarioInput['workload'] => ({
  kind: 'requests',
  inputTokens: constant(10),
  outputTokens: constant(outputTokens),
});

async function runOne(input: ScenarioInput, url: string): Promise<ResultStep> {
  const result = unwrap(await runBench({ scenario: unwrap(resolveScenario(input)), target: { url } }));
  const [step] = result.steps;
  if (step === undefined) throw new Error('the run gave no step');
  return step;
}

/** Plain requests at 1,000 arrivals/s: how late sends are. */
function measurePacing(server: GroundTruthProcess): Promise<ResultStep> {
  return runOne(
    {
      name: 'pacing',
      description: 'Plain requests, Poisson arrivals.',
      protocol: 'http',
      workload: requests(1),
      load: { kind: 'steps', steps: [{ turnsPerS: ARRIVALS_PER_S, warmUpMs: 2_000, windowMs: 8_000 }] },
    },
    `${server.url}/plain`,
  );
}

/** How long one stream lasts by the server's constants. */
const STREAM_MS = FIRST_TOKEN_MS + (TOKENS - 1) * TOKEN_GAP_MS;

/** Streams that arrive at such a rate that 500 are open at once (Little), spread over their phases. */
function measureStreams(server: GroundTruthProcess): Promise<ResultStep> {
  return runOne(
    {
      name: 'streams',
      description: 'Streams of a constant pace, a fixed number at once.',
      workload: requests(TOKENS),
      load: {
        kind: 'steps',
        steps: [{ turnsPerS: STREAMS / sFromMs(STREAM_MS), warmUpMs: 2 * STREAM_MS, windowMs: 10_000 }],
      },
    },
    server.url,
  );
}

async function readTruth(server: GroundTruthProcess): Promise<Truth> {
  const { body } = await request(`${server.url}/truth`);
  return (await body.json()) as Truth;
}

function histogramFrom(step: ResultStep, metric: HistogramMetricId): LatencyHistogram {
  const histogram = histogramOf(step, metric);
  if (histogram === undefined) throw new Error(`the step has no ${metric}`);
  return histogram;
}

/** |measured − truth| in ms; NaN when either is missing, so that it cannot pass for small. */
const errorMs = (measuredMs: number | undefined, truthMs: number | undefined): number =>
  Math.abs((measuredMs ?? Number.NaN) - (truthMs ?? Number.NaN));

function streamFigures(step: ResultStep, truth: Truth) {
  const firstToken = histogramFrom(step, 'wireTimeToFirstTokenMs');
  const gap = histogramFrom(step, 'interTokenLatencyMs');
  const errors = {
    ttftErrorP50Ms: errorMs(firstToken.percentileMs(50), truth.firstTokenP50Ms),
    ttftErrorP99Ms: errorMs(firstToken.percentileMs(99), truth.firstTokenP99Ms),
    itlErrorP50Ms: errorMs(gap.percentileMs(50), truth.gapP50Ms),
    itlErrorP99Ms: errorMs(gap.percentileMs(99), truth.gapP99Ms),
  };
  return {
    ...errors,
    largestErrorMs: Math.max(...Object.values(errors)),
    ttftNominalErrorP50Ms: errorMs(firstToken.percentileMs(50), FIRST_TOKEN_MS),
    itlNominalErrorP50Ms: errorMs(gap.percentileMs(50), TOKEN_GAP_MS),
    ttftP50Ms: firstToken.percentileMs(50),
    ttftP99Ms: firstToken.percentileMs(99),
    itlP50Ms: gap.percentileMs(50),
    itlP99Ms: gap.percentileMs(99),
    truthTtftP50Ms: truth.firstTokenP50Ms,
    truthTtftP99Ms: truth.firstTokenP99Ms,
    truthItlP50Ms: truth.gapP50Ms,
    truthItlP99Ms: truth.gapP99Ms,
    streamsInFlight: step.inFlight.mean,
    streamsCompleted: step.counts.completed,
    streamsOffered: step.counts.offered,
    streamGeneratorCores: step.generator.cpuCores,
  };
}

/**
 * Holds the driver against servers of known timing, in a process of their own: schedule slip at 1,000 arrivals/s, and
 * the error of time to first token and inter-token time at 500 concurrent streams of 20 tokens/s each. The truth is
 * what the server's own clock says of its writes; the error against its nominal constants stands beside it. About 30 s.
 */
export async function measureDriver(): Promise<Record<string, unknown>> {
  const server = await spawnGroundTruth({
    firstTokenMs: FIRST_TOKEN_MS,
    tokenGapMs: TOKEN_GAP_MS,
    outputTokens: TOKENS,
    // Two spinning processes would leave no core for anything else on a machine of two.
    isExact: false,
  });
  try {
    const pacing = await measurePacing(server);
    const slip = histogramFrom(pacing, 'scheduleSlipMs');
    const streams = await measureStreams(server);
    const truth = await readTruth(server);
    return {
      // Other work on the machine shows here first.
      loadAverage1Min: loadavg()[0],
      cores: availableParallelism(),
      scheduleSlipP50Ms: slip.percentileMs(50),
      scheduleSlipP99Ms: slip.percentileMs(99),
      arrivalsPerS: pacing.counts.offered / sFromMs(pacing.windowMs),
      arrivalsNotCompleted: pacing.counts.offered - pacing.counts.completed,
      pacingGeneratorCores: pacing.generator.cpuCores,
      concurrentStreams: STREAMS,
      tokensPerSPerStream: MS_PER_S / TOKEN_GAP_MS,
      ...streamFigures(streams, truth),
    };
  } finally {
    await server.close();
  }
}
