const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const BYTE_ORDER_MARK = '\ufeff';

/** A field's value: all after the colon, less one space. */
const valueAfter = (line: string, from: number): string =>
  line.slice(line.charCodeAt(from) === SPACE ? from + 1 : from);

/**
 * Cuts a byte stream into server-sent events (WHATWG HTML, 9.2) and hands over each event's type and data, unparsed.
 * Comments, ids and retry times are skipped. Bytes may be split anywhere, inside a character too.
 * Lines end with LF or CRLF; a lone CR, which the standard also allows and no server sends, does not end one.
 */
export class SseScanner {
  #rest: Buffer = Buffer.alloc(0);
  #isFirstLine = true;
  #event = '';
  #data: string | undefined;
  readonly #onEvent: (data: string, event: string) => void;

  constructor(onEvent: (data: string, event: string) => void) {
    this.#onEvent = onEvent;
  }

  push(bytes: Buffer): void {
    const buffer = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let start = 0;
    // What is left over from before holds no line feed.
    for (
      let end = buffer.indexOf(LINE_FEED, this.#rest.length);
      end >= 0;
      end = buffer.indexOf(LINE_FEED, start)
    ) {
      const stop = end > start && buffer[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
      this.#line(buffer, start, stop);
      start = end + 1;
    }
    this.#rest = start === buffer.length ? Buffer.alloc(0) : buffer.subarray(start);
  }

  /** True when bytes of an unfinished event are left: the stream was cut inside one. */
  get isMidEvent(): boolean {
    return this.#rest.length > 0 || this.#data !== undefined;
  }

  #line(buffer: Buffer, start: number, end: number): void {
    if (start === end) {
      if (this.#data !== undefined) this.#onEvent(this.#data, this.#event);
      this.#data = undefined;
      this.#event = '';
      return;
    }
    const text = buffer.toString('utf8', start, end);
    const line = this.#isFirstLine && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
    this.#isFirstLine = false;
    if (line.startsWith('data:') || line === 'data') {
      const data = valueAfter(line, 5);
      this.#data = this.#data === undefined ? data : `${this.#data}\n${data}`;
    } else if (line.startsWith('event:')) this.#event = valueAfter(line, 6);
  }
}
