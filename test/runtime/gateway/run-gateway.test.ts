import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { chunkOf, startFaultServer } from '../support/fault-server.ts';
import { Cleanup } from '../support/gateway-rig.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const MODULE = new URL('../../../runtime/index.ts', import.meta.url).href;

/** A gateway in a process of its own, as the command line runs it. */
function spawnGateway(config: object): ChildProcess {
  const script = `
    import { runGateway } from ${JSON.stringify(MODULE)};
    const stop = new AbortController();
    process.once('SIGTERM', () => stop.abort());
    await runGateway(${JSON.stringify(config)}, { signal: stop.signal });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanup.add({
    async close() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    },
  });
  return child;
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output');
  for await (const line of createInterface(child.stdout)) return line;
  throw new Error('the process ended without a line');
}

describe('a gateway as a process', () => {
  it('says ready once, finishes the turn in progress on SIGTERM and exits with 0', async () => {
    const vendor = cleanup.add(
      await startFaultServer({
        kind: 'stream',
        events: [chunkOf('one'), chunkOf(' two', 'stop')],
        ending: 'stall',
      }),
    );
    const child = spawnGateway({
      port: 0,
      logLevel: 'silent',
      drainMs: 400,
      providers: [{ kind: 'openai', name: 'vendor', baseUrl: vendor.baseUrl, model: 'm' }],
      timeouts: { connectMs: 300 },
    });
    const ready = JSON.parse(await firstLine(child));
    expect(ready).toMatchObject({
      event: 'ready',
      pid: child.pid,
      url: expect.stringMatching(/^http:\/\/127/),
    });
    const response = await fetch(`${ready.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content: 'x' }], stream: true }),
    });
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    // The vendor never ends its stream, so the drain runs out of patience: the client is told, not left hanging.
    const raw = await response.text();
    expect(raw).toContain(' two');
    expect(raw).toContain('gateway_draining');
    expect(await exited).toEqual([0, null]);
  });

  it('is ready within a second and exits at once when idle', async () => {
    const startedAtMs = performance.now();
    const child = spawnGateway({ port: 0, logLevel: 'silent' });
    await firstLine(child);
    // The design asks for 1 s on a free machine; shared test machines get three times that.
    expect(performance.now() - startedAtMs).toBeLessThan(3000);
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });
});
