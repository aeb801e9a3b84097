import { describe, expect, it } from 'vitest';
import { startProcess } from '../../cli/processes.ts';
import { unwrap } from '../../vocabulary/errors.ts';

const never = new AbortController().signal;
const worker = (args: readonly string[] = []) => ({
  name: 'inference',
  args: ['inference', '--engine', 'simulated', '--port', '0', '--metrics-port', '0', ...args],
  readyTimeoutMs: 20_000,
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // ESRCH: there is no such process.
  }
};

describe('startProcess', () => {
  it('gives the fields of the ready line, and a stop that the process follows by itself', async () => {
    const owned = unwrap(await startProcess(worker(), never));
    expect(owned.ready.address).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(owned.ready.metricsUrl).toMatch(/^http:/);
    expect(isAlive(owned.pid)).toBe(true);
    expect(await owned.stop(15_000)).toBe('ended');
    expect(isAlive(owned.pid)).toBe(false);
    expect(await owned.stop()).toBe('ended');
  });

  it('is PROCESS_FAILED with the last log lines when the process ends before it is ready', async () => {
    const result = await startProcess(worker(['--profile', 'no-such-gpu']), never);
    expect(result.kind === 'failed' && result.failure).toMatchObject({
      code: 'PROCESS_FAILED',
      message: expect.stringMatching(/exited with code 10 .*no-such-gpu/s),
    });
  });

  it('is INTERRUPTED when the signal aborts first, and leaves nothing running', async () => {
    const controller = new AbortController();
    const starting = startProcess(worker(), controller.signal);
    controller.abort();
    const result = await starting;
    expect(result.kind === 'failed' && result.failure.code).toBe('INTERRUPTED');
  });

  it('is PROCESS_FAILED when the process is not ready in time', async () => {
    const result = await startProcess({ ...worker(), readyTimeoutMs: 1 }, never);
    expect(result.kind === 'failed' && result.failure.message).toContain('not ready within 1 ms');
  });
});
