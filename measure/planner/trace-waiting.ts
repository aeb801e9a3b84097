import { scatterOfTrace } from '../../planner/demand/trace-scatter.ts';
import { computeMeanWait } from '../../planner/queueing/erlang.ts';
import { observedWork } from '../../planner/simulate/demand-arrivals.ts';
import { estimateWaiting, type WaitingEstimate } from '../../planner/simulate/estimate-waiting.ts';
import { fitArrivals } from '../../planner/simulate/fit-arrivals.ts';
import type { WaitingQueue } from '../../planner/simulate/simulate-waiting.ts';
import type { TraceRequest } from '../../scenarios/traces/trace.ts';
import { workOf } from '../../scenarios/traces/trace-summary.ts';
import type { TraceSummary } from '../../vocabulary/result-file.ts';
import { MS_PER_S } from '../../vocabulary/units.ts';
import { meanWaitOf, type ReplayedRequest, replayNaively } from './naive-replay.ts';

/** One engine under a real trace: a server is a slot, its time grows with the tokens of the request. */
export interface WaitingCase {
  readonly servers: number;
  readonly utilisation: number;
}

/** Mean waits of one case, each as a multiple of what the naive replay of the trace waited. */
export interface WaitingRatios extends WaitingCase {
  readonly replayMeanWaitMs: number;
  /** Erlang C with the mean rate and service time: what a planner without this would say. */
  readonly erlangC: number;
  /** The trace's instants and service times through the simulator. */
  readonly onTrace: number;
  /** A process fitted to the summary of the trace: dispersion of work in 60 s and variability of gaps. */
  readonly fitted: number;
  /** The trace's instants with service times drawn by themselves: as if longer answers did not come in calmer minutes. */
  readonly independentWork: number;
}

/** Service times in proportion to the work of the requests, scaled so that the servers are busy for the given share of the trace. */
export function requestsAt(
  trace: readonly TraceRequest[],
  { servers, utilisation }: WaitingCase,
): ReplayedRequest[] {
  const weights = trace.map(workOf);
  const spanMs = (trace.at(-1)?.atMs ?? 0) - (trace[0]?.atMs ?? 0);
  const perWeightMs = (utilisation * servers * spanMs) / weights.reduce((sum, weight) => sum + weight, 0);
  return trace.map(({ atMs }, i) => ({ atMs, serviceMs: (weights[i] ?? 0) * perWeightMs }));
}

function momentsOf(values: readonly number[]): { readonly mean: number; readonly scv: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, scv: variance / mean ** 2 };
}

const meanOf = (estimate: WaitingEstimate): number =>
  estimate.kind === 'steady' ? estimate.meanWaitMs : Number.POSITIVE_INFINITY;

/** Estimates of the wait under a trace against its replay. */
export function compareWithReplay(
  trace: readonly TraceRequest[],
  summary: TraceSummary,
  waitingCase: WaitingCase,
): WaitingRatios {
  const { servers } = waitingCase;
  const requests = requestsAt(trace, waitingCase);
  const replayMeanWaitMs = meanWaitOf(replayNaively(requests, servers));
  const servicesMs = requests.map(({ serviceMs }) => serviceMs);
  const { mean, scv } = momentsOf(servicesMs);
  const instantsMs = requests.map(({ atMs }) => atMs);
  const onInstants = { servers, arrivals: { kind: 'trace', instantsMs } } as const;
  const drawn = { kind: 'drawn', meanMs: mean, scv } as const;
  const ratio = (queue: WaitingQueue): number =>
    meanOf(estimateWaiting(queue, { seed: 1 })) / replayMeanWaitMs;
  const indexOfDispersion60S = summary.indexOfDispersion['60'];
  const offeredErlangs = (summary.meanRequestsPerS * mean) / MS_PER_S;
  return {
    ...waitingCase,
    replayMeanWaitMs,
    erlangC: (computeMeanWait({ offeredErlangs, servers, meanServiceTime: mean }) ?? 0) / replayMeanWaitMs,
    onTrace: ratio({ ...onInstants, service: { kind: 'given', samplesMs: servicesMs } }),
    fitted: ratio({
      servers,
      arrivals: fitArrivals(observedWork(scatterOfTrace(summary))),
      service: drawn,
      indexOfDispersion60S,
    }),
    independentWork: ratio({ ...onInstants, service: drawn }),
  };
}
