import OpenAI from 'openai';
import type { GatewayConfigInput } from '../../../runtime/config.ts';
import {
  type GatewayDependencies,
  type RunningGateway,
  startGateway,
} from '../../../runtime/gateway/start-gateway.ts';

interface Closable {
  close(): Promise<void>;
}

/** Closes what a test opened, last opened first. */
export class Cleanup {
  readonly #parts: Closable[] = [];

  add<T extends Closable>(part: T): T {
    this.#parts.push(part);
    return part;
  }

  async run(): Promise<void> {
    for (const part of this.#parts.splice(0).reverse()) await part.close();
  }
}

/** Tight limits, so that tests of time limits end soon. */
export const QUICK_TIMEOUTS = { connectMs: 500, firstTokenMs: 300, idleMs: 300, totalMs: 5000 };

/** A real gateway on a free port, closed by the cleanup without grace. */
export async function startTestGateway(
  cleanup: Cleanup,
  config: GatewayConfigInput,
  deps: GatewayDependencies = {},
): Promise<RunningGateway> {
  // Test and gateway share one event loop here, so its delay says nothing of the gateway.
  const overload = { loopDelayTargetMs: 0 };
  const gateway = await startGateway({ port: 0, logLevel: 'silent', overload, ...config }, deps);
  cleanup.add({ close: () => gateway.close(0) });
  return gateway;
}

/** The official client, as users set it up; without its own retries, so that each test sees the first answer. */
export const openAiClient = (gateway: RunningGateway, apiKey = 'none'): OpenAI =>
  new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries: 0 });

export interface JsonAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read bodies of many shapes
  readonly body: any;
}

/** Posts JSON and reads the whole answer as JSON. */
export async function postJson(
  gateway: RunningGateway,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<JsonAnswer> {
  const response = await fetch(gateway.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

export async function getJson(gateway: RunningGateway, path: string): Promise<JsonAnswer> {
  const response = await fetch(gateway.url + path);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Value of a metric without labels, or with exactly these label texts in order; 0 when it has no sample. */
export async function readMetric(gateway: RunningGateway, name: string): Promise<number> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}

/** Polls until the condition holds; fails by throwing after `limitMs`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  limitMs = 15_000,
): Promise<void> {
  const endAtMs = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > endAtMs) throw new Error(`${what} did not happen within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Every text under the given key, anywhere in a JSON value. */
export function findText(value: unknown, key: string): string[] {
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === key && typeof inner === 'string' ? [inner] : findText(inner, key),
  );
}
