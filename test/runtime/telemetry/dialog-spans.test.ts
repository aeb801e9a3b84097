import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { Cleanup, postJson, startTestGateway, until } from '../support/gateway-rig.ts';
import { SocketClient } from '../support/socket-client.ts';
import { type OtlpReceiver, startOtlpReceiver } from './otlp-receiver.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`;
const FOLDER = join(import.meta.dirname, '../../../scenarios/scripts/telecom-service-desk');
/** Nothing that the script of the desk has an answer to, so that the agent answers and the supervisor reviews. */
const OFF_SCRIPT = 'which of your parrots is purple';
const HTTP = 'POST /v1/interactions/:id/turns';
const SOCKET = 'SOCKET /v1/interactions/:id/socket';

let receiver: OtlpReceiver;
let gateway: RunningGateway;
let id = '';
beforeEach(async () => {
  receiver = cleanup.add(await startOtlpReceiver());
  gateway = await startTestGateway(cleanup, {
    dialog: { scripts: { folder: FOLDER }, supervisor: { mode: 'before' } },
    telemetry: { traces: { otlpUrl: receiver.url } },
  });
  id = (await postJson(gateway, '/v1/interactions', {})).body.interactionId;
});

/** The spans of one trace as `name < name of its parent`. */
async function tracedOf(last: string): Promise<string[]> {
  const ours = () => receiver.spans.filter(({ traceId }) => traceId === TRACE_ID);
  await until(() => ours().some(({ name }) => name === last), `the span ${last}`, 8000);
  const names = new Map(ours().map(({ spanId, name }) => [spanId, name]));
  return ours().map(({ name, parentSpanId }) => `${name} < ${names.get(parentSpanId ?? '') ?? 'the caller'}`);
}

it('script and supervisor are steps of the turn that a request asked for', async () => {
  const turn = { messageId: 'm', text: OFF_SCRIPT };
  const path = `/v1/interactions/${id}/turns`;
  expect((await postJson(gateway, path, turn, { traceparent: TRACEPARENT })).status).toBe(200);
  const spans = await tracedOf(HTTP);
  expect(spans).toEqual(
    expect.arrayContaining([
      `${HTTP} < the caller`,
      `turn < ${HTTP}`,
      'script < turn',
      'supervisor < turn',
      'store appendTurn < turn',
    ]),
  );
  expect(receiver.text()).not.toContain('parrot');
});

it('a turn of a socket has the same steps, under a server span in the trace of the upgrade', async () => {
  const client = cleanup.add(new SocketClient(gateway, id, { headers: { traceparent: TRACEPARENT } }));
  await client.until('hello');
  client.send({ type: 'turn', messageId: 'm', text: OFF_SCRIPT });
  await client.until('completed');
  const spans = await tracedOf(SOCKET);
  expect(spans).toEqual(
    expect.arrayContaining([
      `${SOCKET} < the caller`,
      `turn < ${SOCKET}`,
      'script < turn',
      'supervisor < turn',
      'store appendTurn < turn',
    ]),
  );
  expect(receiver.spans.find(({ name }) => name === SOCKET)?.kind).toBe(2);
});
