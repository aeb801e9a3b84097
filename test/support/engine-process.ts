import { onTestFinished } from 'vitest';
import { startProcess } from '../../cli/processes.ts';
import { unwrap } from '../../vocabulary/errors.ts';

const READY_MS = 25_000;

/** Starts `busyhour inference` with the simulated engine and waits until it is ready; its `host:port`. Stopped with the test. */
export async function startEngine(): Promise<string> {
  const args = ['inference', '--engine', 'simulated', '--port', '0'];
  const engine = unwrap(
    await startProcess({ name: 'engine', args, readyTimeoutMs: READY_MS }, AbortSignal.timeout(READY_MS)),
  );
  onTestFinished(async () => {
    await engine.stop(0);
  });
  return String(engine.ready.address);
}
