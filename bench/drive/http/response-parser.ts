import { ChunkedBody } from './chunked-body.ts';
import { MalformedHttp, parseResponseHead, type ResponseHead } from './response-head.ts';

/** Told of one answer, in order. Bytes are only valid during the call: the buffer is read into again. */
export interface ResponseSink {
  onHead(head: ResponseHead): void;
  onBody(bytes: Buffer): void;
  onEnd(): void;
}

const MAX_HEAD_BYTES = 65_536;
const HEAD_END = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);

type State = 'head' | 'length' | 'chunked' | 'until-close' | 'ended';

/**
 * Reads one HTTP/1.1 answer at a time from bytes that may be cut anywhere. Strict: what RFC 9112 does not allow, or
 * leaves to the reader's mercy (bare line feeds, folded fields, two lengths, unknown codings), throws MalformedHttp.
 * Interim answers (1xx) are passed over, except 101, which nobody asked for.
 */
export class ResponseParser {
  readonly #sink: ResponseSink;
  readonly #chunked: ChunkedBody;
  #state: State = 'head';
  /** Bytes of a head that has not ended. */
  #kept = NOTHING;
  #leftBytes = 0;
  #isStopped = false;
  #lastHeadText = '';
  #lastHead: ResponseHead | undefined;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
    this.#chunked = new ChunkedBody((bytes) => sink.onBody(bytes));
  }

  /** True between answers: the next byte begins a head. */
  get isBetween(): boolean {
    return this.#state === 'ended' || (this.#state === 'head' && this.#kept.length === 0);
  }

  /** Makes ready for the next answer. */
  reset(): void {
    this.#state = 'head';
    this.#kept = NOTHING;
    this.#isStopped = false;
  }

  /** Nothing more is told of this answer, even of bytes that are being read. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Reads bytes; false when some came after the end of the answer, so that the connection cannot be trusted. */
  feed(bytes: Buffer): boolean {
    let at = 0;
    while (at < bytes.length && !this.#isStopped) {
      if (this.#state === 'ended') return false;
      at = this.#step(bytes, at);
    }
    return true;
  }

  /** The other side ended the connection. False when that was too early for the answer. */
  endOfInput(): boolean {
    if (this.#state === 'until-close') this.#end();
    return this.#state === 'ended';
  }

  #step(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes, at);
      case 'length': {
        const to = Math.min(bytes.length, at + this.#leftBytes);
        this.#leftBytes -= to - at;
        this.#sink.onBody(at === 0 && to === bytes.length ? bytes : bytes.subarray(at, to));
        if (this.#leftBytes === 0) this.#end();
        return to;
      }
      case 'chunked': {
        const to = this.#chunked.read(bytes, at, () => this.#isStopped);
        if (this.#chunked.isEnded) this.#end();
        return to;
      }
      case 'until-close':
        this.#sink.onBody(bytes.subarray(at));
        return bytes.length;
      case 'ended':
        return at;
    }
  }

  #end(): void {
    if (this.#isStopped) return;
    this.#state = 'ended';
    this.#sink.onEnd();
  }

  #readHead(bytes: Buffer, at: number): number {
    const from = this.#kept.length;
    const all = from === 0 ? bytes : Buffer.concat([this.#kept, bytes.subarray(at)]);
    const begin = from === 0 ? at : 0;
    const end = all.indexOf(HEAD_END, begin + Math.max(0, from - 3));
    if (end < 0) {
      checkHeadSoFar(all, begin);
      // A copy: the buffer belongs to the socket and is read into again.
      this.#kept = Buffer.from(all.subarray(begin));
      return bytes.length;
    }
    this.#kept = NOTHING;
    if (end - begin > MAX_HEAD_BYTES) throw new MalformedHttp('a head that is too long');
    this.#onHead(this.#parse(all.toString('latin1', begin, end)));
    return end + HEAD_END.length - (from === 0 ? 0 : from - at);
  }

  /** Servers send the same head again and again, but for the date that changes once a second. */
  #parse(text: string): ResponseHead {
    if (this.#lastHead !== undefined && text === this.#lastHeadText) return this.#lastHead;
    const head = parseResponseHead(text);
    this.#lastHeadText = text;
    this.#lastHead = head;
    return head;
  }

  #onHead(head: ResponseHead): void {
    if (head.status === 101) throw new MalformedHttp('a change of protocol that was not asked for');
    if (head.status < 200) return;
    const { framing } = head;
    this.#state = framing.kind;
    if (framing.kind === 'length') this.#leftBytes = framing.bytes;
    if (framing.kind === 'chunked') this.#chunked.reset();
    this.#sink.onHead(head);
    if (framing.kind === 'length' && framing.bytes === 0) this.#end();
  }
}

const START = 'HTTP/1.';

/** Garbage is told at once, not when the limits run out: the first bytes must be those of an answer, lines end in CRLF. */
function checkHeadSoFar(bytes: Buffer, from: number): void {
  const length = bytes.length - from;
  if (length > MAX_HEAD_BYTES) throw new MalformedHttp('a head that is too long');
  const start = bytes.toString('latin1', from, from + Math.min(length, START.length));
  if (!START.startsWith(start)) throw new MalformedHttp(`it begins with "${start}"`);
  for (let at = bytes.indexOf(0x0a, from); at >= 0; at = bytes.indexOf(0x0a, at + 1)) {
    if (bytes[at - 1] !== 0x0d) throw new MalformedHttp('a line that does not end in CRLF');
  }
}
