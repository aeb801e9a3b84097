import { Agent, type Dispatcher, request as httpRequest } from 'undici';
import { z } from 'zod';
import { createFault, type Fault, FaultError } from './fault.ts';
import { readRateLimits } from './rate-limit-headers.ts';
import { parseRetryAfterMs } from './retry-after.ts';
import { exchange, type VendorResponse } from './vendor-stream.ts';

/** What a vendor's error body says, in the shape of OpenAI or of Anthropic. */
export interface VendorError {
  readonly message: string | undefined;
  /** OpenAI's `code`, Anthropic's `type`. */
  readonly code: string | undefined;
}

const errorSchema = z.object({
  error: z.object({
    message: z.string().nullish(),
    code: z.union([z.string(), z.number()]).nullish(),
    type: z.string().nullish(),
  }),
});

const MAX_ERROR_CHARS = 300;
const MAX_SHORT_BYTES = 262_144;

/** JSON, or undefined for what is none: the schema check that follows names the problem. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The vendor's own words, bounded. */
function readError(text: string): VendorError {
  const parsed = errorSchema.safeParse(parseJson(text));
  if (!parsed.success) return { message: undefined, code: undefined };
  const { message, code, type } = parsed.data.error;
  const name = code ?? type;
  return {
    message: message?.slice(0, MAX_ERROR_CHARS),
    code: name === undefined || name === null ? undefined : String(name),
  };
}

const CONTEXT_CODES: ReadonlySet<string> = new Set(['context_length_exceeded', 'caller_context_too_long']);
/** Anthropic has no code of its own for it. */
const CONTEXT_MESSAGE = /^prompt is too long/i;

/** Whether the vendor says that the prompt does not fit. */
export const isContextError = ({ code, message }: VendorError): boolean =>
  (code !== undefined && CONTEXT_CODES.has(code)) || CONTEXT_MESSAGE.test(message ?? '');

/** The fault that an HTTP status of a vendor means here. */
export function faultFromStatus(status: number, text: string, retryAfterMs: number | undefined): Fault {
  const error = readError(text);
  const words = `The provider answered ${status}${error.message === undefined ? '' : `: ${error.message}`}.`;
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (isContextError(error)) return createFault('caller_context_too_long', words);
  if (status === 429) return createFault('provider_rate_limited', words, wait);
  if (status === 503 || status === 529) return createFault('provider_overloaded', words, wait);
  return createFault(status >= 500 || status === 408 ? 'provider_error' : 'provider_rejected', words, wait);
}

const TIMEOUT_CODES: ReadonlySet<string> = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT']);
const CUT_CODES: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** The fault that a thrown thing means, before and after the body began. */
export function faultFromTransport(error: unknown, sawBody: boolean): Fault {
  if (error instanceof FaultError) return error.fault;
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (TIMEOUT_CODES.has(code)) return createFault('provider_timeout', message);
  if (sawBody) return createFault('provider_incomplete', message);
  return createFault(CUT_CODES.has(code) ? 'provider_error' : 'provider_unreachable', message || code);
}

/** The first value of a header. */
export const textOf = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header;

export interface VendorHttpOptions {
  readonly baseUrl: string;
  readonly connectMs: number;
  /** Sent with every request. */
  readonly headers: Record<string, string>;
}

/** HTTP to one vendor over connections of its own. Redirects are answers of the wrong status, never followed. */
export class VendorHttp {
  readonly #agent: Agent;
  readonly #baseUrl: string;
  readonly #origin: string;
  readonly #basePath: string;
  readonly #headers: Record<string, string>;

  constructor(options: VendorHttpOptions) {
    this.#baseUrl = options.baseUrl.replace(/\/+$/, '');
    const { origin, pathname } = new URL(this.#baseUrl);
    this.#origin = origin;
    this.#basePath = pathname.replace(/\/+$/, '');
    this.#headers = options.headers;
    // Time limits after connecting belong to the chain's watchdog, which aborts the signal.
    this.#agent = new Agent({ connect: { timeout: options.connectMs }, headersTimeout: 0, bodyTimeout: 0 });
  }

  /** Asks for a stream; throws FaultError for any status but 200. */
  async stream(
    path: string,
    body: unknown,
    options: { readonly signal: AbortSignal; readonly traceparent: string | undefined },
  ): Promise<VendorResponse> {
    const { signal, traceparent } = options;
    const response = await exchange({
      dispatcher: this.#agent,
      signal,
      options: {
        origin: this.#origin,
        path: `${this.#basePath}/${path}`,
        method: 'POST',
        headers: {
          ...this.#headers,
          ...(traceparent === undefined ? {} : { traceparent }),
          'content-type': 'application/json',
          accept: 'text/event-stream',
        },
        body: JSON.stringify(body),
      },
    });
    if (response.statusCode === 200) return response;
    const wait = waitOf(response.headers, Date.now());
    throw new FaultError(faultFromStatus(response.statusCode, await readShort(response.body), wait));
  }

  /** A short document by GET; throws FaultError for any status but 200. */
  async read(path: string, signal: AbortSignal): Promise<string> {
    const response = await httpRequest(`${this.#baseUrl}/${path}`, {
      dispatcher: this.#agent,
      signal,
      headers: this.#headers,
    });
    const text = await readShort(response.body);
    if (response.statusCode !== 200)
      throw new FaultError(faultFromStatus(response.statusCode, text, undefined));
    return text;
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

/** Retry-after in any of its forms; without one, the reset of a limit that the headers call used up. */
function waitOf(headers: Dispatcher.ResponseData['headers'], nowUnixMs: number): number | undefined {
  const ms = textOf(headers['retry-after-ms']);
  if (ms !== undefined && /^\d+(\.\d+)?$/.test(ms)) return Number(ms);
  const told = parseRetryAfterMs(textOf(headers['retry-after']), nowUnixMs);
  return told ?? readRateLimits(headers, nowUnixMs)?.exhaustedForMs;
}

/** A body that should be short, whole up to 256 KiB and cut there. */
async function readShort(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_SHORT_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, MAX_SHORT_BYTES);
}
