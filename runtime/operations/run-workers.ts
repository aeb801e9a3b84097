import { createServer } from 'node:net';
import { join } from 'node:path';
import { BusyhourError, createFailure, unwrap } from '../../vocabulary/errors.ts';
import type { GatewayConfig } from '../config.ts';
import { createLogger } from '../telemetry/logger.ts';
import { WorkerPool } from './worker-pool.ts';
import { checkWorkerStores } from './worker-requirements.ts';

export interface RunWorkersOptions {
  /** Aborting it begins the drain. */
  readonly signal: AbortSignal;
  /** Takes the ready line. */
  readonly write: (line: string) => void;
}

/** Built code has another ending than its source. */
const ENTRY = join(import.meta.dirname, `worker-main.${import.meta.filename.endsWith('.ts') ? 'ts' : 'js'}`);

const codeOf = (cause: Error): unknown => ('code' in cause ? cause.code : undefined);

/**
 * Port 0 becomes one port here: workers that start later must find the same one. A port that is taken is found here too,
 * because sockets that share a port would join whoever shares it already.
 */
function choosePort({ host, port }: GatewayConfig): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', (cause) => {
      const isTaken = codeOf(cause) === 'EADDRINUSE';
      const text = isTaken
        ? `${host}:${port} is taken`
        : `cannot listen on ${host}:${port}: ${cause.message}`;
      reject(new BusyhourError(createFailure(isTaken ? 'PORT_IN_USE' : 'INVALID_CONFIG', text, { cause })));
    });
    probe.listen(port, host, () => {
      const address = probe.address();
      probe.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0));
    });
  });
}

const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

/**
 * Runs `config.workers` gateways behind one port until the signal aborts, then drains them all. The ready line comes once
 * all are ready. Throws INVALID_CONFIG when they would not share their stores, and what startGateway throws in a worker.
 */
export async function runWorkers(config: GatewayConfig, options: RunWorkersOptions): Promise<void> {
  unwrap(checkWorkerStores(config, process.env));
  const port = await choosePort(config);
  const logger = createLogger(config.logLevel);
  const pool = new WorkerPool({ config: { ...config, port }, entry: ENTRY, logger });
  await pool.start();
  const { workers } = config;
  const line = { event: 'ready', url: pool.url, port, pid: process.pid, workers };
  options.write(`${JSON.stringify(line)}\n`);
  await aborted(options.signal);
  logger.info({ workers, graceMs: config.drainMs }, 'draining all workers');
  await pool.drain(config.drainMs);
  logger.flush();
}
