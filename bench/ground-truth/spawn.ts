import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { GroundTruthOptions } from './server.ts';

export interface GroundTruthProcess {
  readonly url: string;
  readonly pid: number;
  close(): Promise<void>;
}

/** The entry point beside this file, whether run from sources or built. */
const MAIN = fileURLToPath(import.meta.url).replace(/spawn\.(ts|js)$/, 'main.$1');

/**
 * Starts a ground-truth server in its own process, so that it does not share the caller's event loop; `wrapper` is put
 * before the command, such as `['taskset', '-c', '0']` to give it a core.
 */
export async function spawnGroundTruth(
  options: GroundTruthOptions,
  wrapper: readonly string[] = [],
): Promise<GroundTruthProcess> {
  const [command = process.execPath, ...args] = [...wrapper, process.execPath, MAIN, JSON.stringify(options)];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [url] = (await Promise.race([
    once(lines, 'line'),
    exited.then(([code]) =>
      Promise.reject(new Error(`the ground-truth server ended with code ${String(code)}`)),
    ),
  ])) as [string];
  return {
    url,
    pid: child.pid ?? 0,
    close: async () => {
      child.stdin.end();
      child.kill('SIGTERM');
      await exited;
    },
  };
}
