import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { GatewayConfigInput } from '../../../runtime/config.ts';
import { redisBinary, startRedis } from '../../support/redis.ts';
import { dumpRedis } from '../../support/redis-dump.ts';
import { chunkOf, startFaultServer } from '../support/fault-server.ts';
import { Cleanup, getJson, postJson, startTestGateway, until } from '../support/gateway-rig.ts';
import { startOtlpReceiver } from '../telemetry/otlp-receiver.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

/** What the customer writes, and what the model writes back. Each secret is looked for by itself. */
const CUSTOMER =
  'My name is Zoltan Kaczmarek, account number 48213377, card 4111 1111 1111 1111, call 07700 900142 or mail zk@kaczmarek.example';
const ANSWER = 'Dear Mr Kaczmarek, we pay to DE89 3704 0044 0532 0130 00 and ring +44 7700 900142.';
const SECRETS = [
  'Zoltan',
  'Kaczmarek',
  'kaczmarek',
  '48213377',
  '4111 1111',
  '4111111111111111',
  '7700 900142',
  'zk@',
  'DE89',
  '0532 0130',
  'oosterhout',
  '55120938',
  'C-1977-private',
];

const isFound = (haystack: string): string[] => SECRETS.filter((secret) => haystack.includes(secret));

async function startPlace(answerPieces: readonly string[] = ANSWER.split(/(?<= )/)) {
  const folder = mkdtempSync(join(tmpdir(), 'busyhour-privacy-'));
  cleanup.add({ close: async () => rmSync(folder, { recursive: true }) });
  const redis = await startRedis();
  cleanup.add({ close: () => redis.stop() });
  const receiver = cleanup.add(await startOtlpReceiver());
  const events = [...answerPieces.map((piece) => chunkOf(piece)), chunkOf('', 'stop'), '[DONE]'];
  const vendor = cleanup.add(await startFaultServer({ kind: 'stream', events, ending: 'end' }));
  const logs: string[] = [];
  const path = join(folder, 'history.sqlite');
  const start = (more: GatewayConfigInput = {}) =>
    startTestGateway(
      cleanup,
      {
        providers: [{ kind: 'openai', name: 'vendor', baseUrl: vendor.baseUrl, model: 'm' }],
        history: { kind: 'sqlite', path },
        contexts: { kind: 'redis' },
        lock: { kind: 'redis' },
        logLevel: 'debug',
        telemetry: { traces: { otlpUrl: receiver.url } },
        ...more,
      },
      {
        environment: { BUSYHOUR_REDIS_URL: redis.url },
        logDestination: { write: (line: string) => logs.push(line) },
      },
    );
  const files = () =>
    [path, `${path}-wal`, `${path}-shm`]
      .filter((file) => existsSync(file))
      .map((file) => readFileSync(file).toString('latin1'))
      .join('\n');
  return { start, files, logs, receiver, vendor, redisUrl: redis.url };
}

describe.skipIf(redisBinary() === undefined)('redaction in a running gateway (needs redis-server)', () => {
  it('keeps no personal data in SQLite’s bytes, in Redis, in logs or in spans; the client gets the answer whole', async () => {
    const place = await startPlace();
    const gateway = await place.start();
    const created = await postJson(gateway, '/v1/interactions', { customerId: 'C-1977-private' });
    const path = `/v1/interactions/${created.body.interactionId}`;
    const turn = { messageId: 'm-1', text: CUSTOMER };
    const first = await postJson(gateway, `${path}/turns`, turn);
    expect([first.status, first.body.text]).toEqual([200, ANSWER]);
    const known = {
      messageId: 'm-2',
      text: 'oosterhout wants it back',
      customerName: 'Bo van der Oosterhout',
    };
    expect((await postJson(gateway, `${path}/turns`, known)).status).toBe(200);
    await postJson(gateway, '/v1/chat/completions', { messages: [{ role: 'user', content: CUSTOMER }] });
    const escalated = await postJson(gateway, `${path}/escalate`, {
      reason: 'call Mr Kaczmarek on 07700 900142',
    });
    expect(escalated.status).toBe(200);
    await until(() => place.receiver.spans.length > 5, 'spans arriving', 10_000);
    expect(isFound(place.files())).toEqual([]);
    const redis = await dumpRedis(place.redisUrl);
    expect(redis.keys).toBeGreaterThan(0);
    expect(isFound(redis.text)).toEqual([]);
    expect(place.logs.length).toBeGreaterThan(3);
    expect(isFound(place.logs.join(''))).toEqual([]);
    expect(isFound(place.receiver.text())).toEqual([]);
    const view = await getJson(gateway, path);
    expect(view.body.turns[0].customerText).toBe(
      'My name is [name], account number [account], card [card], call [phone] or mail [email]',
    );
    expect(view.body.turns[0].answerText).toBe('Dear Mr [name], we pay to [iban] and ring [phone].');
    expect(view.body.turns[1].customerText).toBe('[name] wants it back');
  });

  it('keeps nothing in history, logs or spans of what a script asks for and a person takes over', async () => {
    const place = await startPlace();
    const folder = join(import.meta.dirname, '../../../scenarios/scripts/telecom-service-desk');
    const gateway = await place.start({ dialog: { scripts: { folder } } });
    const created = await postJson(gateway, '/v1/interactions', { customerId: 'C-1977-private' });
    const path = `/v1/interactions/${created.body.interactionId}/turns`;
    const texts = [
      'why is my bill so high this month',
      'my account number is NL734212',
      'this is Zoltan Kaczmarek, call me on 07700 900142, I want a human',
    ];
    for (const [index, text] of texts.entries()) {
      const turn = await postJson(gateway, path, { messageId: `m-${index}`, text });
      expect(turn.status).toBe(200);
    }
    await until(() => place.receiver.spans.length > 5, 'spans arriving', 10_000);
    const files = place.files();
    expect(files).toContain('[account]');
    expect([...isFound(files), ...(files.includes('NL734212') ? ['NL734212'] : [])]).toEqual([]);
    expect(isFound(place.logs.join('') + place.receiver.text())).toEqual([]);
    expect(place.logs.join('') + place.receiver.text()).not.toContain('NL734212');
  });

  it('keeps nothing of numbers that come in pieces: over turns, and in an answer cut inside its digits', async () => {
    const place = await startPlace(ANSWER.match(/.{1,3}/gs) ?? []);
    const gateway = await place.start();
    const created = await postJson(gateway, '/v1/interactions', {});
    const path = `/v1/interactions/${created.body.interactionId}`;
    const pieces = ['my card number is 5353 8247', '9104 6628', 'and the account 60914', '7725'];
    for (const [index, text] of pieces.entries()) {
      const turn = await postJson(gateway, `${path}/turns`, { messageId: `m-${index}`, text });
      expect([turn.status, turn.body.text]).toEqual([200, ANSWER]);
    }
    const again = await postJson(gateway, `${path}/turns`, { messageId: 'm-1', text: pieces[1] });
    expect([again.status, again.body.replayed]).toEqual([200, true]);
    await until(() => place.receiver.spans.length > 5, 'spans arriving', 10_000);
    const kept = [
      place.files(),
      (await dumpRedis(place.redisUrl)).text,
      place.logs.join(''),
      place.receiver.text(),
    ];
    const secrets = ['5353 8247', '9104 6628', '60914'];
    for (const text of kept) {
      expect([...isFound(text), ...secrets.filter((secret) => text.includes(secret))]).toEqual([]);
    }
    const view = await getJson(gateway, path);
    const texts = view.body.turns.map((turn: { customerText: string }) => turn.customerText);
    expect(texts).toEqual(['my card number is [card]', '[card]', 'and the account [account]', '[account]']);
  });

  it('the same places hold what was said where redaction is switched off, so the search would find it', async () => {
    const place = await startPlace();
    const gateway = await place.start({ privacy: { redact: false } });
    const created = await postJson(gateway, '/v1/interactions', {});
    const turn = { messageId: 'm-1', text: CUSTOMER };
    await postJson(gateway, `/v1/interactions/${created.body.interactionId}/turns`, turn);
    expect(isFound(place.files())).toContain('Kaczmarek');
    expect(isFound((await dumpRedis(place.redisUrl)).text)).toContain('Kaczmarek');
  });

  it.each([
    [true, '48213377'],
    [false, '[account]'],
  ])('with sendOriginalToProviders %s the model sees %s', async (sendOriginalToProviders, seen) => {
    const place = await startPlace();
    const gateway = await place.start({ privacy: { sendOriginalToProviders } });
    const created = await postJson(gateway, '/v1/interactions', {});
    const turn = { messageId: 'm-1', text: CUSTOMER };
    await postJson(gateway, `/v1/interactions/${created.body.interactionId}/turns`, turn);
    expect(place.vendor.lastRequest()).toContain(`account number ${seen}`);
  });

  it('keeps no part of a name that only the caller knew, also where the model or a reason says it', async () => {
    // Without the caller's word for it nothing tells that these are names.
    const place = await startPlace(['As oosterhout said,', ' bram, it is done.']);
    const gateway = await place.start();
    const created = await postJson(gateway, '/v1/interactions', {});
    const path = `/v1/interactions/${created.body.interactionId}`;
    const customerName = 'Bram van der Oosterhout';
    const turn = { messageId: 'm-1', text: 'is it done', customerName };
    expect((await postJson(gateway, `${path}/turns`, turn)).body.text).toContain('oosterhout');
    const human = { messageId: 'm-2', text: 'oosterhout wants a human please', customerName };
    expect((await postJson(gateway, `${path}/turns`, human)).body.handOver).toBeDefined();
    const { turns, handOver } = (await getJson(gateway, path)).body;
    expect(turns[0].answerText).toBe('As [name] said, [name], it is done.');
    expect(handOver.summary).toContain('[name] wants a human');
    const kept = place.files() + (await dumpRedis(place.redisUrl)).text + place.logs.join('');
    expect(kept).not.toMatch(/oosterhout|\bbram\b/i);
  });

  it('the reviewing model sees no more of a message than the answering one', async () => {
    const place = await startPlace(['APPROVED']);
    const dialog = { supervisor: { mode: 'before' as const, model: { enabled: true } } };
    for (const sendOriginalToProviders of [true, false]) {
      const gateway = await place.start({ dialog, privacy: { sendOriginalToProviders } });
      const created = await postJson(gateway, '/v1/interactions', {});
      const turn = { messageId: 'm-1', text: CUSTOMER };
      const path = `/v1/interactions/${created.body.interactionId}/turns`;
      expect((await postJson(gateway, path, turn)).status).toBe(200);
      const review = place.vendor.lastRequest();
      expect(review).toContain('Draft answer to review');
      expect(isFound(review).length > 0).toBe(sendOriginalToProviders);
    }
  });

  it('a repeated message is recognised in its redacted form, and another under its id is not', async () => {
    const place = await startPlace();
    const gateway = await place.start();
    const created = await postJson(gateway, '/v1/interactions', {});
    const path = `/v1/interactions/${created.body.interactionId}/turns`;
    await postJson(gateway, path, { messageId: 'm-1', text: 'hello' });
    const turn = { messageId: 'm-2', text: 'oosterhout, 07700 900142', customerName: 'Bo Oosterhout' };
    const first = await postJson(gateway, path, turn);
    const again = await postJson(gateway, path, turn);
    expect([first.body.replayed, again.status, again.body.replayed]).toEqual([false, 200, true]);
    const other = await postJson(gateway, path, { ...turn, text: 'something else' });
    expect(other.status).toBe(409);
  });
});
