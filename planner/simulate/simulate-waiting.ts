import { LatencyHistogram } from '../../vocabulary/histogram.ts';
import { nearestRank } from '../../vocabulary/percentiles.ts';
import { createRandom } from '../../vocabulary/random.ts';
import { sFromMs } from '../../vocabulary/units.ts';
import { type ArrivalProcess, createArrivals, createSpans, type NextMs, ratePerSOf } from './arrivals.ts';
import { BATCHES, estimateMeanByBatches, type MeanInterval } from './batch-means.ts';
import { QueueRun, type Served } from './queue.ts';

/** Independent service times of a mean and variability, or one for each arrival of a trace, in its order. */
export type ServiceTimes =
  | { readonly kind: 'drawn'; readonly meanMs: number; readonly scv: number }
  | { readonly kind: 'given'; readonly samplesMs: ArrayLike<number> };

/** A queue with equal servers, first come, first served. */
export interface WaitingQueue {
  readonly servers: number;
  readonly arrivals: ArrivalProcess;
  readonly service: ServiceTimes;
  /** Mean of an exponential patience; nobody leaves without. */
  readonly meanPatienceMs?: number | undefined;
  /** Of counts in windows of 60 s, where it was measured; else that of the arrivals. */
  readonly indexOfDispersion60S?: number | undefined;
}

export interface SimulationOptions {
  readonly seed: number;
  /** Half of the interval that is asked for, as a share of the mean. */
  readonly precisionRatio?: number | undefined;
  /** Half of the interval that is narrow enough whatever the mean: a wait that nobody feels need not be known well. */
  readonly precisionMs?: number | undefined;
  /** The most customers after the warm-up. */
  readonly maxCustomers?: number | undefined;
}

export interface SimulatedWaiting {
  readonly waitProbability: number;
  readonly meanWaitMs: MeanInterval;
  readonly p95WaitMs: number;
  readonly abandonProbability: number;
  readonly customers: number;
  readonly warmUpCustomers: number;
  /** Arrivals and departures of the whole run, warm-up included. */
  readonly events: number;
  readonly reducedBy: number;
}

const DEFAULT_PRECISION_RATIO = 0.05;
const DEFAULT_MAX_CUSTOMERS = 2_000_000;
const FIRST_CUSTOMERS = 30_000;
/** Blocks of the longest swing that a run should span: ten for each batch. */
const BLOCKS_PER_RUN = 10 * BATCHES;
/** A smaller pool waits longer for the same load; from here on the difference is within the interval (test/theory). */
const MIN_REDUCED_SERVERS = 200;
/** Times after which what the empty start left is below e⁻⁵. */
const WARM_UP_TIMES = 5;
/** A trace with drawn service times is replayed this often. */
const TRACE_PASSES = 10;

/** Mean service time; of given ones, their mean. */
export function meanServiceMsOf(service: ServiceTimes): number {
  if (service.kind === 'drawn') return service.meanMs;
  let sum = 0;
  for (let i = 0; i < service.samplesMs.length; i++) sum += service.samplesMs[i] as number;
  return sum / service.samplesMs.length;
}

/** Offered erlangs ÷ servers. */
export const queueUtilisation = ({ arrivals, service, servers }: WaitingQueue): number =>
  (ratePerSOf(arrivals) * sFromMs(meanServiceMsOf(service))) / servers;

const longestBlockMs = (process: ArrivalProcess): number =>
  process.kind === 'modulated' ? Math.max(0, ...process.swings.map(({ blockMs }) => blockMs)) : 0;

/** Servers and rate of a modulated pool over the same number, so that a run can span enough of its swings. */
function reductionOf({ arrivals, servers }: WaitingQueue, maxCustomers: number): number {
  if (arrivals.kind !== 'modulated') return 1;
  const wanted = (sFromMs(longestBlockMs(arrivals)) * BLOCKS_PER_RUN * arrivals.ratePerS) / maxCustomers;
  const allowed = Math.max(1, Math.floor(servers / MIN_REDUCED_SERVERS));
  const reduced = Math.round(servers / Math.max(1, Math.min(wanted, allowed)));
  return servers / reduced;
}

/**
 * Customers until the empty start is forgotten: service, swings and the queue's own relaxation time
 * (ca² + cs²) ÷ (2.8 · rate of service · (1 − √ρ)²), Odoni & Roth, Operations Research 31, 1983.
 */
function warmUpOf(queue: WaitingQueue): number {
  const { arrivals, service, servers } = queue;
  if (arrivals.kind === 'trace' || service.kind === 'given') return 0;
  const variability = (arrivals.kind === 'poisson' ? 1 : arrivals.gapCv ** 2) + service.scv;
  const slack = 1 - Math.sqrt(Math.min(0.999, queueUtilisation(queue)));
  const relaxationMs = (service.meanMs / servers) * (variability / (2.8 * slack ** 2));
  const spanMs = WARM_UP_TIMES * (service.meanMs + relaxationMs + longestBlockMs(arrivals));
  return Math.ceil(sFromMs(spanMs) * arrivals.ratePerS);
}

/** Customers of the first stretch and of the whole run at most. */
function lengthOf(
  { arrivals, service }: WaitingQueue,
  maxCustomers: number,
): { first: number; most: number } {
  if (arrivals.kind === 'trace') {
    const requests = arrivals.instantsMs.length;
    const passes = service.kind === 'given' ? 1 : TRACE_PASSES;
    const whole = Math.max(1, Math.min(passes, Math.floor(maxCustomers / requests))) * requests;
    return { first: whole, most: whole };
  }
  const spanned = Math.ceil(sFromMs(longestBlockMs(arrivals)) * BLOCKS_PER_RUN * arrivals.ratePerS);
  return { first: Math.min(maxCustomers, Math.max(FIRST_CUSTOMERS, spanned)), most: maxCustomers };
}

function givenTimes(samplesMs: ArrayLike<number>): NextMs {
  let index = 0;
  return () => samplesMs[index++ % samplesMs.length] as number;
}

function createRun(queue: WaitingQueue, reducedBy: number, seed: number): QueueRun {
  const { arrivals, service, servers, meanPatienceMs } = queue;
  const random = createRandom(seed);
  const reduced =
    arrivals.kind === 'modulated' ? { ...arrivals, ratePerS: arrivals.ratePerS / reducedBy } : arrivals;
  return new QueueRun({
    servers: Math.round(servers / reducedBy),
    nextArrivalMs: createArrivals(reduced, random.fork('arrivals')),
    nextServiceMs:
      service.kind === 'given'
        ? givenTimes(service.samplesMs)
        : createSpans(service.meanMs, service.scv, random.fork('service')),
    ...(meanPatienceMs === undefined
      ? {}
      : { nextPatienceMs: createSpans(meanPatienceMs, 1, random.fork('patience')) }),
  });
}

/** Waits of everybody so far. */
class Tally {
  waitsMs = new Float64Array(0);
  events = 0;
  #waited = 0;
  #left = 0;
  readonly #histogram = new LatencyHistogram();

  add(served: Served): void {
    const joined = new Float64Array(this.waitsMs.length + served.waitsMs.length);
    joined.set(this.waitsMs);
    joined.set(served.waitsMs, this.waitsMs.length);
    this.waitsMs = joined;
    this.events += served.events;
    for (let i = 0; i < served.waitsMs.length; i++) {
      if (served.waited[i] === 0) continue;
      this.#waited++;
      this.#left += served.left[i] as number;
      this.#histogram.record(served.waitsMs[i] as number);
    }
  }

  /** Of all customers: those who did not wait are in no bucket of the histogram. */
  p95WaitMs(): number {
    const customers = this.waitsMs.length;
    const free = customers - this.#waited;
    const rank = nearestRank(95, customers) - free;
    return rank <= 0 ? 0 : (this.#histogram.percentileMs((100 * rank) / this.#waited) ?? 0);
  }

  get waitProbability(): number {
    return this.#waited / this.waitsMs.length;
  }

  get abandonProbability(): number {
    return this.#left / this.waitsMs.length;
  }
}

/** The first run is long enough where nobody waits at all, or the interval is as narrow as asked for. */
const isPrecise = ({ mean, high }: MeanInterval, precisionRatio: number, precisionMs: number): boolean =>
  mean === 0 || high - mean <= Math.max(precisionMs, precisionRatio * mean);

/**
 * Sends customers through the queue until the interval of the mean wait is as narrow as asked for, or as many were sent
 * as allowed: the run doubles each time. The warm-up is left out; a trace is replayed from empty, as it happened. Same
 * queue and seed, same figures. For a load that the servers carry; otherwise, without patience, waits grow with the run.
 */
export function simulateWaiting(queue: WaitingQueue, options: SimulationOptions): SimulatedWaiting {
  const { seed, precisionRatio = DEFAULT_PRECISION_RATIO, maxCustomers = DEFAULT_MAX_CUSTOMERS } = options;
  const reducedBy = reductionOf(queue, maxCustomers);
  const most = lengthOf(queue, maxCustomers * reducedBy);
  const run = createRun(queue, reducedBy, seed);
  const warmUpCustomers = Math.min(Math.ceil(warmUpOf(queue) / reducedBy), maxCustomers);
  const warmUpEvents = warmUpCustomers === 0 ? 0 : run.serve(warmUpCustomers).events;
  const tally = new Tally();
  let meanWaitMs: MeanInterval | undefined;
  let next = Math.max(BATCHES, Math.ceil(most.first / reducedBy));
  do {
    tally.add(run.serve(next));
    meanWaitMs = estimateMeanByBatches(tally.waitsMs);
    next = Math.min(tally.waitsMs.length, Math.floor(most.most / reducedBy) - tally.waitsMs.length);
  } while (next > 0 && !isPrecise(meanWaitMs, precisionRatio, options.precisionMs ?? 0));
  return {
    waitProbability: tally.waitProbability,
    meanWaitMs,
    p95WaitMs: tally.p95WaitMs(),
    abandonProbability: tally.abandonProbability,
    customers: tally.waitsMs.length,
    warmUpCustomers,
    events: tally.events + warmUpEvents,
    reducedBy,
  };
}
