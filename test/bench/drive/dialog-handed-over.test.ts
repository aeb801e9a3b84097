import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createDialogDriver } from '../../../bench/drive/dialog.ts';
import { startGateway } from '../../../runtime/gateway/start-gateway.ts';

const TIMEOUTS = { connectMs: 1000, firstTokenMs: 5000, idleMs: 5000, totalMs: 10_000 };

/** The real gateway before a vendor that takes requests and never answers. */
async function sendTurn(onAgentTimeout: boolean) {
  const vendor = createServer((request, response) => {
    if (request.method === 'GET') response.end('{"data": [{"id": "m"}]}');
  });
  await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}/v1`;
  const gateway = await startGateway({
    port: 0,
    logLevel: 'silent',
    providers: [{ kind: 'openai', name: 'vendor', baseUrl, model: 'm' }],
    timeouts: { connectMs: 500, firstTokenMs: 100, idleMs: 100, totalMs: 2000 },
    dialog: { escalation: { onAgentTimeout } },
  });
  const driver = createDialogDriver({ url: gateway.url, timeouts: TIMEOUTS, maxConnections: 1 });
  onTestFinished(async () => {
    await driver.close();
    await gateway.close(0);
    vendor.closeAllConnections();
    vendor.close();
  });
  const messages = [{ role: 'user', content: 'anyone there' }] as const;
  const request = {
    interactionId: 'i',
    messages,
    maxOutputTokens: 8,
    exactOutputTokens: false,
    keepText: false,
  };
  return (await driver.send(request, new AbortController().signal)).outcome;
}

it.each([true, false])(
  'a turn whose agent timed out is no success, whether it was handed over (%s) or answered with an error',
  async (onAgentTimeout) => {
    expect(await sendTurn(onAgentTimeout)).toMatchObject({
      state: 'failed',
      code: 'http-server-error',
      faultCode: 'provider_timeout',
    });
  },
);
