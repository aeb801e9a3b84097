import { type DialogEndpoint, openInteraction, postText } from './dialog-opening.ts';
import { DialogStreamReader } from './dialog-stream.ts';
import type { Driver, DriverOptions, Exchange, TurnRequest } from './driver.ts';
import { exchangeHttp } from './http-exchange.ts';
import { createTransport, splitUrl } from './http-pool.ts';

/** The server keeps history, instructions and answer length, so only the customer's last message travels. */
const turnBody = (request: TurnRequest, messageId: string): string =>
  JSON.stringify({ messageId, text: request.messages.at(-1)?.content ?? '', stream: true });

/**
 * The gateway's dialog API: `POST /v1/interactions` once per interaction, then `POST …/{id}/turns` as a stream. The
 * opening belongs to the first turn's time, as a customer sees it.
 */
class DialogDriver implements Driver {
  readonly #endpoint: DialogEndpoint;
  /** Interaction of ours → the server's id and turns sent. */
  readonly #open = new Map<string, { readonly id: string; turns: number }>();

  constructor(options: DriverOptions) {
    const { origin, basePath } = splitUrl(options.url);
    const transport = createTransport(origin, options);
    this.#endpoint = { transport, options, path: `${basePath}/v1/interactions` };
  }

  async send(request: TurnRequest, signal: AbortSignal): Promise<Exchange> {
    const known = this.#open.get(request.interactionId);
    if (known !== undefined) return this.#turn(request, known, signal);
    const opening = await openInteraction(this.#endpoint, signal);
    if (opening.kind === 'failed') return opening.exchange;
    const opened = { id: opening.id, turns: 0 };
    this.#open.set(request.interactionId, opened);
    return { ...(await this.#turn(request, opened, signal)), sentAtMs: opening.sentAtMs };
  }

  #turn(
    request: TurnRequest,
    open: { readonly id: string; turns: number },
    signal: AbortSignal,
  ): Promise<Exchange> {
    const messageId = `m${open.turns++}`;
    // The last turn of an interaction needs no text for history: the driver can forget it then.
    if (!request.keepText) this.#open.delete(request.interactionId);
    const { transport, options, path } = this.#endpoint;
    const turnPath = `${path}/${encodeURIComponent(open.id)}/turns`;
    return exchangeHttp({
      transport,
      timeouts: options.timeouts,
      text: postText(this.#endpoint, turnPath, 'text/event-stream', turnBody(request, messageId)),
      reader: new DialogStreamReader(request.keepText),
      signal,
    });
  }

  async close(): Promise<void> {
    this.#open.clear();
    this.#endpoint.transport.close();
  }
}

export const createDialogDriver = (options: DriverOptions): Driver => new DialogDriver(options);
