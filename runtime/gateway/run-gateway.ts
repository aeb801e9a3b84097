import { unwrap } from '../../vocabulary/errors.ts';
import { type GatewayConfigInput, resolveGatewayConfig } from '../config.ts';
import { runWorkers } from '../operations/run-workers.ts';
import { type GatewayDependencies, startGateway } from './start-gateway.ts';

export interface RunGatewayOptions {
  /** Aborting it begins the drain. */
  readonly signal: AbortSignal;
  /** Takes the ready line; standard output when absent. */
  readonly write?: (line: string) => void;
  readonly dependencies?: GatewayDependencies;
}

/**
 * Runs a gateway (or, with `workers` above 1, that many behind one port) as what this process is for, until the signal aborts, then drains it (up to `drainMs`). Writes one JSON line
 * `{"event":"ready","url":…}` once it listens and its providers were probed. Throws as startGateway does.
 */
export async function runGateway(config: GatewayConfigInput, options: RunGatewayOptions): Promise<void> {
  const { signal, write = (line) => process.stdout.write(line) } = options;
  const resolved = unwrap(resolveGatewayConfig(config));
  if (signal.aborted) return;
  if (resolved.workers > 1) return runWorkers(resolved, { signal, write });
  const gateway = await startGateway(resolved, options.dependencies);
  write(`${JSON.stringify({ event: 'ready', url: gateway.url, port: gateway.port, pid: process.pid })}\n`);
  if (!signal.aborted) {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }
  await gateway.close(resolved.drainMs);
}
