import { join } from 'node:path';
import { unwrap } from '../../vocabulary/errors.ts';
import type { GatewayConfig } from '../config.ts';
import { createLogger } from '../telemetry/logger.ts';
import { claimPort } from './port-claim.ts';
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
  // Port 0 becomes one port here: workers that start later must find the same one.
  const { port, release } = await claimPort(config);
  const logger = createLogger(config.logLevel);
  const pool = new WorkerPool({ config: { ...config, port }, entry: ENTRY, logger });
  try {
    await pool.start();
  } finally {
    await release();
  }
  const { workers } = config;
  const line = { event: 'ready', url: pool.url, port, pid: process.pid, workers };
  options.write(`${JSON.stringify(line)}\n`);
  await aborted(options.signal);
  logger.info({ workers, graceMs: config.drainMs }, 'draining all workers');
  await pool.drain(config.drainMs);
  logger.flush();
}
