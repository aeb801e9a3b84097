import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { systemClock } from '../../../vocabulary/clock.ts';
import { Cleanup, getJson, postJson, readMetric, startTestGateway, until } from '../support/gateway-rig.ts';
import { startTestInference } from '../support/inference.ts';
import { SocketClient } from '../support/socket-client.ts';
import { startOtlpReceiver } from '../telemetry/otlp-receiver.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const ROUTE = '/v1/interactions/:id/socket';
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`;

const begin = async (gateway: RunningGateway, headers = {}): Promise<string> =>
  (await postJson(gateway, '/v1/interactions', {}, headers)).body.interactionId;
const join = (gateway: RunningGateway, id: string, headers: Record<string, string> = {}): SocketClient =>
  cleanup.add(new SocketClient(gateway, id, { headers }));

describe('a turn of a socket', () => {
  it('has a line in the log, a span in the trace of the upgrade, and its place in the metrics, as a request has', async () => {
    const inference = cleanup.add(await startTestInference({ stepMs: 1 }));
    const receiver = cleanup.add(await startOtlpReceiver());
    const lines: string[] = [];
    const gateway = await startTestGateway(
      cleanup,
      {
        logLevel: 'info',
        providers: [{ kind: 'grpc', name: 'local', address: inference.address }],
        telemetry: { traces: { otlpUrl: receiver.url } },
      },
      { logDestination: { write: (line: string) => void lines.push(line) } },
    );
    const client = join(gateway, await begin(gateway), { traceparent: TRACEPARENT });
    await client.until('hello');
    client.send({ type: 'turn', messageId: 'a', text: 'hello there' });
    await client.until('completed');
    client.send({ type: 'turn', messageId: 'a', text: 'other words' });
    await client.until('error');
    const turns = () => lines.map((line) => JSON.parse(line)).filter(({ route }) => route === ROUTE);
    await until(() => turns().length === 2, 'the lines');
    const [first, second] = turns();
    const known = { traceId: TRACE_ID, tenant: 'default', method: 'SOCKET', msg: 'request' };
    expect(first).toMatchObject({ ...known, outcome: 'ok' });
    expect(first.durationMs).toBeGreaterThan(0);
    expect(second).toMatchObject({ ...known, outcome: 'caller_conflict' });
    expect(lines.join()).not.toContain('hello there');
    const requests = (outcome: string) =>
      readMetric(gateway, `busyhour_gateway_requests_total{route="${ROUTE}",outcome="${outcome}"}`);
    expect(await requests('ok')).toBe(1);
    expect(await requests('caller_conflict')).toBe(1);
    expect(await readMetric(gateway, 'busyhour_gateway_first_token_seconds_count')).toBe(1);
    expect(await readMetric(gateway, 'busyhour_gateway_overhead_seconds_count')).toBe(1);
    const server = `SOCKET ${ROUTE}`;
    await until(
      () =>
        receiver.spans.filter(({ name }) => name === server).length === 2 &&
        receiver.spans.some(({ name }) => name === 'chat local'),
      'the spans',
      8000,
    );
    const [span] = receiver.spans.filter(({ name }) => name === server);
    expect(span).toMatchObject({
      traceId: TRACE_ID,
      parentSpanId: TRACEPARENT.slice(36, 52),
      kind: 2,
      attributes: { 'http.route': ROUTE, 'busyhour.request.id': first.id, 'busyhour.outcome': 'ok' },
    });
    const turn = receiver.spans.find(
      ({ name, parentSpanId }) => name === 'turn' && parentSpanId === span?.spanId,
    );
    const attempt = receiver.spans.find(({ name }) => name === 'chat local');
    expect(attempt).toMatchObject({ traceId: TRACE_ID, parentSpanId: turn?.spanId });
  });

  it('redacts the name that comes with it', async () => {
    const gateway = await startTestGateway(cleanup, {});
    const id = await begin(gateway);
    const client = join(gateway, id);
    await client.until('hello');
    const text = 'Zaphod wants a refund';
    client.send({ type: 'turn', messageId: 'a', text, customerName: 'Zaphod' });
    await client.until('completed');
    const [turn] = (await getJson(gateway, `/v1/interactions/${id}`)).body.turns;
    expect(turn.customerText).toMatch(/wants a refund/);
    expect(turn.customerText).not.toContain('Zaphod');
  });

  it('that hands over says so to every socket, and so does one over HTTP', async () => {
    const gateway = await startTestGateway(cleanup, {});
    for (const way of ['socket', 'http']) {
      const id = await begin(gateway);
      const client = join(gateway, id);
      await client.until('hello');
      const message = { messageId: 'a', text: 'I want to speak to a human' };
      if (way === 'socket') {
        client.send({ type: 'turn', ...message });
        const { turn } = await client.until('completed');
        expect(turn.handOver).toMatchObject({ trigger: 'customer_request' });
      } else await postJson(gateway, `/v1/interactions/${id}/turns`, message);
      expect(await client.until('state')).toMatchObject({
        state: 'handed-off',
        reason: 'customer_asked_for_person',
      });
    }
  });
});

it('the path of sockets says 426 without an upgrade, and 405 to other methods', async () => {
  const gateway = await startTestGateway(cleanup, {});
  const url = `${gateway.url}${ROUTE.replace(':id', await begin(gateway))}`;
  const answer = await fetch(url);
  expect([answer.status, answer.headers.get('upgrade')]).toEqual([426, 'websocket']);
  expect(await answer.json()).toMatchObject({
    error: { code: 'caller_upgrade_required', message: expect.stringContaining('WebSocket') },
  });
  const posted = await fetch(url, { method: 'POST' });
  expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

it('a socket ends when its key does', async () => {
  const sha256 = createHash('sha256').update('key').digest('hex');
  const expiresAt = new Date(systemClock.unixMs() + 1500).toISOString();
  const other = createHash('sha256').update('other').digest('hex');
  const gateway = await startTestGateway(cleanup, {
    tenants: [{ name: 'shop', keys: [{ sha256, expiresAt }, other] }],
    socket: { pingMs: 50 },
  });
  const authorization = { authorization: 'Bearer key' };
  const id = await begin(gateway, authorization);
  const expiring = join(gateway, id, authorization);
  const staying = join(gateway, id, { authorization: 'Bearer other' });
  await expiring.until('hello');
  await staying.until('hello');
  expect(await expiring.untilClosed()).toEqual({ code: 4401, reason: 'key_revoked' });
  staying.send({ type: 'ping' });
  await staying.until('pong');
  expect(await readMetric(gateway, 'busyhour_sockets_ended_total{reason="key_revoked"}')).toBe(1);
});
