import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { Cleanup, startTestGateway } from '../support/gateway-rig.ts';

const cleanup = new Cleanup();
let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await startTestGateway(cleanup, {});
});
afterAll(() => cleanup.run());

const CHAT = '{"messages": [{"role": "user", "content": "hi"}]}';

async function post(body: string | Buffer<ArrayBuffer>, headers: Record<string, string> = {}) {
  const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const { error } = (await answer.json()) as { error?: { message: string; code: string } };
  return { status: answer.status, message: error?.message, code: error?.code };
}

describe('a body that cannot be read says why', () => {
  it.each([
    ['empty', '', /is empty; expected JSON/],
    ['cut', '{"messages": [', /not valid JSON: Unexpected end/],
    ['broken at a place', '{"messages"\n 1}', /not valid JSON: Expected ':' .*line 2 column 2/],
    ['not JSON at all', 'messages=1', /not valid JSON: Unexpected token 'm'/],
    ['reaching for a prototype', '{"__proto__": {}, "messages": []}', /key that is refused.*__proto__/],
  ])('%s', async (_what, body, message) => {
    expect(await post(body)).toMatchObject({
      status: 400,
      code: 'caller_invalid_request',
      message: expect.stringMatching(message),
    });
  });

  it('packed, which is no lack of JSON', async () => {
    const packed = Buffer.from(gzipSync(CHAT));
    expect(await post(packed, { 'content-encoding': 'gzip' })).toMatchObject({
      status: 415,
      code: 'caller_unsupported_media_type',
      message: expect.stringContaining('without content-encoding; got "gzip"'),
    });
    expect(await post(CHAT, { 'content-encoding': 'identity' })).toMatchObject({ status: 200 });
  });
});
