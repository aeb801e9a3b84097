import { createHash } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import type { GatewayConfigInput } from '../../../runtime/config.ts';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { Cleanup, getJson, postJson, startTestGateway } from '../support/gateway-rig.ts';
import { startTestInference } from '../support/inference.ts';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

type Responses = Readonly<Record<string, { readonly description: string }>>;

interface Operation {
  readonly path: string;
  readonly method: string;
  readonly operationId: string;
  readonly responses: Responses;
}

async function operationsOf(gateway: RunningGateway): Promise<Operation[]> {
  const { paths } = (await getJson(gateway, '/openapi.json')).body;
  return Object.entries<Record<string, { operationId: string; responses: Responses }>>(paths).flatMap(
    ([path, item]) => Object.entries(item).map(([method, spec]) => ({ path, method, ...spec })),
  );
}

/** Codes that the document lists under a status of an operation. */
const documented = ({ responses }: Operation, status: number): string[] =>
  responses[status]?.description.split(', ') ?? [];

async function ask(gateway: RunningGateway, { path, method }: Operation, body: unknown, key?: string) {
  const headers = {
    'content-type': 'application/json',
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  };
  const answer = await fetch(gateway.url + path.replace('{id}', 'x'), {
    method: method.toUpperCase(),
    ...(method === 'get' ? { headers } : { headers, body: JSON.stringify(body) }),
  });
  const { error } = (await answer.json()) as { error?: { code: string } };
  return { status: answer.status, code: error?.code };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('the document says how', () => {
  it('strangers, addresses and keys without rights are refused, of every operation that asks who calls', async () => {
    const [here, elsewhere] = ['k'.repeat(32), 'o'.repeat(32)];
    const tenants = [
      { name: 'here', keys: [sha256(here)] },
      { name: 'elsewhere', keys: [sha256(elsewhere)], allowedIps: ['10.0.0.0/8'] },
    ];
    const gateway = await startTestGateway(cleanup, { tenants });
    const asking = (await operationsOf(gateway)).filter(({ path }) => path.startsWith('/v1/'));
    expect(asking.length).toBeGreaterThan(15);
    for (const operation of asking) {
      const refusals = [await ask(gateway, operation, {}), await ask(gateway, operation, {}, elsewhere)];
      if (operation.path.startsWith('/v1/admin/')) refusals.push(await ask(gateway, operation, {}, here));
      const codes = ['caller_unauthenticated', 'policy_ip_denied', 'caller_forbidden'];
      expect(refusals.map(({ code }) => code)).toEqual(codes.slice(0, refusals.length));
      for (const { status, code } of refusals) expect(documented(operation, status)).toContain(code);
    }
  });

  it.each([
    ['requestsPerMin', { requestsPerMin: 1 }, 'policy_rate_limited'],
    ['tokensPerMin', { tokensPerMin: 1 }, 'policy_request_too_large'],
    ['dailyBudgetUsd', { dailyBudgetUsd: 1e-9 }, 'policy_budget_exhausted'],
  ])('%s refuses completions and turns', async (_limit, limits, code) => {
    const inference = cleanup.add(await startTestInference());
    const price = { inputUsdPerMTok: 1000, outputUsdPerMTok: 1000 };
    const config: GatewayConfigInput = {
      providers: [{ kind: 'grpc', name: 'local', address: inference.address, price }],
      tenants: [{ name: 'limited', limits }],
    };
    const gateway = await startTestGateway(cleanup, config);
    const id = (await postJson(gateway, '/v1/interactions', {})).body.interactionId;
    const bodies: Record<string, (n: number) => unknown> = {
      createChatCompletion: () => ({ messages: [{ role: 'user', content: 'hello' }], max_tokens: 3 }),
      createTurn: (n) => ({ messageId: `m${n}`, text: 'hello' }),
    };
    for (const operation of await operationsOf(gateway)) {
      const bodyOf = bodies[operation.operationId];
      if (bodyOf === undefined) continue;
      const at = { ...operation, path: operation.path.replace('{id}', id) };
      await ask(gateway, at, bodyOf(1));
      const refused = await ask(gateway, at, bodyOf(2));
      expect(refused.code).toBe(code);
      expect(documented(operation, refused.status)).toContain(code);
    }
  });
});
