import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const MAIN = join(import.meta.dirname, '../../../runtime/inference/main.ts');
const SCRIPT = `
  const { runInferenceWorker } = await import(${JSON.stringify(MAIN)});
  const controller = new AbortController();
  process.on('SIGTERM', () => controller.abort());
  await runInferenceWorker(JSON.parse(process.argv[1]), { signal: controller.signal });
`;

export interface InferenceProcess {
  readonly address: string;
  /** SIGTERM, and waits for the end. */
  close(): Promise<void>;
}

/** The inference worker as a process of its own, with the simulated engine. */
export async function startInferenceProcess(config: object): Promise<InferenceProcess> {
  const input = { engine: { kind: 'simulated' }, port: 0, logLevel: 'silent', ...config };
  const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, JSON.stringify(input)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { address } = JSON.parse(line) as { address: string };
  return {
    address,
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    },
  };
}
