import { z } from 'zod';

/** The bytes of a ground-truth server's answers. */

const bodySchema = z.object({
  max_tokens: z.int().positive().nullish(),
  max_completion_tokens: z.int().positive().nullish(),
  stream: z.boolean().nullish(),
  messages: z.array(z.object({ content: z.unknown() })).nullish(),
});

/** What a completion request asks for. */
export interface Asked {
  readonly tokens: number | undefined;
  readonly inputWords: number;
  readonly isStream: boolean;
}

const wordsOf = (content: unknown): number => (typeof content === 'string' ? content.split(' ').length : 1);

/** Reads a chat completion request; undefined when it is none. */
export function parseAsked(text: string): Asked | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text === '' ? '{}' : text);
  } catch {
    return undefined;
  }
  const body = bodySchema.safeParse(value).data;
  if (body === undefined) return undefined;
  return {
    tokens: body.max_tokens ?? body.max_completion_tokens ?? undefined,
    inputWords: (body.messages ?? []).reduce((sum, { content }) => sum + wordsOf(content), 0),
    isStream: body.stream === true,
  };
}

const CHUNK_HEAD =
  '{"id":"truth","object":"chat.completion.chunk","created":0,"model":"ground-truth","choices":';

/** One chunk of the chunked coding. */
export const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

const event = (json: string): string => `data: ${json}\n\n`;

const FIRST = event(
  `${CHUNK_HEAD}[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}`,
);
const TOKEN = event(`${CHUNK_HEAD}[{"index":0,"delta":{"content":"word "},"finish_reason":null}]}`);

/** Head and first event of a stream: the role, which is no content. */
export const STREAM_START = `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n${chunk(FIRST)}`;

/** So many tokens, an event each, as one chunk of the coding. */
export const tokenChunk = (tokens: number): Buffer => Buffer.from(chunk(TOKEN.repeat(tokens)));

const TIMINGS =
  '{"queue_wait_ms":0,"prefill_ms":0,"decode_ms":0,"batch_sequences":1,"cached_prompt_tokens":0}';

const usageOf = (asked: Asked, tokens: number): string =>
  JSON.stringify({
    prompt_tokens: asked.inputWords,
    completion_tokens: tokens,
    total_tokens: asked.inputWords + tokens,
  });

/** What follows the last token: the finish, the account, the mark, and the end of the body. */
export function streamEnd(asked: Asked, tokens: number): string {
  const finish = event(`${CHUNK_HEAD}[{"index":0,"delta":{},"finish_reason":"length"}]}`);
  const account = event(`${CHUNK_HEAD}[],"usage":${usageOf(asked, tokens)},"timings":${TIMINGS}}`);
  return `${chunk(`${finish}${account}data: [DONE]\n\n`)}0\r\n\r\n`;
}

/** The whole answer of a request that wants no stream. */
export function wholeCompletion(asked: Asked, tokens: number): string {
  const text = 'word '.repeat(tokens);
  return `{"id":"truth","object":"chat.completion","created":0,"model":"ground-truth","choices":[{"index":0,"message":{"role":"assistant","content":"${text}"},"finish_reason":"length"}],"usage":${usageOf(asked, tokens)}}`;
}

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  404: 'Not Found',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** A JSON answer with its length. */
export const jsonAnswer = (status: number, json: string, fields = ''): string =>
  `HTTP/1.1 ${status} ${REASONS[status] ?? ''}\r\ncontent-type: application/json\r\n${fields}content-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`;

const FAULT_CODES: Readonly<Record<string, string>> = {
  '400': 'caller_invalid_request',
  '429': 'policy_rate_limited',
  '500': 'gateway_internal',
  '503': 'gateway_overloaded',
};

/** An answer with an error status, in OpenAI's shape. */
export const errorAnswer = (status: '400' | '429' | '500' | '503'): string =>
  jsonAnswer(
    Number(status),
    JSON.stringify({
      error: { message: 'an error on purpose', type: 'ground_truth', code: FAULT_CODES[status] },
    }),
  );
