import pino, { type DestinationStream, type Logger } from 'pino';

export type { Logger } from 'pino';

/** Header and field names whose values never reach a log line. */
const SECRET_PATHS = ['req.headers.authorization', 'authorization', 'apiKey', 'headers.authorization'];

/** Lines that wait for a reader of standard error that does not read; what comes on top is dropped, not kept. */
const MAX_WAITING_LOG_BYTES = 4_194_304;

/**
 * Lines gather to this much, or for this long: a system call for each line costs a tenth of a short request. With the line that
 * fills it, it stays below the 4 KiB that a pipe takes whole, so that lines of several workers do not mix.
 */
const GATHERED_LOG_BYTES = 3072;
const LOG_FLUSH_MS = 100;

const MAX_CODE_CHARS = 64;
const MAX_CAUSES = 3;
const MAX_ERROR_CHARS = 2000;

/**
 * Of an error its name, code, message and stack, and nothing else that it carries: drivers hang the values of a query
 * and whole requests on theirs. Messages may quote what a caller sent, so personal data in them is replaced.
 */
function errorFields(
  error: unknown,
  redact: (text: string) => string,
  causes = MAX_CAUSES,
): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { message: redact(String(error).slice(0, MAX_ERROR_CHARS)) };
  const code = 'code' in error ? { code: String(error.code).slice(0, MAX_CODE_CHARS) } : {};
  const text = redact((error.stack ?? error.message).slice(0, MAX_ERROR_CHARS));
  const hasCause = error.cause !== undefined && causes > 0;
  const cause = hasCause ? { cause: errorFields(error.cause, redact, causes - 1) } : {};
  return {
    type: error.name,
    ...code,
    message: redact(error.message.slice(0, MAX_ERROR_CHARS)),
    stack: text,
    ...cause,
  };
}

/**
 * JSON logs to standard error (standard output belongs to the ready line). Message texts and secrets
 * are not logged at any level; personal data in errors is replaced by `redact`.
 */
export function createLogger(
  level: string,
  destination?: DestinationStream,
  redact: (text: string) => string = (text) => text,
): Logger {
  const options = {
    level,
    base: { service: 'gateway' },
    serializers: { err: (error: unknown) => errorFields(error, redact) },
    redact: { paths: SECRET_PATHS, censor: '[secret]' },
  };
  return pino(options, destination ?? standardError());
}

/** What has gathered is also written when the process ends by itself; after SIGKILL the last moments are missing. */
const standardError = (): DestinationStream =>
  pino.destination({
    dest: 2,
    sync: false,
    minLength: GATHERED_LOG_BYTES,
    periodicFlush: LOG_FLUSH_MS,
    maxLength: MAX_WAITING_LOG_BYTES,
  });
