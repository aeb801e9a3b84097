import { Agent, request } from 'undici';
import { failed, ok, type Result } from '../../../vocabulary/errors.ts';

/** One HTTP request to a receiver of metrics. */
export interface Delivery {
  readonly method: 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** What goes with a delivery: credentials, and what cuts it short. */
export interface SendOptions {
  /** The whole `Authorization` header; never shown. */
  readonly authorization?: string;
  readonly signal?: AbortSignal;
}

const LIMIT_MS = 30_000;
const MAX_SHOWN = 300;

/** Sends once. Anything but a 2xx within 30 seconds fails as RECEIVER_REFUSED, with what the receiver said. */
export async function sendExport(delivery: Delivery, options: SendOptions = {}): Promise<Result<number>> {
  const { method, url, headers, body } = delivery;
  const agent = new Agent();
  try {
    const limit = AbortSignal.timeout(LIMIT_MS);
    const { authorization, signal } = options;
    const response = await request(url, {
      method,
      body,
      headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      dispatcher: agent,
    });
    const said = (await response.body.text()).trim().slice(0, MAX_SHOWN);
    if (response.statusCode >= 200 && response.statusCode < 300) return ok(response.statusCode);
    return failed(
      'RECEIVER_REFUSED',
      `${url} answered ${response.statusCode}${said === '' ? '' : `: ${said}`}`,
    );
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return failed('RECEIVER_REFUSED', `${url} does not answer: ${reason}`, { cause });
  } finally {
    await agent.close();
  }
}
