/** Bytes that are no HTTP/1.1 answer. The code has the form of Node's own parser errors, so it is classified like them. */
export class MalformedHttp extends Error {
  readonly code: string;
  constructor(what: string) {
    super(`the answer is no HTTP/1.1: ${what}`);
    this.name = 'HTTPParserError';
    this.code = 'HPE_INVALID';
  }
}

/** How the body that follows a head is delimited (RFC 9112, 6.3). */
export type Framing =
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' };

export interface ResponseHead {
  readonly status: number;
  readonly framing: Framing;
  /** Whether the connection may carry another request. */
  readonly isKeptAlive: boolean;
  /** How long the server says that it keeps an idle connection; undefined where it does not say. */
  readonly keepAliveMs: number | undefined;
}

interface Fields {
  contentLength: string | undefined;
  transferEncoding: string | undefined;
  connection: string;
  keepAlive: string;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there.
const FORBIDDEN = /[\x00-\x08\x0a-\x1f\x7f]/;
const MS_PER_KEEP_ALIVE_UNIT = 1_000;

/** Of a repeated field the framing ones must not differ: two lengths are how answers are smuggled. */
function once(before: string | undefined, value: string, name: string): string {
  if (before !== undefined) throw new MalformedHttp(`${name} twice`);
  return value;
}

/** Takes in the few fields that say where the answer ends; lengths of names are told apart before letters are. */
function readField(fields: Fields, line: string): void {
  const colon = line.indexOf(':');
  const name = line.slice(0, colon);
  if (colon <= 0 || !TOKEN.test(name)) throw new MalformedHttp('a line that is no header field');
  const value = line.slice(colon + 1).trim();
  if (FORBIDDEN.test(value)) throw new MalformedHttp('a control character in a header field');
  if (colon !== 14 && colon !== 17 && colon !== 10) return;
  switch (name.toLowerCase()) {
    case 'content-length':
      fields.contentLength = once(fields.contentLength, value, 'content-length');
      break;
    case 'transfer-encoding':
      fields.transferEncoding = once(fields.transferEncoding, value, 'transfer-encoding');
      break;
    case 'connection':
      fields.connection += `,${value.toLowerCase()}`;
      break;
    case 'keep-alive':
      fields.keepAlive = value.toLowerCase();
      break;
  }
}

function lengthFrom(text: string): number {
  const bytes = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(bytes))
    throw new MalformedHttp(`content-length "${text}"`);
  return bytes;
}

function framingOf(status: number, fields: Fields): Framing {
  const { contentLength, transferEncoding } = fields;
  if (transferEncoding !== undefined && contentLength !== undefined) {
    throw new MalformedHttp('both transfer-encoding and content-length');
  }
  if (transferEncoding !== undefined && transferEncoding.toLowerCase() !== 'chunked') {
    throw new MalformedHttp(`transfer-encoding "${transferEncoding}"`);
  }
  const bytes = contentLength === undefined ? undefined : lengthFrom(contentLength);
  if (status < 200 || status === 204 || status === 304) return { kind: 'length', bytes: 0 };
  if (transferEncoding !== undefined) return { kind: 'chunked' };
  return bytes === undefined ? { kind: 'until-close' } : { kind: 'length', bytes };
}

const hasOption = (connection: string, option: string): boolean =>
  connection.split(',').some((part) => part.trim() === option);

/** Reads the text of a head, its last empty line left out. Throws MalformedHttp. */
export function parseResponseHead(text: string): ResponseHead {
  const [first = '', ...lines] = text.split('\r\n');
  const match = STATUS_LINE.exec(first);
  if (match === null) throw new MalformedHttp(`it begins with "${first.slice(0, 40)}"`);
  const status = Number(match[2]);
  const fields: Fields = {
    contentLength: undefined,
    transferEncoding: undefined,
    connection: '',
    keepAlive: '',
  };
  for (const line of lines) readField(fields, line);
  const framing = framingOf(status, fields);
  const isKeptByVersion = match[1] === '1' || hasOption(fields.connection, 'keep-alive');
  const seconds = /(?:^|[,\s])timeout=(\d{1,6})/.exec(fields.keepAlive)?.[1];
  return {
    status,
    framing,
    isKeptAlive: isKeptByVersion && !hasOption(fields.connection, 'close') && framing.kind !== 'until-close',
    keepAliveMs: seconds === undefined ? undefined : Number(seconds) * MS_PER_KEEP_ALIVE_UNIT,
  };
}
