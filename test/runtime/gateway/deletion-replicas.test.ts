import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hashCustomerId } from '../../../runtime/dialog/script/compile-script.ts';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { MemoryContextStore } from '../../../runtime/store/memory-context-store.ts';
import { openSqliteHistory } from '../../../runtime/store/sqlite-history-store.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { chunkOf, startFaultServer } from '../support/fault-server.ts';
import { Cleanup, getJson, postJson, startTestGateway, until } from '../support/gateway-rig.ts';
import { SocketClient } from '../support/socket-client.ts';

const cleanup = new Cleanup();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'busyhour-deletion-'));
});
afterEach(async () => {
  await cleanup.run();
  rmSync(folder, { recursive: true });
});

/** Two gateways that share nothing but their history, each with a working memory and a cache of its own. */
async function startReplicas() {
  const events = [chunkOf('noted'), chunkOf('', 'stop'), '[DONE]'];
  const vendor = cleanup.add(await startFaultServer({ kind: 'stream', events, ending: 'end' }));
  const path = join(folder, 'history.sqlite');
  const start = async () => {
    const contexts = new MemoryContextStore({ maxContexts: 100 });
    const gateway = await startTestGateway(
      cleanup,
      {
        providers: [{ kind: 'openai', name: 'vendor', baseUrl: vendor.baseUrl, model: 'm' }],
        history: { kind: 'sqlite', path },
        cache: { maxEntries: 10 },
        tenants: [{ name: 'default', keys: [], admin: true }],
        privacy: { forgetEveryMs: 100 },
      },
      { contexts },
    );
    return { gateway, contexts };
  };
  return { path, a: await start(), b: await start() };
}

const cacheEntries = async (gateway: RunningGateway): Promise<number> =>
  (await getJson(gateway, '/v1/admin/providers')).body.cache.entries;

const greedy = { temperature: 0, messages: [{ role: 'user', content: 'what did Ms Varga order?' }] };

/** A turn of hers at a gateway, over a socket, and a kept answer about her there. */
async function fill(
  { gateway, contexts }: Awaited<ReturnType<typeof startReplicas>>['a'],
  customerId: string,
) {
  const { body } = await postJson(gateway, '/v1/interactions', { customerId });
  const client = cleanup.add(new SocketClient(gateway, body.interactionId));
  const { lastEventId } = await client.until('hello');
  client.send({ type: 'turn', messageId: 'm', text: 'call me back' });
  await client.until('completed');
  await postJson(gateway, '/v1/chat/completions', greedy);
  expect(await contexts.get(body.interactionId)).toBeDefined();
  return { id: String(body.interactionId), lastEventId };
}

async function expectForgotten(
  { gateway, contexts }: Awaited<ReturnType<typeof startReplicas>>['a'],
  { id, lastEventId }: { readonly id: string; readonly lastEventId: number },
): Promise<void> {
  await until(async () => (await contexts.get(id)) === undefined, 'the context gone');
  await until(async () => (await cacheEntries(gateway)) === 0, 'kept answers gone');
  const back = cleanup.add(new SocketClient(gateway, id));
  await back.until('hello');
  back.send({ type: 'resume', lastEventId });
  // No event comes back: the state does, and history has no text of hers.
  expect((await back.until('resync')).turns).toMatchObject([{ customerText: '', answerText: '' }]);
  expect(back.of('text')).toEqual([]);
}

it('a deletion at one gateway empties the working memory, the socket events and the kept answers of the other', async () => {
  const { a, b } = await startReplicas();
  const [hers, alsoHers] = [await fill(a, 'c-17'), await fill(b, 'c-17')];
  const other = await fill(b, 'c-18');
  expect(await cacheEntries(b.gateway)).toBe(1);
  const { body } = await postJson(a.gateway, '/v1/admin/customers/delete', { customerId: 'c-17' });
  expect(body).toMatchObject({ interactions: 2, turns: 2 });
  await expectForgotten(a, hers);
  await expectForgotten(b, alsoHers);
  // Of somebody else nothing went but kept answers, of which nobody knows whose they are.
  expect(await b.contexts.get(other.id)).toBeDefined();
});

it('a deletion by the command line reaches gateways that run, each deletion once', async () => {
  const { path, a, b } = await startReplicas();
  const [hers, alsoHers] = [await fill(a, 'c-17'), await fill(b, 'c-17')];
  const command = unwrap(openSqliteHistory(path));
  const entry = { kind: 'customer_deleted', atUnixMs: Date.now(), tenant: '', decisions: [] } as const;
  await command.deleteCustomer(hashCustomerId('busyhour', 'c-17'), entry);
  await command.close();
  await expectForgotten(a, hers);
  await expectForgotten(b, alsoHers);
  // What is kept afterwards is not taken away by the same deletion again.
  await postJson(a.gateway, '/v1/chat/completions', greedy);
  await new Promise((resolve) => setTimeout(resolve, 350));
  expect(await cacheEntries(a.gateway)).toBe(1);
});
