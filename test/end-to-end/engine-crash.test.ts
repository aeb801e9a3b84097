import { request } from 'undici';
import { expect, it, onTestFinished } from 'vitest';
import { startProcess } from '../../cli/processes.ts';
import { parseSse } from '../../runtime/llm/sse-parse.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { findFreePort } from '../support/server-process.ts';
import { scratchFolder } from './command.ts';
import { createReplica, type Replica } from './replica.ts';

const READY_MS = 20_000;

/** The simulated engine as a process of its own, on a fixed port so that it can come back. */
async function startEngine(port: number) {
  const args = ['inference', '--engine', 'simulated', '--port', String(port)];
  const engine = unwrap(
    await startProcess({ name: 'engine', args, readyTimeoutMs: READY_MS }, AbortSignal.timeout(READY_MS)),
  );
  onTestFinished(async () => {
    await engine.stop(0);
  });
  return engine;
}

async function startGateway(enginePort: number): Promise<Replica> {
  const replica = createReplica({
    folder: scratchFolder(),
    name: 'gateway',
    port: await findFreePort(),
    config: {
      providers: [
        { kind: 'grpc', name: 'local', address: `127.0.0.1:${enginePort}` },
        { kind: 'keyword', name: 'keyword' },
      ],
    },
  });
  await replica.start();
  return replica;
}

const ask = (url: string, body: Record<string, unknown>) =>
  request(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'Where is my parcel?' }], ...body }),
  });

/** Reads a stream and does something once the third piece of text has come. */
async function readStream(url: string, onThirdText: () => Promise<unknown>): Promise<string[]> {
  const response = await ask(url, { stream: true, max_tokens: 400, ignore_eos: true });
  expect(response.statusCode).toBe(200);
  const events: string[] = [];
  let harm: Promise<unknown> | undefined;
  for await (const data of parseSse(response.body)) {
    events.push(data);
    if (events.length === 4) harm = onThirdText();
  }
  await harm;
  return events;
}

it('ends a stream whose engine is killed as incomplete, answers from the next provider, and comes back', async () => {
  const port = await findFreePort();
  const engine = await startEngine(port);
  const gateway = await startGateway(port);

  const cut = await readStream(gateway.url, async () => process.kill(engine.pid, 'SIGKILL'));
  expect(cut).not.toContain('[DONE]');
  expect(cut.length).toBeLessThan(400);
  const [finish, error] = cut.slice(-2).map((data) => JSON.parse(data));
  expect(finish).toMatchObject({ outcome: 'incomplete', choices: [{ finish_reason: 'error' }] });
  expect(error).toMatchObject({ error: { code: expect.stringMatching(/^provider_/) } });

  const second = await ask(gateway.url, {});
  expect(second.headers['x-busyhour-provider']).toBe('keyword');
  expect(await second.body.json()).toMatchObject({ outcome: 'failed_over' });

  await startEngine(port);
  await expect
    .poll(
      async () => {
        const answer = await ask(gateway.url, { max_tokens: 4 });
        await answer.body.dump();
        return answer.headers['x-busyhour-provider'];
      },
      { timeout: 15_000, interval: 250 },
    )
    .toBe('local');

  const metrics = await (await request(`${gateway.url}/metrics`)).body.text();
  expect(metrics).toMatch(/busyhour_gateway_answers_total\{[^}]*outcome="incomplete"[^}]*\} 1\b/);
});
