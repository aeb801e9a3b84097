import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import type { CompletionRequest, Provider, ProviderEvent } from '../../../runtime/llm/provider.ts';
import { Cleanup, getJson, postJson, startTestGateway, until } from '../support/gateway-rig.ts';
import { startTestInference } from '../support/inference.ts';

const cleanup = new Cleanup();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'busyhour-edges-'));
});
afterEach(async () => {
  await cleanup.run();
  rmSync(folder, { recursive: true });
});

const begin = async (gateway: RunningGateway): Promise<string> =>
  (await postJson(gateway, '/v1/interactions', {})).body.interactionId;

const turn = (gateway: RunningGateway, id: string, messageId: string, text: string) =>
  postJson(gateway, `/v1/interactions/${id}/turns`, { messageId, text });

/** A provider in this process that keeps each request; it counts three characters as one token. */
class RecordingProvider implements Provider {
  readonly name = 'recording';
  readonly kind = 'openai';
  readonly requests: CompletionRequest[] = [];

  async *complete(request: CompletionRequest): AsyncGenerator<ProviderEvent> {
    this.requests.push(request);
    const chars = request.messages.reduce((sum, { content }) => sum + content.length, 0);
    const last = request.messages.at(-1)?.content ?? '';
    yield { kind: 'text', text: `Answer to: ${last}`, tokens: 4 };
    const usage = { promptTokens: Math.ceil(chars / 3), cachedPromptTokens: 0, outputTokens: 4 };
    yield { kind: 'finish', reason: 'stop', usage };
  }

  probe = async () => ({ state: 'up' as const, models: ['m'] });
  close = async () => undefined;
}

describe('a context rebuilt from history', () => {
  it.each([100_000, 400, 900])(
    'asks exactly what the one in memory would have asked (window of %i tokens)',
    async (contextTokens) => {
      const history = { kind: 'sqlite' as const, path: join(folder, 'h.sqlite') };
      const config = { history, dialog: { contextTokens, maxOutputTokens: 50 } };
      const recordings = [new RecordingProvider(), new RecordingProvider()];
      const [steady, restarting] = recordings as [RecordingProvider, RecordingProvider];
      const start = (provider: Provider) => startTestGateway(cleanup, config, { providers: [provider] });
      const texts = Array.from(
        { length: 12 },
        (_, index) => `${index} ${'word '.repeat(5 + ((index * 7) % 40))}`,
      );
      const on = await start(steady);
      const id = await begin(on);
      for (const [index, text] of texts.entries()) {
        expect((await turn(on, id, `m${index}`, text)).status).toBe(200);
      }
      await cleanup.run();

      // The same conversation, with a restart before every turn.
      let at = await start(restarting);
      const other = await begin(at);
      for (const [index, text] of texts.entries()) {
        await cleanup.run();
        at = await start(restarting);
        expect((await turn(at, other, `m${index}`, text)).body.turnIndex).toBe(index);
      }
      const asked = (provider: RecordingProvider) => provider.requests.map(({ messages }) => messages);
      expect(asked(restarting)).toEqual(asked(steady));
      // The narrow windows did drop turns, so that this compares more than whole histories.
      const longest = asked(steady).at(-1)?.length;
      if (contextTokens === 100_000) expect(longest).toBe(2 + 2 * 11);
      else expect(longest).toBeLessThan(2 + 2 * 11);
    },
  );
});

describe('turns at once', () => {
  it('of one interaction are answered in the order of arrival, and those of others do not wait', async () => {
    const inference = cleanup.add(await startTestInference({ stepMs: 3 }));
    const gateway = await startTestGateway(cleanup, {
      providers: [{ kind: 'grpc', name: 'local', address: inference.address }],
      dialog: { maxOutputTokens: 20 },
    });
    const [id, other] = [await begin(gateway), await begin(gateway)];
    const running = [];
    for (let index = 0; index < 8; index++) {
      running.push(turn(gateway, id, `m${index}`, `message ${index}`));
      // One after another on the wire, all before the first is answered.
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
    const elsewhere = await turn(gateway, other, 'x', 'hello');
    expect(elsewhere.status).toBe(200);
    expect((await getJson(gateway, `/v1/interactions/${id}`)).body.turns.length).toBeLessThan(8);
    const answers = await Promise.all(running);
    expect(answers.map(({ body }) => [body.messageId, body.turnIndex])).toEqual(
      answers.map((_, index) => [`m${index}`, index]),
    );
  });

  it('more than may wait are refused with 503, and the ones in line are still answered', async () => {
    const inference = cleanup.add(await startTestInference({ stepMs: 5 }));
    const gateway = await startTestGateway(cleanup, {
      providers: [{ kind: 'grpc', name: 'local', address: inference.address }],
      dialog: { maxOutputTokens: 10, maxQueuedTurns: 2 },
    });
    const id = await begin(gateway);
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) => turn(gateway, id, `m${index}`, 'hello')),
    );
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([200, 200, 200, 503, 503, 503]);
    const refused = answers.find(({ status }) => status === 503);
    expect(refused?.body.error.code).toBe('gateway_overloaded');
    expect((await getJson(gateway, `/v1/interactions/${id}`)).body.turns).toHaveLength(3);
  });
});

describe('odd messages', () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ['empty', '', 400],
    ['one space', ' ', 200],
    ['as long as allowed', 'x'.repeat(100_000), 200],
    ['longer than allowed', 'x'.repeat(100_001), 400],
    ['with a NUL', 'a\0b', 200],
    ['outside the basic plane', '👩‍👩‍👧 𝕏', 200],
    ['right to left and combining', '\u202e\u0301שלום', 200],
    ['with line breaks and quotes', 'a\r\n\n"\'\\ data: x\n\nevent: y', 200],
    ['with half a surrogate pair', 'x\ud800y', 400],
  ];

  it.each(cases)('%s', async (_name, text, status) => {
    const history = { kind: 'sqlite' as const, path: join(folder, 'h.sqlite') };
    const gateway = await startTestGateway(cleanup, { history });
    const id = await begin(gateway);
    const first = await turn(gateway, id, 'm', text);
    expect(first.status).toBe(status);
    // Idempotent for every text that is taken: what was stored is what was sent.
    const again = await turn(gateway, id, 'm', text);
    expect(again.status).toBe(status);
    const { turns } = (await getJson(gateway, `/v1/interactions/${id}`)).body;
    if (status === 200) {
      expect(again.body).toMatchObject({ replayed: true, text: first.body.text });
      expect(turns[0].customerText).toBe(text);
    } else {
      expect(again.body.error).toMatchObject({ code: 'caller_invalid_request', param: 'text' });
      expect(turns).toEqual([]);
    }
  });

  it.each(['a/../b', '__proto__', 'm\0', ' ', '%2e%2e', "'; DROP TABLE turns; --"])(
    'message id %j is just an id',
    async (messageId) => {
      const gateway = await startTestGateway(cleanup, {});
      const id = await begin(gateway);
      const first = await turn(gateway, id, messageId, 'hello');
      expect(first.body).toMatchObject({ messageId, turnIndex: 0, replayed: false });
      expect((await turn(gateway, id, messageId, 'hello')).body.replayed).toBe(true);
      expect((await turn(gateway, id, `${messageId}x`, 'hello')).body.turnIndex).toBe(1);
    },
  );

  it.each(['..%2f..%2fetc%2fpasswd', '%00', '__proto__', 'a%20b', '%F0%9F%92%A9'])(
    'interaction id %s is not found on any route',
    async (id) => {
      const gateway = await startTestGateway(cleanup, {});
      const answers = await Promise.all([
        getJson(gateway, `/v1/interactions/${id}`),
        turn(gateway, id, 'm', 'x'),
        postJson(gateway, `/v1/interactions/${id}/close`, { reason: 'x' }),
        postJson(gateway, `/v1/interactions/${id}/escalate`, { reason: 'x' }),
      ]);
      for (const { status, body } of answers) {
        expect([status, body.error.code]).toEqual([404, 'caller_not_found']);
      }
    },
  );
});

describe('ends', () => {
  it.each([
    ['escalate', 'handed-off'],
    ['close', 'closed'],
  ])('a turn in line when its interaction is ended by %s is refused with 409', async (move, state) => {
    const inference = cleanup.add(await startTestInference({ stepMs: 5 }));
    const gateway = await startTestGateway(cleanup, {
      providers: [{ kind: 'grpc', name: 'local', address: inference.address }],
      dialog: { maxOutputTokens: 40 },
    });
    const id = await begin(gateway);
    const first = turn(gateway, id, 'm1', 'hello');
    await until(async () => (await inference.load()).runningRequests === 1, 'the first turn');
    const ending = postJson(gateway, `/v1/interactions/${id}/${move}`, { reason: 'done' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const late = await turn(gateway, id, 'm2', 'still there?');
    expect((await first).status).toBe(200);
    expect((await ending).body).toMatchObject({ state, reason: 'done' });
    expect(late).toMatchObject({ status: 409, body: { error: { code: 'caller_conflict' } } });
    // An answered turn stays readable by its id, whatever became of the interaction.
    expect((await turn(gateway, id, 'm1', 'hello')).body.replayed).toBe(true);
  });
});
