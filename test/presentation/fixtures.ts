import { createDiagnostic } from '../../vocabulary/diagnostics.ts';
import { type EncodedHistogram, LatencyHistogram } from '../../vocabulary/histogram.ts';
import { countOutcome, emptyOutcomeCounts, type Outcome } from '../../vocabulary/outcomes.ts';
import type { CostLine, PlanFile, PlannedMode } from '../../vocabulary/plan-file.ts';
import { createRandom, type Random, sampleExponential, samplePoisson } from '../../vocabulary/random.ts';
import type { ResultFile, ResultStep } from '../../vocabulary/result-file.ts';
import { DAYS_PER_MONTH, HOURS_PER_MONTH, MS_PER_S } from '../../vocabulary/units.ts';

/** What the fixture's target is made of: latency grows as load approaches what it carries. */
export interface FixtureLoad {
  readonly turnsPerS: number;
  readonly capacityPerS: number;
  readonly windowMs: number;
  readonly startedAtMs: number;
}

const TURNS = 5;
const OUTPUT_TOKENS = 60;

interface Request {
  readonly atMs: number;
  readonly latencyMs: number;
  readonly firstMs: number;
  readonly gapMs: number;
  readonly outcome: Outcome;
}

/** Service of about 400 ms, stretched by 1 ÷ (1 − utilisation); past saturation the backlog grows with time. */
function drawRequest(load: FixtureLoad, random: Random): Request {
  const utilisation = load.turnsPerS / load.capacityPerS;
  const atMs = random.next() * load.windowMs;
  const backlogMs = utilisation > 1 ? (utilisation - 1) * atMs : 0;
  const stretch = 1 / (1 - Math.min(0.92, utilisation));
  const firstMs = 40 + sampleExponential(random, 25 * stretch) + backlogMs;
  const gapMs = 4 + sampleExponential(random, 1.2 * Math.min(stretch, 5));
  const latencyMs = firstMs + gapMs * (OUTPUT_TOKENS - 1);
  const refused = utilisation > 1 && random.next() < 0.08;
  const outcome: Outcome = refused
    ? { state: 'failed', code: 'http-overloaded', httpStatus: 503, faultCode: 'gateway_overloaded' }
    : latencyMs > 15_000
      ? { state: 'timed-out', phase: 'total' }
      : { state: 'completed' };
  return { atMs, latencyMs, firstMs, gapMs, outcome };
}

const histogramOf = (values: readonly number[]): EncodedHistogram => {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram.encode();
};

/** What other tools define otherwise; sent as scheduled, one token per chunk. */
function streamHistograms(completed: readonly Request[]): ResultStep['histograms'] {
  const [byToken, byGap] = [new LatencyHistogram(), new LatencyHistogram()];
  for (const { latencyMs, gapMs } of completed) {
    byToken.recordTimes(latencyMs / OUTPUT_TOKENS, OUTPUT_TOKENS);
    byGap.recordTimes(gapMs, OUTPUT_TOKENS - 1);
  }
  return {
    wireLatencyMs: histogramOf(completed.map((request) => request.latencyMs)),
    wireTimeToFirstTokenMs: histogramOf(completed.map((request) => request.firstMs)),
    wireTimeToLastTokenMs: histogramOf(completed.map((request) => request.latencyMs)),
    timePerOutputTokenMs: histogramOf(completed.map((request) => request.gapMs)),
    wireTimePerTokenByTokenMs: byToken.encode(),
    timePerOutputTokenByGapMs: byGap.encode(),
  };
}

function timelineOf(requests: readonly Request[], load: FixtureLoad): ResultStep['timeline'] {
  return Array.from({ length: Math.ceil(load.windowMs / MS_PER_S) }, (_, second) => {
    const inSecond = requests.filter((request) => Math.floor(request.atMs / MS_PER_S) === second);
    const completed = inSecond.filter((request) => request.outcome.state === 'completed').length;
    return {
      atMs: load.startedAtMs + second * MS_PER_S,
      offered: inSecond.length,
      completed,
      unsuccessful: inSecond.length - completed,
      maxInFlight: inSecond.length,
    };
  });
}

/** One step of Poisson arrivals, every figure counted from the requests drawn. */
export function createStep(load: FixtureLoad, random: Random, limitMs = 2000): ResultStep {
  const requests = Array.from(
    { length: samplePoisson(random, (load.turnsPerS * load.windowMs) / MS_PER_S) },
    () => drawRequest(load, random),
  );
  const counts = emptyOutcomeCounts();
  for (const request of requests) countOutcome(counts, request.outcome);
  const completed = requests.filter((request) => request.outcome.state === 'completed');
  const totalMs = completed.reduce((sum, request) => sum + request.latencyMs, 0);
  return {
    name: `${Number(load.turnsPerS.toFixed(1))}/s`,
    load: { kind: 'open', turnsPerS: load.turnsPerS, interactionsPerS: load.turnsPerS / TURNS },
    startedAtMs: load.startedAtMs,
    warmUpMs: 0,
    windowMs: load.windowMs,
    counts,
    goodRequests: completed.filter((request) => request.latencyMs <= limitMs).length,
    interactions: { started: Math.round(requests.length / TURNS), completed: 0, abandoned: 0 },
    inFlight: { mean: totalMs / load.windowMs, max: completed.length },
    histograms: {
      latencyMs: histogramOf(completed.map((request) => request.latencyMs)),
      timeToFirstTokenMs: histogramOf(completed.map((request) => request.firstMs)),
      interTokenLatencyMs: histogramOf(
        completed.flatMap((request) =>
          Array.from({ length: OUTPUT_TOKENS - 1 }, () => request.gapMs * (0.7 + 0.6 * random.next())),
        ),
      ),
      scheduleSlipMs: histogramOf(requests.map(() => random.next() * 0.8)),
      ...streamHistograms(completed),
    },
    tokens: {
      input: completed.length * 320,
      cachedInput: completed.length * 180,
      output: completed.length * OUTPUT_TOKENS,
      requestsWithUsage: completed.length,
      requestsCounted: 0,
    },
    generator: {
      cpuCores: 0.12,
      eventLoopUtilisation: 0.11,
      eventLoopDelayP99Ms: 1.2,
      gcPauseTotalMs: 4,
      maxRssBytes: 90_000_000,
    },
    timeline: timelineOf(requests, load),
  };
}

export interface FixtureTarget {
  readonly runId: string;
  readonly simulated: boolean;
  readonly capacityPerS: number;
  readonly ratesPerS: readonly number[];
  readonly windowMs?: number;
}

const START_UNIX_MS = Date.UTC(2026, 10, 21, 9, 0, 0);

function targetOf(target: FixtureTarget): ResultFile['target'] {
  return {
    name: target.simulated ? 'simulated GPU worker' : 'demo gateway with local inference',
    protocol: 'dialog',
    url: 'http://127.0.0.1:8080',
    mode: 'demo',
    engine: target.simulated ? 'simulated' : 'llama',
    simulated: target.simulated,
    model: target.simulated ? 'llama-3.1-8b-instruct' : 'busyhour-demo-3m',
    hardware: target.simulated ? 'H100 80 GB (simulated)' : 'CPU, 1 thread',
    replicas: 1,
    versions: { gateway: '0.1.0', 'node-llama-cpp': '3.22.1' },
  };
}

/** A stepped open-loop run whose every count and histogram comes from requests drawn with `runId` as the seed. */
export function createResult(target: FixtureTarget): ResultFile {
  const random = createRandom(7).fork(target.runId);
  const windowMs = target.windowMs ?? 20_000;
  const steps = target.ratesPerS.map((turnsPerS, index) =>
    createStep(
      { turnsPerS, capacityPerS: target.capacityPerS, windowMs, startedAtMs: index * (windowMs + 2000) },
      random,
    ),
  );
  return {
    kind: 'busyhour-result',
    schemaVersion: 1,
    tool: { name: 'busyhour', version: '0.1.0' },
    runId: target.runId,
    startedAtUnixMs: START_UNIX_MS,
    finishedAtUnixMs: START_UNIX_MS + target.ratesPerS.length * (windowMs + 2000),
    state: 'complete',
    command: ['busyhour', 'demo', '--per-day', '25000', '--out', 'my report'],
    seed: 7,
    scenario: { name: 'call-centre' },
    shape: {
      meanTurnsPerInteraction: TURNS,
      meanThinkTimeMs: 20_000,
      basis: 'turn counts of the STAR dialogs (Mosig et al. 2020)',
    },
    target: targetOf(target),
    machine: {
      cpuModel: 'AMD EPYC 7B13',
      cores: 2,
      memoryBytes: 19_000_000_000,
      platform: 'linux x64',
      node: 'v24.11.1',
    },
    slos: [
      { kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 2000 },
      { kind: 'error-ratio', limitRatio: 0.01 },
    ],
    steps,
    diagnostics: [
      createDiagnostic('SHARED_MACHINE', 'Generator and target shared 2 cores.'),
      ...(target.simulated ? [createDiagnostic('SIMULATED_TARGET', 'H100 80 GB is simulated.')] : []),
    ],
  };
}

/** A CPU worker, driven past what it carries. */
export const cpuResult = (): ResultFile =>
  createResult({
    runId: 'run-cpu',
    simulated: false,
    capacityPerS: 24,
    ratesPerS: [4, 8, 12, 16, 20, 24, 28],
  });

/** A simulated GPU worker. */
export const gpuResult = (): ResultFile =>
  createResult({ runId: 'run-gpu', simulated: true, capacityPerS: 80, ratesPerS: [10, 25, 40, 55, 70, 90] });

const INTERACTIONS_PER_DAY = 25_000;
const perInteraction = (usdPerMonth: number): number => usdPerMonth / (INTERACTIONS_PER_DAY * DAYS_PER_MONTH);

const interval = (p50: number): { p10: number; p50: number; p90: number } => ({
  p10: p50 * 0.82,
  p50,
  p90: p50 * 1.31,
});

type CostSpec = readonly [
  line: string,
  category: CostLine['category'],
  quantity: number,
  unitPriceUsd: number,
];

const costLine = ([line, category, quantity, unitPriceUsd]: CostSpec): CostLine => ({
  line,
  category,
  quantity,
  unit: category === 'llm' ? 'million tokens' : category === 'people' ? 'contacts' : 'instance hours',
  unitPriceUsd,
  usdPerMonth: quantity * unitPriceUsd,
  basis: category === 'people' ? 'assumed' : 'catalogue',
  source: category === 'people' ? 'scenario: 25 % escalated at $10' : 'catalogue: cloud list price',
  ...(category === 'people' ? {} : { date: '2026-06-01' }),
});

interface ModeSpec {
  readonly mode: string;
  readonly title: string;
  readonly simulated: boolean;
  readonly tiers: readonly (readonly [tier: string, replicas: number, unit: string])[];
  readonly costs: readonly CostSpec[];
}

function sumByCategory(costLines: readonly CostLine[]): PlannedMode['byCategoryUsdPerInteraction'] {
  const sums: PlannedMode['byCategoryUsdPerInteraction'] = {};
  for (const cost of costLines) {
    sums[cost.category] = (sums[cost.category] ?? 0) + perInteraction(cost.usdPerMonth);
  }
  return sums;
}

export function createMode(spec: ModeSpec): PlannedMode {
  const costLines = [...spec.costs, ['Escalations to people', 'people', 190_000, 10] as const].map(costLine);
  const usdPerMonth = costLines.reduce((sum, cost) => sum + cost.usdPerMonth, 0);
  const machine = usdPerMonth - 1_900_000;
  const basis = spec.simulated ? 'simulated' : 'measured';
  return {
    kind: 'planned',
    mode: spec.mode,
    title: spec.title,
    tiers: spec.tiers.map(([tier, replicas, unit]) => ({
      tier,
      service: tier,
      unit,
      replicas,
      replicasForLoad: Math.max(1, replicas - 1),
      limits: [
        {
          name: 'load',
          requiredReplicas: Math.max(1, replicas - 1),
          explanation: '5.2 turns/s ÷ (4.1 × 0.7)',
        },
        { name: 'redundancy', requiredReplicas: replicas, explanation: 'survives one zone of three' },
      ],
      bindingConstraint: 'redundancy',
      slackRatio: 0.34,
      utilisation: 0.52,
      capacity: [
        {
          name: 'capacity at the objective',
          value: 4.1,
          unit: 'turns/s',
          basis,
          source: spec.simulated ? 'run-gpu' : 'run-cpu',
          date: '2026-11-21',
        },
      ],
    })),
    bindingConstraint: `${spec.tiers.at(-1)?.[0] ?? 'none'}: redundancy`,
    latency: {
      turnP50Ms: 420,
      turnP95Ms: 1240,
      basis,
      explanation: 'read from the capacity curve at the planned utilisation',
    },
    availabilityRatio: 0.9991,
    costLines,
    usdPerMonth,
    usdPerInteraction: {
      ai: interval(perInteraction(machine)),
      blended: interval(perInteraction(usdPerMonth)),
      resolved: interval(perInteraction(usdPerMonth) / 0.9),
    },
    byCategoryUsdPerInteraction: sumByCategory(costLines),
    simulated: spec.simulated,
    diagnostics: spec.simulated
      ? [createDiagnostic('SIMULATED_TARGET', 'Inference capacity comes from the simulated engine.')]
      : [],
  };
}

export const plannedModesFixture = (): PlannedMode[] => [
  createMode({
    mode: 'demo-compose',
    title: 'Docker Compose on one host',
    simulated: false,
    tiers: [
      ['gateway', 1, 'c7i.large'],
      ['inference', 3, 'c7i.2xlarge'],
    ],
    costs: [
      ['Gateway instances', 'compute', HOURS_PER_MONTH, 0.09],
      ['Inference instances', 'compute', 3 * HOURS_PER_MONTH, 0.36],
      ['Volumes', 'storage', 400, 0.1],
      ['Operations share', 'operations', 8, 90],
    ],
  }),
  createMode({
    mode: 'kubernetes-cloud-llm',
    title: 'Kubernetes with a cloud LLM',
    simulated: false,
    tiers: [
      ['gateway', 3, 'm7i.large'],
      ['vendor quota', 1, '3,000 requests/min'],
    ],
    costs: [
      ['Gateway nodes', 'compute', 3 * HOURS_PER_MONTH, 0.11],
      ['LLM tokens', 'llm', 3200, 0.9],
      ['Egress and load balancer', 'network', 900, 0.19],
      ['Database', 'storage', HOURS_PER_MONTH, 0.25],
    ],
  }),
  createMode({
    mode: 'on-prem-gpu',
    title: 'On-premises GPU servers, two sites',
    simulated: true,
    tiers: [
      ['gateway', 3, '1U server'],
      ['gpu', 2, 'H100 80 GB node'],
    ],
    costs: [
      ['GPU nodes, amortised over 4 years', 'gpu', 2 * HOURS_PER_MONTH, 2.1],
      ['Gateway servers', 'compute', 3 * HOURS_PER_MONTH, 0.08],
      ['Power and colocation', 'operations', HOURS_PER_MONTH, 1.3],
      ['Transit', 'network', 300, 0.5],
    ],
  }),
];

function measurementOf(
  result: ResultFile,
  capacityTurnsPerS: number | undefined,
): PlanFile['measurements'][number] {
  return {
    runId: result.runId,
    target: result.target.name,
    engine: result.target.engine,
    simulated: result.target.simulated,
    ...(capacityTurnsPerS === undefined
      ? { refusal: 'every step met the objective' }
      : { capacityTurnsPerS }),
    points: result.steps.map((step) => ({
      turnsPerS: (step.counts.offered / step.windowMs) * MS_PER_S,
      goodputPerS: (step.goodRequests / step.windowMs) * MS_PER_S,
      errorRatio: 1 - step.counts.completed / step.counts.offered,
      requests: step.counts.offered,
      verdict: 'met',
    })),
  };
}

/** Three planned modes, one simulated, and one refusal, for 25,000 interactions a day. */
export function createPlan(results: readonly ResultFile[]): PlanFile {
  const [cpu, gpu] = results;
  return {
    kind: 'busyhour-plan',
    schemaVersion: 1,
    tool: { name: 'busyhour', version: '0.1.0' },
    createdAtUnixMs: START_UNIX_MS + 90_000,
    seed: 7,
    demand: {
      interactionsPerDay: INTERACTIONS_PER_DAY,
      busyHourInteractionsPerS: 1.04,
      busyHourTurnsPerS: 5.21,
      busyHourTurnsInFlight: 7.8,
      busyHourOpenInteractions: 112,
      figures: [
        {
          name: 'share of the day in the busy hour',
          value: 0.15,
          unit: 'ratio',
          basis: 'assumed',
          source: 'scenario call-centre: demand.busyHourRatio',
        },
        {
          name: 'turns in flight',
          value: 7.8,
          unit: 'turns',
          basis: 'derived',
          source: "Little's law: 5.21 turns/s × 1.5 s",
        },
      ],
    },
    slos: cpu?.slos ?? [],
    measurements: [
      ...(cpu === undefined ? [] : [measurementOf(cpu, 19.4)]),
      ...(gpu === undefined ? [] : [measurementOf(gpu, 66)]),
    ],
    modes: [
      ...plannedModesFixture(),
      {
        kind: 'refused',
        mode: 'serverless',
        title: 'Serverless functions',
        reason: 'No cold-start time was measured.',
        liftedBy: 'a run against the deployed function with idle gaps',
        diagnostics: [],
      },
    ],
    diagnostics: [
      createDiagnostic('STALE_PRICE', 'GPU node price is 173 days old; shelf life 90 days.', 'on-prem-gpu'),
      createDiagnostic('ASSUMED_INPUT', 'Escalation share 25 % was assumed.', 'escalation'),
    ],
  };
}

/** Everything a report is made from, drawn once and shared: tests must not change it. */
export const fixture = (): { results: ResultFile[]; plan: PlanFile } => {
  const results = [cpuResult(), gpuResult()];
  return { results, plan: createPlan(results) };
};
