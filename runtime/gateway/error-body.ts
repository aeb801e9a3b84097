import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { FAULTS } from '../../vocabulary/faults.ts';
import { formatPath, issuesFromZod } from '../../vocabulary/parse.ts';
import { sFromMs } from '../../vocabulary/units.ts';
import { createFault, type Fault, FaultError } from '../llm/fault.ts';

/** OpenAI's error shape; `code` is from the closed fault vocabulary. */
export const errorBodySchema = z.object({
  error: z.object({
    message: z.string(),
    type: z.enum(['invalid_request_error', 'authentication_error', 'rate_limit_error', 'server_error']),
    param: z.string().nullable(),
    code: z.string(),
  }),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;

/** Wait to suggest when the fault itself does not know one. */
const DEFAULT_RETRY_AFTER_MS = 1000;

function typeOf(fault: Fault): ErrorBody['error']['type'] {
  const { httpStatus } = FAULTS[fault.code];
  if (httpStatus === 401) return 'authentication_error';
  if (httpStatus === 429) return 'rate_limit_error';
  return httpStatus < 500 ? 'invalid_request_error' : 'server_error';
}

export const errorBodyFrom = (fault: Fault): ErrorBody => ({
  error: { message: fault.message, type: typeOf(fault), param: fault.param ?? null, code: fault.code },
});

/** `retry-after` in whole seconds on 429 and 503; `x-should-retry: false` where trying again cannot help. */
export function errorHeadersFrom(fault: Fault): Record<string, string> {
  const { httpStatus, retryable } = FAULTS[fault.code];
  const waits = httpStatus === 429 || httpStatus === 503 || fault.retryAfterMs !== undefined;
  const waitS = Math.max(1, Math.ceil(sFromMs(fault.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS)));
  return {
    ...(waits ? { 'retry-after': String(waitS) } : {}),
    ...(retryable ? {} : { 'x-should-retry': 'false' }),
  };
}

/** Sends a fault with its status and headers. */
export function sendFault(reply: FastifyReply, fault: Fault): FastifyReply {
  return reply
    .code(FAULTS[fault.code].httpStatus)
    .headers(errorHeadersFrom(fault))
    .send(errorBodyFrom(fault));
}

const UNKNOWN_FIELD = 'only known fields';
/** A request can hold a problem per byte; an answer should not be larger than the request. */
const MAX_SHOWN_ISSUES = 20;
const MAX_MESSAGE_CHARS = 2000;
const MAX_PARAM_CHARS = 100;

const shortened = (text: string): string =>
  text.length <= MAX_MESSAGE_CHARS ? text : `${text.slice(0, MAX_MESSAGE_CHARS)}…`;

/** Parses a request part; the message has its problems (the first 20), `param` the field of the first. */
export function parseRequest<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const { issues: all } = parsed.error;
  const issues = issuesFromZod(new z.ZodError(all.slice(0, MAX_SHOWN_ISSUES)), input);
  const sentences = issues.map((issue) =>
    issue.expected === UNKNOWN_FIELD
      ? `${issue.path}: unsupported ${issue.got}; ${issue.fix}`
      : `${issue.path}: expected ${issue.expected}, got ${issue.got}`,
  );
  const more = all.length > MAX_SHOWN_ISSUES ? ` And ${all.length - MAX_SHOWN_ISSUES} more.` : '';
  const message = `${shortened(sentences.join('. '))}.${more}`;
  const param = unknownField(parsed.error)?.slice(0, MAX_PARAM_CHARS) ?? issues[0]?.path ?? '(root)';
  throw new FaultError(createFault('caller_invalid_request', message, { param }));
}

function unknownField(error: z.ZodError): string | undefined {
  const issue = error.issues[0];
  if (issue?.code !== 'unrecognized_keys') return undefined;
  return formatPath([...issue.path, ...issue.keys.slice(0, 1)]);
}
