import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { startTestInference } from '../runtime/support/inference.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';
import { eventually, scratchFolder } from './command.ts';

const STEP_MS = 40;

async function openInteraction(serve: ServeProcess): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${serve.url}/v1/interactions`, { method: 'POST', headers, body: '{}' });
  const created = (await response.json()) as { id?: string; interactionId?: string };
  return `${serve.url}/v1/interactions/${created.id ?? created.interactionId}`;
}

interface Stream {
  text(): string;
  /** `cut` when the connection broke before the stream ended. */
  readonly ended: Promise<'whole' | 'cut'>;
}

/** Sends a turn and reads its events as they come; resolves once the first token is there. */
async function streamTurn(interaction: string, messageId: string): Promise<Stream> {
  const response = await fetch(`${interaction}/turns`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messageId, text: 'Tell me everything about my parcel', stream: true }),
  });
  let text = '';
  const decoder = new TextDecoder();
  const read = async (): Promise<void> => {
    for await (const part of response.body ?? [])
      text += decoder.decode(part as Uint8Array, { stream: true });
  };
  const ended = read().then(
    () => 'whole' as const,
    () => 'cut' as const,
  );
  await eventually(() => text.includes('event: text'), 10_000);
  return { text: () => text, ended };
}

async function startSlowServe(path: string, env: Record<string, string> = {}): Promise<ServeProcess> {
  const inference = await startTestInference({ stepMs: STEP_MS });
  onTestFinished(() => inference.close());
  return startServe(['--inference', inference.address, '--no-keyword', '--history', path], env);
}

const storedIds = (path: string): unknown[] => {
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = database.prepare('select message_id from turns').all();
  database.close();
  return rows.map((row) => row.message_id);
};

/** What a new connection is told once the drain has begun: a refusal with its reason, or nobody listens any more. */
async function statusOfNewWork(serve: ServeProcess): Promise<number | 'refused'> {
  try {
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'hello' }] });
    const headers = { 'content-type': 'application/json', connection: 'close' };
    return (await fetch(`${serve.url}/v1/chat/completions`, { method: 'POST', headers, body })).status;
  } catch {
    return 'refused';
  }
}

it('ends a turn that was streaming when SIGTERM came, keeps its row, and takes no new work meanwhile', async () => {
  const path = join(scratchFolder(), 'history.sqlite');
  const serve = await startSlowServe(path);
  const interaction = await openInteraction(serve);
  const stream = await streamTurn(interaction, 'm-1');
  serve.kill('SIGTERM');
  await eventually(() => serve.stderr().includes('draining'), 5_000);
  expect(await statusOfNewWork(serve)).toBe(503);
  expect(await stream.ended).toBe('whole');
  expect(stream.text()).toContain('event: completed');
  expect(await serve.exited).toBe(0);
  expect(storedIds(path)).toEqual(['m-1']);
}, 60_000);

it('ends what takes longer than the patience of the drain, and says so to the client', async () => {
  const path = join(scratchFolder(), 'history.sqlite');
  const env = { BUSYHOUR_DRAIN_MS: '300', BUSYHOUR_DIALOG__MAX_OUTPUT_TOKENS: '1000' };
  const serve = await startSlowServe(path, env);
  const stream = await streamTurn(await openInteraction(serve), 'm-1');
  const toldAtMs = performance.now();
  serve.kill('SIGTERM');
  await stream.ended;
  expect(await serve.exited).toBe(0);
  expect(performance.now() - toldAtMs).toBeLessThan(5_000);
  expect(stream.text()).toContain('gateway_draining');
  expect(stream.text()).not.toContain('event: completed');
  expect(storedIds(path)).toEqual([]);
}, 60_000);

it('leaves at once on the second SIGTERM', async () => {
  const env = { BUSYHOUR_DIALOG__MAX_OUTPUT_TOKENS: '1000' };
  const serve = await startSlowServe(join(scratchFolder(), 'history.sqlite'), env);
  const stream = await streamTurn(await openInteraction(serve), 'm-1');
  serve.kill('SIGTERM');
  await eventually(() => serve.stderr().includes('draining'), 5_000);
  const toldAtMs = performance.now();
  serve.kill('SIGTERM');
  expect(await serve.exited).toBe(130);
  expect(performance.now() - toldAtMs).toBeLessThan(2_000);
  expect(await stream.ended).toBe('cut');
}, 60_000);
