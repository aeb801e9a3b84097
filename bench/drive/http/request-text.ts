import { BusyhourError, createFailure } from '../../../vocabulary/errors.ts';
import type { Origin } from './origin.ts';

export interface RequestHead {
  readonly method: 'GET' | 'POST';
  /** Path and query, as they go on the wire. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Visible characters, spaces and tabs: anything else would end the field or the line early. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const PATH = /^\/[\x21-\x7e]*$/;

function checkedField(name: string, value: string): string {
  if (!FIELD_VALUE.test(value)) {
    throw new BusyhourError(
      createFailure(
        'USAGE',
        `the header ${name} has a character that HTTP does not allow, such as a line break`,
      ),
    );
  }
  return `${name}: ${value}\r\n`;
}

/**
 * The constant part of requests, up to the length of the body: made once, because it is the same for every request.
 * Throws BusyhourError for values that would break out of their line.
 */
export function createRequestHead(origin: Origin, { method, path, headers }: RequestHead): string {
  if (!PATH.test(path)) throw new BusyhourError(createFailure('USAGE', `no path of a URL: ${path}`));
  const fields = Object.entries(headers).map(([name, value]) => checkedField(name, value));
  return `${method} ${path} HTTP/1.1\r\nhost: ${origin.authority}\r\n${fields.join('')}content-length: `;
}

/** A whole request: its length counts the bytes of the body in UTF-8. */
export const requestText = (head: string, body: string): string =>
  `${head}${Buffer.byteLength(body)}\r\n\r\n${body}`;
