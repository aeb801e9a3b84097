import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Server } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { BusyhourError, createFailure } from '../../vocabulary/errors.ts';
import { claimPort } from '../operations/port-claim.ts';
import type { ServerTls } from '../operations/tls.ts';
import type { Tracing } from '../telemetry/spans.ts';
import type { Engine } from './contract.ts';
import { createControlService, createOpenInferenceService } from './control-service.ts';
import { createCallerInterceptor, type OnCaller, serverCredentialsFrom } from './credentials.ts';
import { ControlService, InferenceService } from './generated/inference.ts';
import { GRPCInferenceServiceService } from './generated/open-inference.ts';
import { createInferenceService, RunningCalls } from './inference-service.ts';
import { createServerMetrics, type ServerMetrics } from './metrics.ts';

/** Where the server tells of requests that failed by a defect. */
export interface ServerLogger {
  error(fields: object, message: string): void;
}

export interface InferenceServerOptions {
  readonly host: string;
  /** 0 is any free port. */
  readonly port: number;
  readonly engine: Engine;
  /** Prometheus over HTTP at /metrics; 0 is any free port, absent is none. */
  readonly metricsPort?: number | undefined;
  readonly logger?: ServerLogger | undefined;
  /** Makes a span of each call and of each stage of its generation; the server closes it. */
  readonly tracing?: Tracing | undefined;
  /** TLS, and with `ca` mutual TLS; plain without it. */
  readonly tls?: ServerTls | undefined;
  readonly onCaller?: OnCaller | undefined;
}

export interface RunningInferenceServer {
  /** host:port, as createInferenceClient takes it. */
  readonly address: string;
  readonly port: number;
  readonly metricsUrl?: string;
  /** Refuses new work, lets running requests end for up to graceMs, then stops. Closes the engine. Idempotent. */
  close(graceMs: number): Promise<void>;
}

const SERVER_OPTIONS = { 'grpc.max_concurrent_streams': 100_000 };
/** Callers have names only where they show certificates. */
const serverOptionsFrom = ({ tls, onCaller }: InferenceServerOptions) =>
  tls?.ca === undefined || onCaller === undefined
    ? SERVER_OPTIONS
    : { ...SERVER_OPTIONS, interceptors: [createCallerInterceptor(onCaller)] };
/** For aborted requests to say so to their clients, when running ones have used up the whole grace. */
const LAST_WORD_MS = 100;
const HEALTH_NAMES = ['', 'busyhour.inference.v1.Inference', 'busyhour.inference.v1.Control'];

const hostPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

function setHealth(health: HealthImplementation, serving: boolean): void {
  for (const name of HEALTH_NAMES) health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
}

function addReflection(server: Server): void {
  const includeDirs = [join(import.meta.dirname, 'proto')];
  const files = ['inference.proto', 'open-inference.proto', 'health.proto'];
  new ReflectionService(loadSync(files, { includeDirs, keepCase: true })).addToServer(server);
}

function bindFailure(host: string, port: number, cause: unknown): BusyhourError {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (message.includes('EADDRINUSE')) {
    return new BusyhourError(createFailure('PORT_IN_USE', `${hostPort(host, port)} is taken`, { cause }));
  }
  const hint = 'Check the host name and that this user may listen on that port.';
  const text = `cannot listen on ${hostPort(host, port)}: ${message}`;
  return new BusyhourError(createFailure('INVALID_CONFIG', text, { cause, hint }));
}

/** grpc-js is content with one of several addresses, such as those of localhost; a port taken at any is taken. */
async function bindFree(server: Server, options: InferenceServerOptions): Promise<number> {
  if (options.port === 0) return bind(server, options);
  const { release } = await claimPort(options);
  try {
    return await bind(server, options);
  } finally {
    await release();
  }
}

function bind(server: Server, { host, port, tls }: InferenceServerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(hostPort(host, port), serverCredentialsFrom(tls), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(bindFailure(host, port, error));
    });
  });
}

function listen(server: HttpServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(bindFailure(host, port, error)));
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function createMetricsServer(metrics: ServerMetrics): HttpServer {
  return createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end('only GET /metrics is here\n');
      return;
    }
    metrics.registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': metrics.registry.contentType }).end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
}

/** grpc-js waits for open calls, for clients that do not read too; what is open after graceMs is cut. */
function stopServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, graceMs);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function addServices(
  server: Server,
  engine: Engine,
  parts: {
    metrics: ServerMetrics;
    draining: () => boolean;
    logger: ServerLogger | undefined;
    tracing: Tracing | undefined;
  },
): HealthImplementation {
  const calls = new RunningCalls();
  const control = { engine, calls, isDraining: parts.draining };
  const onError = (error: unknown, requestId: string): void =>
    parts.logger?.error({ err: error, requestId }, 'the engine failed');
  server.addService(
    InferenceService,
    createInferenceService({ engine, metrics: parts.metrics, calls, tracing: parts.tracing, onError }),
  );
  server.addService(ControlService, createControlService(control));
  server.addService(GRPCInferenceServiceService, createOpenInferenceService(control));
  const health = new HealthImplementation();
  setHealth(health, true);
  health.addToServer(server);
  addReflection(server);
  return health;
}

/** Serves an engine over gRPC with health, reflection and metrics. Throws BusyhourError PORT_IN_USE. */
export async function startInferenceServer(options: InferenceServerOptions): Promise<RunningInferenceServer> {
  const { host, engine, metricsPort } = options;
  let draining = false;
  const metrics = createServerMetrics(engine);
  const server = new Server(serverOptionsFrom(options));
  const health = addServices(server, engine, {
    metrics,
    draining: () => draining,
    logger: options.logger,
    tracing: options.tracing,
  });
  const metricsServer = metricsPort === undefined ? undefined : createMetricsServer(metrics);
  const metricsBound = metricsServer && (await listen(metricsServer, host, metricsPort ?? 0));
  let closing: Promise<void> | undefined;
  const close = async (graceMs: number): Promise<void> => {
    draining = true;
    setHealth(health, false);
    const endsAtMs = performance.now() + graceMs;
    await engine.close(graceMs);
    const leftMs = Math.max(endsAtMs - performance.now(), LAST_WORD_MS);
    await stopServer(server, Math.min(graceMs, leftMs));
    metricsServer?.closeAllConnections();
    await new Promise((resolve) => (metricsServer ? metricsServer.close(resolve) : resolve(undefined)));
    await options.tracing?.close();
  };
  try {
    const port = await bindFree(server, options);
    return {
      address: hostPort(host, port),
      port,
      ...(metricsBound === undefined ? {} : { metricsUrl: `http://${hostPort(host, metricsBound)}/metrics` }),
      close: (graceMs) => {
        closing ??= close(graceMs);
        return closing;
      },
    };
  } catch (error) {
    metricsServer?.close();
    server.forceShutdown();
    throw error;
  }
}
