import { z } from 'zod';
import type { DriverOptions, Exchange } from './driver.ts';
import { createRequestHead, requestText } from './http/request-text.ts';
import type { HttpTransport } from './http/transport.ts';
import { exchangeHttp } from './http-exchange.ts';
import { headersFor } from './http-pool.ts';
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

/** The opening of an interaction as its first turn's exchange, when no turn could follow. */
const failedToOpen = (opening: Exchange): Exchange =>
  opening.outcome.state === 'completed'
    ? {
        ...opening,
        outcome: { state: 'failed', code: 'malformed-response', detail: 'no interactionId in the answer' },
        text: '',
      }
    : { ...opening, text: '' };

/** What came of opening an interaction: the server's id for it, or the exchange that its first turn ends with. */
export type Opening =
  | { readonly kind: 'opened'; readonly id: string; readonly sentAtMs: number }
  | { readonly kind: 'failed'; readonly exchange: Exchange };

export interface DialogEndpoint {
  readonly transport: HttpTransport;
  readonly options: DriverOptions;
  /** `/v1/interactions` under the target's base path. */
  readonly path: string;
}

/** The text of a `POST` with JSON. */
export function postText(
  { transport, options }: DialogEndpoint,
  path: string,
  accept: string,
  body: string,
): string {
  const headers = headersFor(options.apiKey, accept);
  return requestText(createRequestHead(transport.origin, { method: 'POST', path, headers }), body);
}

/** `POST /v1/interactions`. */
export async function openInteraction(endpoint: DialogEndpoint, signal: AbortSignal): Promise<Opening> {
  const exchange = await exchangeHttp({
    transport: endpoint.transport,
    timeouts: endpoint.options.timeouts,
    text: postText(endpoint, endpoint.path, 'application/json', '{}'),
    reader: new BodyReader(true),
    signal,
  });
  const id = idOf(exchange.text);
  return exchange.outcome.state === 'completed' && id !== undefined
    ? { kind: 'opened', id, sentAtMs: exchange.sentAtMs }
    : { kind: 'failed', exchange: failedToOpen(exchange) };
}
