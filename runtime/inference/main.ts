import { pino } from 'pino';
import { z } from 'zod';
import { unwrap } from '../../vocabulary/errors.ts';
import { tracesSchema } from '../config/telemetry.ts';
import { serverTlsSchema } from '../config/tls.ts';
import { readServerTls } from '../operations/tls.ts';
import { openTracing } from '../telemetry/open-tracing.ts';
import { SERVER_VERSION } from './control-service.ts';
import type { OnCaller } from './credentials.ts';
import { createEngine } from './engines/create-engine.ts';
import { engineConfigSchema } from './engines/engine-config.ts';
import { startInferenceServer } from './server.ts';

const port = z.int().min(0).max(65_535);

/** What `busyhour inference` needs: the engine and where to listen. */
export const inferenceWorkerConfigSchema = z.strictObject({
  engine: engineConfigSchema,
  host: z.string().min(1).default('127.0.0.1'),
  /** 0 is any free port. */
  port: port.default(50_051),
  /** Prometheus at /metrics; 0 is any free port, absent is none. */
  metricsPort: port.optional(),
  /** How long running requests may take to end when the worker is told to stop. */
  graceMs: z.number().nonnegative().default(5_000),
  /** Where spans go; absent: nowhere, unless OTEL_EXPORTER_OTLP_ENDPOINT is set. */
  traces: tracesSchema.optional(),
  /** TLS on the gRPC port, and with clientCaFile mutual TLS. */
  tls: serverTlsSchema.optional(),
  logLevel: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
});

export type InferenceWorkerConfig = z.infer<typeof inferenceWorkerConfigSchema>;
export type InferenceWorkerConfigInput = z.input<typeof inferenceWorkerConfigSchema>;

const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

/**
 * Runs one engine behind gRPC until the signal aborts (the process boundary turns SIGTERM and SIGINT into that), then
 * drains. Prints one line on stdout when ready: {"event":"ready","address":…,"metricsUrl":…}; logs go to stderr.
 * Rejects with BusyhourError PORT_IN_USE, MODEL_UNREADABLE, DEVICE_MISSING or INVALID_CONFIG.
 */
export async function runInferenceWorker(
  input: InferenceWorkerConfigInput,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const config = inferenceWorkerConfigSchema.parse(input);
  const logger = pino(
    { name: 'inference', level: config.logLevel },
    pino.destination({ dest: 2, sync: true }),
  );
  const tls = config.tls && unwrap(readServerTls(config.tls, 'the inference worker'));
  const onCaller: OnCaller = (caller) => logger.info(caller, 'generation asked for');
  const tracing = await openTracing({
    serviceName: 'busyhour-inference',
    serviceVersion: SERVER_VERSION,
    traces: config.traces,
    environment: process.env,
  });
  const engine = await createEngine(config.engine);
  const server = await startInferenceServer({ ...config, engine, logger, tracing, tls, onCaller }).catch(
    async (error: unknown) => {
      await engine.close(0);
      throw error;
    },
  );
  const { address, metricsUrl } = server;
  const { model, device, simulated } = engine.description;
  logger.info({ address, metricsUrl, model, device, simulated }, 'inference worker is ready');
  process.stdout.write(`${JSON.stringify({ event: 'ready', address, ...(metricsUrl && { metricsUrl }) })}\n`);
  await aborted(signal);
  logger.info({ graceMs: config.graceMs }, 'inference worker is draining');
  await server.close(config.graceMs);
}
