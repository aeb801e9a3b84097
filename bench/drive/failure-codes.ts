import { isFaultCode } from '../../vocabulary/faults.ts';
import type { Outcome, RequestFailureCode } from '../../vocabulary/outcomes.ts';

export type SentOutcome = Exclude<Outcome, { readonly state: 'dropped' }>;

/** Socket and parser error codes of Node and undici, by what they mean to a client. */
const CODES: Readonly<Record<string, RequestFailureCode>> = {
  ECONNREFUSED: 'connect-refused',
  EHOSTUNREACH: 'connect-refused',
  ENETUNREACH: 'connect-refused',
  ECONNRESET: 'connection-reset',
  EPIPE: 'connection-reset',
  UND_ERR_SOCKET: 'connection-reset',
  UND_ERR_CLOSED: 'connection-reset',
  UND_ERR_DESTROYED: 'connection-reset',
  ENOTFOUND: 'dns-error',
  EPROTO: 'tls-error',
  UND_ERR_HEADERS_OVERFLOW: 'malformed-response',
};

/** Families of codes: of Node's TLS, of its certificate checks (X.509), of name resolution and of the HTTP parser. */
const FAMILIES: readonly (readonly [RegExp, RequestFailureCode])[] = [
  [/^ERR_(TLS|SSL)/, 'tls-error'],
  [/^(CERT|CRL|UNABLE_TO|ERROR_IN|SELF_SIGNED|DEPTH_ZERO|PATH_LENGTH)_/, 'tls-error'],
  [/^(INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH)$/, 'tls-error'],
  [/^EAI_/, 'dns-error'],
  [/^HPE_/, 'malformed-response'],
];

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : '';
}

/** The first cause that carries a code: undici and happy eyeballs wrap the one that matters. */
function innermostCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return innermostCode(error.errors[0]);
  const cause = error instanceof Error ? error.cause : undefined;
  return (cause === undefined ? '' : innermostCode(cause)) || codeOf(error);
}

function failureCode(code: string): RequestFailureCode {
  return CODES[code] ?? FAMILIES.find(([codes]) => codes.test(code))?.[1] ?? 'connection-reset';
}

/** What a transport error means. After a 200 has begun, a lost connection is a stream cut short. */
export function classifyTransportError(error: unknown, answerBegan: boolean): SentOutcome {
  const code = innermostCode(error);
  // ETIMEDOUT after the answer began comes from a dead established connection: that stream was cut.
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || (code === 'ETIMEDOUT' && !answerBegan))
    return { state: 'timed-out', phase: 'connect' };
  // undici's parser does not always give its errors a code; the name is there each time.
  const isNoHttp = error instanceof Error && error.name === 'HTTPParserError';
  const failure = isNoHttp ? 'malformed-response' : failureCode(code);
  const detail = error instanceof Error ? error.message : String(error);
  const cut = answerBegan && failure === 'connection-reset';
  return { state: 'failed', code: cut ? 'incomplete-stream' : failure, detail };
}

/** The server's own fault code in an error body of OpenAI's shape, when it is one of the closed list. */
function faultCodeOf(body: string): string | undefined {
  try {
    const code = (JSON.parse(body) as { error?: { code?: unknown } } | null)?.error?.code;
    return typeof code === 'string' && isFaultCode(code) ? code : undefined;
  } catch {
    // An error body that is not JSON says nothing more than its status.
    return undefined;
  }
}

function codeFromStatus(httpStatus: number): RequestFailureCode {
  if (httpStatus === 429) return 'http-rate-limited';
  if (httpStatus === 503) return 'http-overloaded';
  if (httpStatus >= 500) return 'http-server-error';
  return httpStatus >= 400 ? 'http-client-error' : 'malformed-response';
}

/** What an answer with a status other than 2xx means; redirects are not followed and count as malformed. */
export function classifyStatus(httpStatus: number, body: string): SentOutcome {
  const faultCode = faultCodeOf(body);
  return {
    state: 'failed',
    code: codeFromStatus(httpStatus),
    httpStatus,
    ...(faultCode === undefined ? {} : { faultCode }),
  };
}

/** What an error that arrives inside a stream means: the answer was cut short. */
export function classifyStreamError(payload: string): SentOutcome {
  const faultCode = faultCodeOf(payload);
  return {
    state: 'failed',
    code: 'incomplete-stream',
    ...(faultCode === undefined ? {} : { faultCode }),
    detail: 'the stream carried an error event',
  };
}
