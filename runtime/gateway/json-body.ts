import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import '../telemetry/request-tracing.ts';
import { createFault, FaultError } from '../llm/fault.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MAX_SHOWN_CHARS = 40;
const OPENERS: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSERS: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** Position of the quote that ends the string begun before `from`, or the end of the bytes. */
function skipString(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}

/** Whether JSON text nests deeper than the limit; strings are skipped, validity is not checked. */
export function isTooDeep(bytes: Uint8Array, maxDepth: number): boolean {
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) at = skipString(bytes, at + 1);
    else if (OPENERS.has(byte)) depth++;
    else if (CLOSERS.has(byte)) depth--;
    if (depth > maxDepth) return true;
  }
  return false;
}

const invalid = (message: string): FaultError =>
  new FaultError(createFault('caller_invalid_request', message));

/**
 * Stands for a body that was read and cannot be taken. As an error of the parser it would cost its caller the connection,
 * and with it whatever was sent behind it.
 */
export class RefusedBody {
  readonly error: Error;
  constructor(error: Error) {
    this.error = error;
  }
}

/** The engine's words for where JSON text ceases to be JSON, which quote a few characters of it to who sent them. */
const placeOf = (error: unknown): string =>
  error instanceof Error ? error.message.replace(/ is not valid JSON$| in JSON\b/, '') : String(error);

/** Why a body could not be parsed. Parsing it again costs only those who send such. */
function refusalOf(text: string): FaultError {
  if (text === '') return invalid('The body is empty; expected JSON.');
  try {
    JSON.parse(text);
  } catch (error) {
    return invalid(`The body is not valid JSON: ${placeOf(error)}.`);
  }
  return invalid(
    'The body has a key that is refused wherever it stands: __proto__, or constructor.prototype.',
  );
}

const encoded = (encoding: string): FaultError =>
  new FaultError(
    createFault(
      'caller_unsupported_media_type',
      `The body must come as it is, without content-encoding; got ${JSON.stringify(encoding.slice(0, MAX_SHOWN_CHARS))}.`,
    ),
  );

/** JSON bodies only: not packed, valid UTF-8, bounded depth, no keys that reach a prototype. */
export function addJsonParser(app: FastifyInstance, maxDepth: number): void {
  app.decorateRequest('bodyAtMs', 0);
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, raw, done) => {
    request.bodyAtMs = performance.now();
    const bytes = Buffer.isBuffer(raw) ? raw : Buffer.from(raw);
    const refuse = (error: Error): void => done(null, new RefusedBody(error));
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') refuse(encoded(encoding));
    else if (!isUtf8(bytes)) refuse(invalid('The body is not valid UTF-8.'));
    else if (isTooDeep(bytes, maxDepth)) refuse(invalid(`The body nests deeper than ${maxDepth} levels.`));
    else {
      const text = bytes.toString('utf8');
      parse(request, text, (error, body) => (error ? refuse(refusalOf(text)) : done(null, body)));
    }
  });
}
