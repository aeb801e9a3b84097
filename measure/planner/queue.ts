import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CLOSED_FORM_LIMITS } from '../../planner/simulate/estimate-waiting.ts';
import { simulateWaiting, type WaitingQueue } from '../../planner/simulate/simulate-waiting.ts';
import { readTrace } from '../../scenarios/traces/trace-formats.ts';
import { summariseTrace } from '../../scenarios/traces/trace-summary.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { MS_PER_S } from '../../vocabulary/units.ts';
import { compareWithReplay, type WaitingCase, type WaitingRatios } from './trace-waiting.ts';

const FILE = fileURLToPath(
  new URL('../../../shared/data/azure-llm-2023/AzureLLMInferenceTrace_conv.csv.gz', import.meta.url),
);
/** Engines of a few slots to several in one pool, from where equations end to heavy load. */
export const WAITING_CASES: readonly WaitingCase[] = [8, 16, 32, 64].flatMap((servers) =>
  [CLOSED_FORM_LIMITS.utilisation, 0.8, 0.9].map((utilisation) => ({ servers, utilisation })),
);

/** A queue like an engine of twenty slots under modulated arrivals: the costly kind to simulate. */
const SPEED_QUEUE: WaitingQueue = {
  servers: 20,
  arrivals: {
    kind: 'modulated',
    ratePerS: 8,
    gapCv: 1,
    swings: [{ varianceRatio: 0.1, blockMs: 60 * MS_PER_S }],
  },
  service: { kind: 'drawn', meanMs: 2000, scv: 1 },
};
const SPEED_CUSTOMERS = 2_000_000;

/** Arrivals and departures that the simulator gets through in a second, after a shorter run to warm up the machine. */
function measureEventsPerS(): number {
  const run = (maxCustomers: number): number =>
    simulateWaiting(SPEED_QUEUE, { seed: 1, precisionRatio: 0, maxCustomers }).events;
  run(SPEED_CUSTOMERS / 10);
  const startMs = performance.now();
  const events = run(SPEED_CUSTOMERS);
  return (events * MS_PER_S) / (performance.now() - startMs);
}

const rounded = (value: number): number => Number(value.toPrecision(4));

const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

function summaryOf(
  cases: readonly WaitingRatios[],
  field: 'erlangC' | 'onTrace' | 'fitted' | 'independentWork',
) {
  const values = cases.map((ratios) => ratios[field]);
  return {
    mean: rounded(geometricMean(values)),
    least: rounded(Math.min(...values)),
    most: rounded(Math.max(...values)),
  };
}

/** Waits under a real hour of chat requests against its replay, and the speed of the simulator. */
export async function measureQueue(): Promise<Record<string, unknown>> {
  const simulationEventsPerS = Math.round(measureEventsPerS());
  if (!existsSync(FILE)) return { simulationEventsPerS, waitSkipped: 'the trace is not on this machine' };
  const trace = unwrap(readTrace(FILE));
  const summary = summariseTrace(trace);
  const cases = WAITING_CASES.map((waitingCase) => compareWithReplay(trace.requests, summary, waitingCase));
  return {
    simulationEventsPerS,
    waitVsReplayRatio: summaryOf(cases, 'fitted').mean,
    traceSimulationVsReplayRatio: summaryOf(cases, 'onTrace').mean,
    waitVsReplay: {
      simulatedOnFittedProcess: summaryOf(cases, 'fitted'),
      simulatedOnTrace: summaryOf(cases, 'onTrace'),
      erlangC: summaryOf(cases, 'erlangC'),
      traceInstantsWithIndependentWork: summaryOf(cases, 'independentWork'),
    },
    waitVsReplayCases: cases.map((ratios) =>
      Object.fromEntries(Object.entries(ratios).map(([name, value]) => [name, rounded(value)])),
    ),
  };
}
