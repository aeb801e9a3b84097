import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { createInferenceClient } from '../../../runtime/inference/client.ts';
import { inferenceWorkerConfigSchema } from '../../../runtime/inference/main.ts';
import { collect, requestOf } from '../../contracts/engine.ts';

const MAIN = join(import.meta.dirname, '../../../runtime/inference/main.ts');
/** What the command line does: a signal becomes an abort. */
const SCRIPT = `
  const { runInferenceWorker } = await import(${JSON.stringify(MAIN)});
  const controller = new AbortController();
  process.on('SIGTERM', () => controller.abort());
  await runInferenceWorker(JSON.parse(process.argv[1]), { signal: controller.signal });
`;
const PROFILE_CONFIG = {
  engine: { kind: 'simulated', profile: 'qwen3-32b-h100x2' },
  port: 0,
  metricsPort: 0,
  logLevel: 'silent',
};

describe('the inference worker', () => {
  let child: ChildProcess | undefined;
  afterEach(() => {
    child?.kill('SIGKILL');
  });

  const startWorker = async (config: object): Promise<Record<string, string>> => {
    const worker = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, JSON.stringify(config)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = worker;
    const [line] = (await once(createInterface({ input: worker.stdout }), 'line')) as [string];
    return JSON.parse(line);
  };

  it('says when it is ready, and on SIGTERM lets a running request end before it leaves', async () => {
    const ready = await startWorker(PROFILE_CONFIG);
    expect(ready).toMatchObject({ event: 'ready', address: expect.stringMatching(/^127\.0\.0\.1:\d+$/) });
    expect((await fetch(ready.metricsUrl ?? '')).status).toBe(200);
    const client = createInferenceClient({ address: ready.address ?? '' });
    expect(await client.describe(5_000)).toMatchObject({
      simulated: true,
      device: '2 x H100 SXM 80 GB (simulated)',
    });
    const options = { signal: new AbortController().signal, deadlineMs: 20_000 };
    const running = collect(client.generate(requestOf({ maxOutputTokens: 40 }), options));
    await expect.poll(async () => (await client.load(1_000)).runningRequests).toBe(1);
    child?.kill('SIGTERM');
    expect((await running).tokens).toBe(40);
    client.close();
    if (child !== undefined && child.exitCode === null) await once(child, 'exit');
    expect(child?.exitCode).toBe(0);
  });

  it('has a configuration whose defaults are the demo model on loopback', () => {
    const config = inferenceWorkerConfigSchema.parse({ engine: { kind: 'llama' } });
    expect(config).toMatchObject({ host: '127.0.0.1', engine: { device: 'auto', maxSequences: 8 } });
    expect(inferenceWorkerConfigSchema.safeParse({ engine: { kind: 'magic' } }).success).toBe(false);
  });
});
