import { type Aggregator, AggregatorRegistry } from 'prom-client';
import type { Metrics } from './worker-messages.ts';

/** Gauges of which the mean says more than the sum: shares, not amounts. */
const SHARES = /_ratio$|utili[sz]ation/;
/** Gauges of which every process tells the same thing: what the engine says, states, versions. */
const SAME_FOR_ALL = /^busyhour_engine_|_state$|_info$/;

/** Counters and histograms add up; a gauge may say otherwise of itself. */
function aggregatorOf({ name, type, aggregator }: Metrics[number]): Aggregator {
  if (String(type) !== 'gauge' || aggregator !== 'sum') return aggregator;
  if (SHARES.test(name)) return 'average';
  return SAME_FOR_ALL.test(name) ? 'max' : 'sum';
}

/** The registries of several processes as one. */
function merged(registries: readonly Metrics[]) {
  const prepared = registries.map((metrics) =>
    metrics.map((metric) => ({ ...metric, aggregator: aggregatorOf(metric) })),
  );
  return AggregatorRegistry.aggregate(prepared);
}

/** The registries of several processes as one scrape in the Prometheus text format. */
export const aggregateMetrics = (registries: readonly Metrics[]): Promise<string> =>
  merged(registries).metrics();

/**
 * What processes that ended leave behind: their counts. Without them a sum would fall when a process dies, and a counter
 * that falls reads as one that began anew.
 */
export async function countsOf(registries: readonly Metrics[]): Promise<Metrics> {
  const counts = registries.map((metrics) => metrics.filter(({ type }) => String(type) !== 'gauge'));
  return (await merged(counts).getMetricsAsJSON()) as Metrics;
}
