import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { GroundTruthOptions } from './server.ts';

export interface GroundTruthProcess {
  readonly url: string;
  close(): Promise<void>;
}

/** The entry point beside this file, whether run from sources or built. */
const MAIN = fileURLToPath(import.meta.url).replace(/spawn\.(ts|js)$/, 'main.$1');

/** Starts a ground-truth server in its own process, so that it does not share the caller's event loop. */
export async function spawnGroundTruth(options: GroundTruthOptions): Promise<GroundTruthProcess> {
  const child = spawn(process.execPath, [MAIN, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
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
    close: async () => {
      child.stdin.end();
      child.kill('SIGTERM');
      await exited;
    },
  };
}
