import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startServe } from '../support/serve-process.ts';

/** Name and niceness of each thread of a process (proc_pid_stat(5): fields 2 and 19). */
function threadsOf(pid: number): { readonly name: string; readonly niceness: number }[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const text = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    const end = text.lastIndexOf(')');
    const fields = text.slice(end + 2).split(' ');
    return { name: text.slice(text.indexOf('(') + 1, end), niceness: Number(fields[16]) };
  });
}

it.skipIf(process.platform !== 'linux')(
  'threads that compile and collect garbage give way to the one that answers (skipped but on Linux)',
  async () => {
    const gateway = await startServe([]);
    const threads = threadsOf(gateway.pid);
    const [main] = threads;
    const workers = threads.filter(({ name }) => name === 'V8Worker');
    expect(workers.length).toBeGreaterThan(0);
    for (const { niceness } of workers) expect(niceness).toBe(Math.min(19, (main?.niceness ?? 0) + 10));
    gateway.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
  },
  60_000,
);
