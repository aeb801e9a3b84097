import type { ResultStep } from '../../vocabulary/result-file.ts';
import { sFromMs } from '../../vocabulary/units.ts';
import { classifyLittle } from './little.ts';

/** A tenth is the measurement's; what is in flight at the two edges of the window comes on top. */
const TOLERANCE_RATIO = 0.1;
const MIN_COMPLETED = 30;
/** Requests that did not complete have no latency: with more of them the law has no terms. */
const MAX_INCOMPLETE_RATIO = 0.01;
/** p95 of an exponential time, in means: how long what is in flight at an edge may last. */
const EDGE_MEANS = 3;
/** In flight at an edge, over the mean that throughput and latency make. */
const MAX_EDGE_SHARE = 5;

/**
 * Whether requests in flight, throughput and latency of a step contradict each other by Little's law. A result may come
 * from any tool or editor, so the planner looks for itself. False where the step cannot tell: nothing reported in flight,
 * too few completed, or too many that did not complete.
 */
export function violatesLittle({ counts, inFlight, windowMs, histograms }: ResultStep): boolean {
  const latency = histograms.wireLatencyMs ?? histograms.latencyMs;
  if (latency === undefined || latency.count === 0 || inFlight.mean === 0) return false;
  if (counts.completed < MIN_COMPLETED) return false;
  if (counts.offered - counts.completed > MAX_INCOMPLETE_RATIO * counts.offered) return false;
  const meanMs = latency.sumMs / latency.count;
  const expected = (counts.completed * meanMs) / windowMs;
  // A queue that grows has more at its end than on average; a maximum beyond all proportion excuses nothing.
  const atEdge = Math.max(expected, Math.min(inFlight.max / 2, MAX_EDGE_SHARE * expected));
  const edge = (2 * atEdge * EDGE_MEANS * meanMs) / windowMs;
  const tolerance = TOLERANCE_RATIO + edge / Math.max(inFlight.mean, expected);
  const ratePerS = counts.completed / sFromMs(windowMs);
  return classifyLittle(inFlight.mean, ratePerS, meanMs, tolerance).kind === 'violated';
}
