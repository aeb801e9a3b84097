import { createHash } from 'node:crypto';
import type { DestinationStream } from 'pino';
import type { GatewayConfigInput } from '../../../runtime/config.ts';
import { type RunningGateway, startGateway } from '../../../runtime/gateway/start-gateway.ts';
import { Cleanup, postJson } from '../support/gateway-rig.ts';
import { startTestInference } from '../support/inference.ts';

/** What no line, span or metric may hold: a key, and what customers say and are called. */
export const SECRETS = {
  key: 'sk-live-Qm9uam91cg-7f3a',
  name: 'Zaphod Beeblebrox',
  email: 'zaphod@heartofgold.example',
  card: '4111 1111 1111 1111',
  phone: '+44 20 7946 0958',
  customer: 'customer-0815-zb',
  vendorKey: 'vendor-secret-key-91',
} as const;

const { name, email, card, phone } = SECRETS;
export const QUESTION = `I am ${name}, ${email}, ${phone}. Why was ${card} charged twice?`;

export interface BusyGateway {
  readonly gateway: RunningGateway;
  /** One round of every kind of request. */
  serve(): Promise<void>;
  close(): Promise<void>;
}

export interface BusyOptions {
  readonly config?: GatewayConfigInput;
  readonly logDestination?: DestinationStream;
}

/** Long enough that a late round of the loop does not join all tokens of an answer. */
const STEP_MS = 5;
const POOR_KEY = 'sk-live-of-a-small-tenant';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const AUTHORIZED = { authorization: `Bearer ${SECRETS.key}` };

async function serveRound(gateway: RunningGateway): Promise<void> {
  const post = (path: string, body: unknown, headers = AUTHORIZED as Record<string, string>) =>
    postJson(gateway, path, body, headers);
  const messages = [{ role: 'user', content: QUESTION }];
  const chat = '/v1/chat/completions';
  // Two at once, of which one waits: the provider takes one.
  const asOne = { messages, max_tokens: 5, user: SECRETS.customer };
  await Promise.all([post(chat, asOne), post(chat, asOne)]);
  await post(chat, { messages, max_tokens: 5, temperature: 0 });
  await post(chat, { messages, max_tokens: 5, temperature: 0 });
  const stream = await fetch(gateway.url + chat, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...AUTHORIZED },
    body: JSON.stringify({ messages, max_tokens: 12, stream: true }),
  });
  await stream.text();
  await post(chat, { messages }, { authorization: `Bearer wrong-${SECRETS.key}` });
  const poor = { authorization: `Bearer ${POOR_KEY}` };
  for (let index = 0; index < 2; index++) await post(chat, { messages, max_tokens: 2 }, poor);
  await post(chat, { messages: QUESTION });
  await post(chat, `{"messages": "${QUESTION}`);
  await post(`/v1/${encodeURIComponent(SECRETS.email)}?q=${encodeURIComponent(SECRETS.name)}`, {});
  const created = await post('/v1/interactions', { customerId: SECRETS.customer });
  const path = `/v1/interactions/${created.body.interactionId}`;
  for (const messageId of ['m-1', 'm-2', 'm-2']) await post(`${path}/turns`, { messageId, text: QUESTION });
  await post(`${path}/escalate`, { reason: QUESTION });
  await post(`${path}/close`, { reason: QUESTION });
}

/** A real gateway with keys, a cache, a queue and a provider that is down, in front of a real inference server. */
export async function startBusyGateway({ config, logDestination }: BusyOptions = {}): Promise<BusyGateway> {
  const cleanup = new Cleanup();
  const inference = cleanup.add(await startTestInference({ stepMs: STEP_MS }));
  const gateway = await startGateway(
    {
      port: 0,
      logLevel: logDestination === undefined ? 'silent' : 'debug',
      tenants: [
        { name: 'care', keys: [sha256(SECRETS.key)], limits: { dailyBudgetUsd: 100 } },
        { name: 'poor', keys: [sha256(POOR_KEY)], limits: { requestsPerMin: 1 } },
      ],
      providers: [
        { kind: 'openai', name: 'down', baseUrl: 'http://127.0.0.1:9/v1', model: 'm', apiKeyEnv: 'VENDOR' },
        {
          kind: 'grpc',
          name: 'local',
          address: inference.address,
          queue: { maxConcurrent: 1, maxQueued: 8, maxWaitMs: 20_000 },
        },
        { kind: 'keyword', name: 'keyword' },
      ],
      cache: {},
      // Test and gateway share one event loop here, so its delay says nothing of the gateway.
      overload: { loopDelayTargetMs: 0 },
      ...config,
    },
    {
      environment: { VENDOR: SECRETS.vendorKey },
      ...(logDestination === undefined ? {} : { logDestination }),
    },
  );
  cleanup.add({ close: () => gateway.close(0) });
  return { gateway, serve: () => serveRound(gateway), close: () => cleanup.run() };
}
