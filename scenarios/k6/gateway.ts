import { check, fail } from 'k6';
import type { RefinedResponse } from 'k6/http';
import http from 'k6/http';

/** Base URL of the gateway: -e BASE_URL=http://127.0.0.1:8080, which is also where it listens by default. */
export const BASE_URL = (__ENV.BASE_URL ?? 'http://127.0.0.1:8080').replace(/\/+$/, '');
const MODEL = __ENV.MODEL ?? 'default';
/** An answer that takes longer than this has failed (-e TIMEOUT=20s). */
const TIMEOUT = __ENV.TIMEOUT ?? '20s';

const HEADERS = {
  'content-type': 'application/json',
  ...(__ENV.API_KEY === undefined ? {} : { authorization: `Bearer ${__ENV.API_KEY}` }),
};

const params = (name: string) => ({ headers: HEADERS, timeout: TIMEOUT, tags: { name } });

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

type Response = RefinedResponse<'text'>;

const bodyOf = (response: Response): string => (typeof response.body === 'string' ? response.body : '');

/** A number from the environment: -e NAME=12. */
export function numberFrom(name: string, otherwise: number): number {
  const text = __ENV[name];
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0)
    throw new Error(`${name}: expected a number from 0, got "${text}"`);
  return value;
}

/** GET /ready: 200 when a provider is up. */
export function checkReady(): void {
  const response = http.get(`${BASE_URL}/ready`, { timeout: TIMEOUT, tags: { name: 'ready' } });
  if (!check(response, { 'the gateway is ready': ({ status }) => status === 200 })) {
    fail(`${BASE_URL}/ready answers ${response.status}; start a gateway or set BASE_URL`);
  }
}

/** The text of a streamed completion, put together from its chunks. */
function textOfStream(body: string): string {
  return body
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => {
      const chunk = JSON.parse(line.slice(6)) as { choices?: { delta?: { content?: string } }[] };
      return chunk.choices?.[0]?.delta?.content ?? '';
    })
    .join('');
}

/**
 * One streamed chat completion; its text, or undefined where it was not whole. k6 reads the stream to its end, so
 * http_req_duration is the time of the whole answer and http_req_waiting that of its first byte, not of its first token.
 */
export function complete(messages: readonly Message[], maxTokens: number): string | undefined {
  const request = { model: MODEL, messages, max_tokens: maxTokens, stream: true };
  const response = http.post(
    `${BASE_URL}/v1/chat/completions`,
    JSON.stringify(request),
    params('completion'),
  );
  const isWhole = check(response, {
    'a completion is answered 200': ({ status }) => status === 200,
    'a completion is whole': (answer) => bodyOf(answer).includes('data: [DONE]'),
  });
  return isWhole ? textOfStream(bodyOf(response)) : undefined;
}

/** Opens an interaction of the dialog API; its id, or undefined where that failed. */
export function openInteraction(): string | undefined {
  const response = http.post(`${BASE_URL}/v1/interactions`, '{}', params('open'));
  const isOpen = check(response, {
    'an interaction is opened': ({ status }) => status === 200 || status === 201,
  });
  const id = isOpen ? response.json('interactionId') : undefined;
  return typeof id === 'string' ? id : undefined;
}

/** One turn of an interaction; whether it was answered. */
export function sendTurn(interactionId: string, messageId: string, text: string): boolean {
  const url = `${BASE_URL}/v1/interactions/${encodeURIComponent(interactionId)}/turns`;
  const response = http.post(url, JSON.stringify({ messageId, text, stream: false }), params('turn'));
  return check(response, { 'a turn is answered 200': ({ status }) => status === 200 });
}

/** What customers ask, written for this project. */
export const QUESTIONS = [
  'where is my parcel, it should have been here on Monday',
  'the invoice from last month shows a charge that I do not recognise',
  'my internet has been slow since yesterday evening',
  'can I change the delivery address of my order',
  'please tell me when someone will call me back',
  'thank you, can I pay in two parts',
] as const;

/** The question of a place in the list, which begins again after its end. */
export const questionAt = (place: number): string => QUESTIONS[place % QUESTIONS.length] ?? QUESTIONS[0];

/** Objectives that every script here holds; -e P95_MS=2000 and -e MAX_ERROR_RATIO=0.01 move them. */
export const thresholds = {
  http_req_failed: [`rate<=${numberFrom('MAX_ERROR_RATIO', 0.01)}`],
  'http_req_duration{expected_response:true}': [`p(95)<=${numberFrom('P95_MS', 2_000)}`],
};
