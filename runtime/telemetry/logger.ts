import pino, { type DestinationStream, type Logger } from 'pino';

export type { Logger } from 'pino';

/** Header and field names whose values never reach a log line. */
const SECRET_PATHS = ['req.headers.authorization', 'authorization', 'apiKey', 'headers.authorization'];

/** Lines that wait for a reader of standard error that does not read; what comes on top is dropped, not kept. */
const MAX_WAITING_LOG_BYTES = 4_194_304;

/**
 * JSON logs to standard error (standard output belongs to the ready line). Message texts are not logged at info
 * level or above; secrets at none.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service: 'gateway' },
    redact: { paths: SECRET_PATHS, censor: '[secret]' },
  };
  return pino(
    options,
    destination ?? pino.destination({ dest: 2, sync: false, maxLength: MAX_WAITING_LOG_BYTES }),
  );
}
