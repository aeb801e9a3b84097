import { SERVER_GAUGES } from '../../vocabulary/server-metrics.ts';
import type { ProviderLoad } from '../llm/provider.ts';
import type { GatewayMetrics } from '../telemetry/gateway-metrics.ts';
import type { ProviderStates } from './provider-states.ts';

const GAUGES: readonly (readonly [name: string, help: string, read: (load: ProviderLoad) => number])[] = [
  [
    SERVER_GAUGES['engine.running'],
    'Sequences that the engine is generating',
    (load) => load.runningRequests,
  ],
  [SERVER_GAUGES['engine.waiting'], 'Requests in the queue of the engine', (load) => load.waitingRequests],
  [SERVER_GAUGES['engine.kvTokens'], 'Tokens in the KV cache', (load) => load.kvTokens],
  [
    SERVER_GAUGES['engine.kvCapacityTokens'],
    'Tokens that the KV cache can hold',
    (load) => load.kvCapacityTokens,
  ],
  [
    'busyhour_engine_orphan_output_tokens',
    'Tokens that the engine generated for clients that had left',
    (load) => load.orphanOutputTokens,
  ],
];

/** The engine's load, asked for on each scrape (at most every 100 ms). */
export function addEngineGauges(metrics: GatewayMetrics, states: ProviderStates): void {
  for (const [name, help, read] of GAUGES) {
    metrics.addGauge(name, help, async () => {
      const load = await states.readLoad();
      return load === undefined ? undefined : read(load);
    });
  }
}
