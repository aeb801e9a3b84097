import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GatewayConfigInput } from '../../../runtime/config.ts';
import { parseSse } from '../../../runtime/llm/sse-parse.ts';
import type { HistoryStore } from '../../../runtime/store/history-store.ts';
import { openSqliteHistory } from '../../../runtime/store/sqlite-history-store.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { chunkOf } from '../support/fault-server.ts';
import { type Cleanup, getJson, postJson, QUICK_TIMEOUTS, startTestGateway } from '../support/gateway-rig.ts';

/** A vendor's server over a real socket that says what the test wants; it hangs where that is nothing. */
export class SpeakingVendor {
  readonly #server: Server;
  replies: () => string | undefined = () => undefined;

  private constructor() {
    this.#server = createServer((request, response) => {
      request.resume();
      if (request.method === 'GET') return void response.end('{"data": [{"id": "m"}]}');
      const text = this.replies();
      if (text === undefined) return;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const piece of text.match(/\S+\s*/g) ?? []) response.write(`data: ${chunkOf(piece)}\n\n`);
      response.write(`data: ${chunkOf('', 'stop')}\n\n`);
      response.end('data: [DONE]\n\n');
    });
  }

  static async start(): Promise<SpeakingVendor> {
    const vendor = new SpeakingVendor();
    await new Promise<void>((resolve) => vendor.#server.listen(0, '127.0.0.1', resolve));
    return vendor;
  }

  get provider() {
    const { port } = this.#server.address() as AddressInfo;
    const baseUrl = `http://127.0.0.1:${port}/v1`;
    return { kind: 'openai' as const, name: 'vendor', baseUrl, model: 'm' };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

export const memoryHistory = (): HistoryStore => unwrap(openSqliteHistory(':memory:'));

/** A gateway before the vendor, and one interaction to talk in. */
export async function startDialog(
  cleanup: Cleanup,
  vendor: SpeakingVendor,
  dialog: GatewayConfigInput['dialog'],
  history: HistoryStore = memoryHistory(),
) {
  const providers = [vendor.provider];
  const config = { providers, timeouts: QUICK_TIMEOUTS, dialog };
  const gateway = await startTestGateway(cleanup, config, { history });
  const id = (await postJson(gateway, '/v1/interactions', {})).body.interactionId;
  const say = (text: string, messageId = text) =>
    postJson(gateway, `/v1/interactions/${id}/turns`, { messageId, text });
  const stream = async (text: string) => {
    const response = await fetch(`${gateway.url}/v1/interactions/${id}/turns`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ messageId: text, text, stream: true }),
    });
    const events = [];
    if (response.body) for await (const data of parseSse(response.body)) events.push(JSON.parse(data));
    return events;
  };
  const state = async () => (await getJson(gateway, `/v1/interactions/${id}`)).body;
  return { gateway, say, stream, state };
}
