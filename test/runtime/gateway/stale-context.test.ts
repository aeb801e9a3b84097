import { expect, it, onTestFinished } from 'vitest';
import { startGateway } from '../../../runtime/gateway/start-gateway.ts';
import type { DialogContext } from '../../../runtime/store/context-store.ts';
import { MemoryContextStore } from '../../../runtime/store/memory-context-store.ts';
import { systemClock } from '../../../vocabulary/clock.ts';

const TTL_MS = 60_000;

async function post(url: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

it('goes on where history is when the context is older: a process died between the row and the context', async () => {
  const contexts = new MemoryContextStore({ maxContexts: 10, clock: systemClock });
  const gateway = await startGateway({ port: 0, logLevel: 'silent' }, { contexts });
  onTestFinished(() => gateway.close(0));
  const created = await post(`${gateway.url}/v1/interactions`, {});
  const id = String(created.body.interactionId);
  const turn = (n: number) =>
    post(`${gateway.url}/v1/interactions/${id}/turns`, { messageId: `m-${n}`, text: `parcel ${n}` });

  expect(await turn(0)).toMatchObject({ status: 200, body: { turnIndex: 0 } });
  const older = (await contexts.get(id)) as DialogContext;
  expect(await turn(1)).toMatchObject({ status: 200, body: { turnIndex: 1 } });
  await contexts.set(older, TTL_MS);

  expect(await turn(2)).toMatchObject({ status: 200, body: { turnIndex: 2 } });
  const context = await contexts.get(id);
  const said = context?.messages.filter(({ role }) => role === 'user').map(({ content }) => content);
  expect(said).toEqual(['parcel 0', 'parcel 1', 'parcel 2']);
});
