import { ChunkedBody } from '../drive/http/chunked-body.ts';

/** One request as a ground-truth server needs it. */
export interface TruthRequest {
  /** Method and path without its query: `POST /plain`. */
  readonly route: string;
  readonly body: string;
  readonly isKeptAlive: boolean;
}

/** A request that cannot be read; the connection ends after the 400. */
export class BadRequest extends Error {}

interface Head {
  readonly route: string;
  readonly isKeptAlive: boolean;
  readonly bodyBytes: number | 'chunked';
}

const MAX_HEAD_BYTES = 16_384;
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const HEAD_END = '\r\n\r\n';
const REQUEST_LINE = /^([A-Z]+) (\/[^ ?]*)(?:\?[^ ]*)? HTTP\/1\.([01])\r\n/;

function parseHead(text: string): Head {
  const line = REQUEST_LINE.exec(`${text}\r\n`);
  if (line === null) throw new BadRequest(`no request line: "${text.slice(0, 40)}"`);
  const length = /\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*(?=\r\n|$)/i.exec(text)?.[1];
  const isChunked = /\r\ntransfer-encoding:[ \t]*chunked[ \t]*(?=\r\n|$)/i.test(text);
  if (isChunked && length !== undefined) throw new BadRequest('both content-length and transfer-encoding');
  const bodyBytes = isChunked ? 'chunked' : Number(length ?? 0);
  if (bodyBytes !== 'chunked' && bodyBytes > MAX_BODY_BYTES) throw new BadRequest('a body that is too large');
  const connection = /\r\nconnection:[ \t]*([^\r]*)/i.exec(text)?.[1]?.toLowerCase() ?? '';
  const isKeptAlive = line[3] === '1' ? !connection.includes('close') : connection.includes('keep-alive');
  return { route: `${line[1]} ${line[2]}`, isKeptAlive, bodyBytes };
}

const NOTHING = Buffer.alloc(0);

/** Cuts the bytes of one connection into requests; clients send the same head again and again, so the last is kept. */
export class RequestParser {
  #kept: Buffer = NOTHING;
  #lastText = '';
  #lastHead: Head | undefined;

  push(bytes: Buffer): void {
    this.#kept = this.#kept.length === 0 ? bytes : Buffer.concat([this.#kept, bytes]);
  }

  /** The next request that is there as a whole; undefined until it is. Throws BadRequest. */
  next(): TruthRequest | undefined {
    if (this.#kept.length === 0) return undefined;
    const end = this.#kept.indexOf(HEAD_END);
    if (end < 0) {
      if (this.#kept.length > MAX_HEAD_BYTES) throw new BadRequest('a head that is too long');
      return undefined;
    }
    const head = this.#head(this.#kept.toString('latin1', 0, end));
    const from = end + HEAD_END.length;
    return head.bodyBytes === 'chunked'
      ? this.#chunked(head, from)
      : this.#counted(head, from, head.bodyBytes);
  }

  #head(text: string): Head {
    if (this.#lastHead !== undefined && text === this.#lastText) return this.#lastHead;
    this.#lastHead = parseHead(text);
    this.#lastText = text;
    return this.#lastHead;
  }

  #counted({ route, isKeptAlive }: Head, from: number, bodyBytes: number): TruthRequest | undefined {
    const to = from + bodyBytes;
    if (this.#kept.length < to) return undefined;
    const body = bodyBytes === 0 ? '' : this.#kept.toString('utf8', from, to);
    this.#kept = to === this.#kept.length ? NOTHING : this.#kept.subarray(to);
    return { route, isKeptAlive, body };
  }

  /** Chunked bodies are rare from load generators: each try decodes from the start. */
  #chunked({ route, isKeptAlive }: Head, from: number): TruthRequest | undefined {
    const parts: Buffer[] = [];
    const decoder = new ChunkedBody((bytes) => parts.push(bytes));
    const to = decoder.read(this.#kept, from, () => false);
    if (!decoder.isEnded) {
      if (this.#kept.length > MAX_BODY_BYTES) throw new BadRequest('a body that is too large');
      return undefined;
    }
    const body = Buffer.concat(parts).toString('utf8');
    this.#kept = this.#kept.subarray(to);
    return { route, isKeptAlive, body };
  }
}
