import type { DestinationStream } from 'pino';
import type { GatewayConfig } from '../config.ts';
import type { ChainObserver } from '../llm/chain.ts';
import { createConfiguredRedactor } from '../privacy/create-redactor.ts';
import { traceChain } from './chain-tracing.ts';
import { GatewayMetrics } from './gateway-metrics.ts';
import { createLogger, type Logger } from './logger.ts';
import { openTracing } from './open-tracing.ts';
import type { Tracing } from './spans.ts';

export interface TelemetryDependencies {
  readonly environment?: NodeJS.ProcessEnv;
  readonly logDestination?: DestinationStream;
  readonly serviceVersion: string;
}

/** What a gateway says of its work: figures, lines, spans. */
export interface Telemetry {
  readonly metrics: GatewayMetrics;
  readonly logger: Logger;
  /** Absent where no receiver of spans is configured. */
  readonly tracing: Tracing | undefined;
  readonly chainObserver: ChainObserver;
  /** Sends the last spans and stops every timer. Never rejects. */
  close(): Promise<void>;
}

/** One log line when the receiver of spans goes, and one when it is back; in between only the counter tells. */
function createExportReport(metrics: GatewayMetrics, logger: Logger) {
  let isFailing = false;
  return (spans: number, error: Error | undefined): void => {
    metrics.spansExported(spans, error === undefined);
    if ((error !== undefined) === isFailing) return;
    isFailing = error !== undefined;
    if (isFailing) logger.warn({ reason: error?.message }, 'the receiver of spans does not take them');
    else logger.info('the receiver of spans takes them again');
  };
}

/** Throws BusyhourError INVALID_CONFIG for a receiver of spans that is no URL. */
export async function createTelemetry(
  config: GatewayConfig,
  deps: TelemetryDependencies,
): Promise<Telemetry> {
  const metrics = new GatewayMetrics();
  const redactor = createConfiguredRedactor(config.privacy);
  const logger = createLogger(config.logLevel, deps.logDestination, (text) => redactor.redact(text).text);
  const tracing = await openTracing({
    serviceName: 'busyhour-gateway',
    serviceVersion: deps.serviceVersion,
    traces: config.telemetry.traces,
    environment: deps.environment ?? process.env,
    onExport: createExportReport(metrics, logger),
  });
  return {
    metrics,
    logger,
    tracing,
    chainObserver: tracing === undefined ? metrics : traceChain(tracing, metrics),
    async close() {
      await tracing?.close();
      metrics.close();
    },
  };
}
