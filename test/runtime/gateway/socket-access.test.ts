import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { Cleanup, postJson, readMetric, startTestGateway, until } from '../support/gateway-rig.ts';
import { SocketClient } from '../support/socket-client.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const begin = async (gateway: RunningGateway, headers = {}): Promise<string> =>
  (await postJson(gateway, '/v1/interactions', {}, headers)).body.interactionId;

const join = (
  gateway: RunningGateway,
  id: string,
  options: ConstructorParameters<typeof SocketClient>[2] = {},
): SocketClient => cleanup.add(new SocketClient(gateway, id, options));

describe('who may have a socket', () => {
  const sha256 = (key: string) => createHash('sha256').update(key).digest('hex');
  const tenants = [
    { name: 'one', keys: [sha256('key-one')] },
    { name: 'two', keys: [sha256('key-two')] },
  ];

  it('a key in the header or among the protocols; no key 401, another tenant 404, another origin 403, too many 503', async () => {
    const gateway = await startTestGateway(cleanup, {
      tenants,
      socket: { maxSockets: 2 },
      edge: { allowedOrigins: ['https://shop.example'] },
    });
    const authorization = 'Bearer key-one';
    const id = await begin(gateway, { authorization });
    await join(gateway, id, { headers: { authorization } }).until('hello');
    const browser = join(gateway, id, {
      protocols: ['busyhour.v1', 'bearer.key-one'],
      headers: { origin: 'https://shop.example' },
    });
    await browser.until('hello');
    expect(browser.socket.protocol).toBe('busyhour.v1');
    const refusal = async (options: ConstructorParameters<typeof SocketClient>[2], path = id) => {
      const client = join(gateway, path, options);
      await until(() => client.refused !== undefined, 'a refusal');
      return [client.refused?.status, client.refused?.body.error.code];
    };
    expect(await refusal({})).toEqual([401, 'caller_unauthenticated']);
    expect(await refusal({ headers: { authorization, origin: 'https://evil.example' } })).toEqual([
      403,
      'caller_forbidden',
    ]);
    expect(await refusal({ headers: { authorization } })).toEqual([503, 'gateway_overloaded']);
    browser.socket.close();
    await browser.untilClosed();
    await until(async () => (await readMetric(gateway, 'busyhour_sockets')) === 1, 'a place');
    expect(await refusal({ headers: { authorization: 'Bearer key-two' } })).toEqual([
      404,
      'caller_not_found',
    ]);
    expect(await refusal({ headers: { authorization } }, 'unknown')).toEqual([404, 'caller_not_found']);
  });

  it('where sockets are off the path is 404', async () => {
    const gateway = await startTestGateway(cleanup, { socket: { enabled: false } });
    const client = join(gateway, await begin(gateway));
    await until(() => client.refused !== undefined, 'a refusal');
    expect(client.refused).toMatchObject({ status: 404, body: { error: { code: 'caller_not_found' } } });
  });
});
