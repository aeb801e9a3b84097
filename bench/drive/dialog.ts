import { z } from 'zod';
import { DialogStreamReader } from './dialog-stream.ts';
import type { Driver, DriverOptions, Exchange, TurnRequest } from './driver.ts';
import { createRequestHead, requestText } from './http/request-text.ts';
import type { HttpTransport } from './http/transport.ts';
import { exchangeHttp } from './http-exchange.ts';
import { createTransport, headersFor, splitUrl } from './http-pool.ts';
import { BodyReader } from './plain-http.ts';

const openedSchema = z.object({ interactionId: z.string().min(1) });

function idOf(body: string): string | undefined {
  try {
    return openedSchema.safeParse(JSON.parse(body)).data?.interactionId;
  } catch {
    // Not JSON: the caller reports the opening as malformed.
    return undefined;
  }
}

const failedToOpen = (opening: Exchange): Exchange =>
  opening.outcome.state === 'completed'
    ? {
        ...opening,
        outcome: { state: 'failed', code: 'malformed-response', detail: 'no interactionId in the answer' },
        text: '',
      }
    : { ...opening, text: '' };

/** The server keeps history, instructions and answer length, so only the customer's last message travels. */
const turnBody = (request: TurnRequest, messageId: string): string =>
  JSON.stringify({ messageId, text: request.messages.at(-1)?.content ?? '', stream: true });

/**
 * The gateway's dialog API: `POST /v1/interactions` once per interaction, then `POST …/{id}/turns` as a stream. The
 * opening belongs to the first turn's time, as a customer sees it.
 */
class DialogDriver implements Driver {
  readonly #options: DriverOptions;
  readonly #transport: HttpTransport;
  readonly #path: string;
  /** Interaction of ours → the server's id and turns sent. */
  readonly #open = new Map<string, { readonly id: string; turns: number }>();

  constructor(options: DriverOptions) {
    const { origin, basePath } = splitUrl(options.url);
    this.#options = options;
    this.#transport = createTransport(origin, options);
    this.#path = `${basePath}/v1/interactions`;
  }

  async send(request: TurnRequest, signal: AbortSignal): Promise<Exchange> {
    const known = this.#open.get(request.interactionId);
    if (known !== undefined) return this.#turn(request, known, signal);
    const opening = await exchangeHttp({
      transport: this.#transport,
      timeouts: this.#options.timeouts,
      text: this.#post(this.#path, 'application/json', '{}'),
      reader: new BodyReader(true),
      signal,
    });
    const id = idOf(opening.text);
    if (opening.outcome.state !== 'completed' || id === undefined) return failedToOpen(opening);
    const opened = { id, turns: 0 };
    this.#open.set(request.interactionId, opened);
    return { ...(await this.#turn(request, opened, signal)), sentAtMs: opening.sentAtMs };
  }

  #post(path: string, accept: string, body: string): string {
    const headers = headersFor(this.#options.apiKey, accept);
    return requestText(createRequestHead(this.#transport.origin, { method: 'POST', path, headers }), body);
  }

  #turn(
    request: TurnRequest,
    open: { readonly id: string; turns: number },
    signal: AbortSignal,
  ): Promise<Exchange> {
    const messageId = `m${open.turns++}`;
    // The last turn of an interaction needs no text for history: the driver can forget it then.
    if (!request.keepText) this.#open.delete(request.interactionId);
    return exchangeHttp({
      transport: this.#transport,
      timeouts: this.#options.timeouts,
      text: this.#post(
        `${this.#path}/${encodeURIComponent(open.id)}/turns`,
        'text/event-stream',
        turnBody(request, messageId),
      ),
      reader: new DialogStreamReader(request.keepText),
      signal,
    });
  }

  async close(): Promise<void> {
    this.#open.clear();
    this.#transport.close();
  }
}

export const createDialogDriver = (options: DriverOptions): Driver => new DialogDriver(options);
