import { MalformedHttp } from './http/response-head.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const BYTE_ORDER_MARK = '\ufeff';
/** A line longer than this is no event that anybody waits for. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** A field's value: all after the colon, less one space. */
const valueAfter = (line: string, from: number): string =>
  line.slice(line.charCodeAt(from) === SPACE ? from + 1 : from);

/**
 * Cuts a byte stream into server-sent events (WHATWG HTML, 9.2) and hands over each event's type and data, unparsed.
 * Comments, ids and retry times are skipped. Bytes may be split anywhere, inside a character too, and are only looked
 * at during the call. Whole lines are decoded at once, which costs a fraction of decoding each.
 * Lines end with LF or CRLF; a lone CR, which the standard also allows and no server sends, does not end one.
 */
export class SseScanner {
  /** Copies of the bytes of a line that has not ended. */
  #rest: Buffer[] = [];
  #restBytes = 0;
  #isFirstLine = true;
  #event = '';
  #data: string | undefined;
  readonly #onEvent: (data: string, event: string) => void;

  constructor(onEvent: (data: string, event: string) => void) {
    this.#onEvent = onEvent;
  }

  push(bytes: Buffer): void {
    const lastLineFeed = bytes.lastIndexOf(LINE_FEED);
    if (lastLineFeed < 0) {
      this.#keep(bytes);
      return;
    }
    this.#lines(this.#wholeLines(bytes, lastLineFeed + 1));
    if (lastLineFeed + 1 < bytes.length) this.#keep(bytes.subarray(lastLineFeed + 1));
  }

  /** True when bytes of an unfinished event are left: the stream was cut inside one. */
  get isMidEvent(): boolean {
    return this.#restBytes > 0 || this.#data !== undefined;
  }

  #keep(bytes: Buffer): void {
    this.#restBytes += bytes.length;
    if (this.#restBytes > MAX_LINE_BYTES) throw new MalformedHttp('a line that never ends');
    this.#rest.push(Buffer.from(bytes));
  }

  #wholeLines(bytes: Buffer, to: number): string {
    if (this.#restBytes === 0) return bytes.toString('utf8', 0, to);
    const text = Buffer.concat([...this.#rest, bytes.subarray(0, to)]).toString('utf8');
    this.#rest = [];
    this.#restBytes = 0;
    return text;
  }

  #lines(text: string): void {
    for (let start = 0; start < text.length; ) {
      const end = text.indexOf('\n', start);
      const stop = end > start && text.charCodeAt(end - 1) === CARRIAGE_RETURN ? end - 1 : end;
      if (start === stop) this.#dispatch();
      else if (text.charCodeAt(start) !== COLON) this.#line(text.slice(start, stop));
      else this.#isFirstLine = false;
      start = end + 1;
    }
  }

  #dispatch(): void {
    if (this.#data !== undefined) this.#onEvent(this.#data, this.#event);
    this.#data = undefined;
    this.#event = '';
  }

  #line(text: string): void {
    const line = this.#isFirstLine && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
    this.#isFirstLine = false;
    if (line.startsWith('data:') || line === 'data') {
      const data = valueAfter(line, 5);
      this.#data = this.#data === undefined ? data : `${this.#data}\n${data}`;
    } else if (line.startsWith('event:')) this.#event = valueAfter(line, 6);
  }
}
