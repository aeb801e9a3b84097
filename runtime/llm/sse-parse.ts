/** A line, or the lines of one event, longer than this are not an event of a chat completion. */
const MAX_LINE_CHARS = 1_048_576;

/** The stream is not server-sent events within bounds. */
export class SseSyntaxError extends Error {
  override readonly name = 'SseSyntaxError';
}

/** Text in, whole lines out; what is left waits for the next piece. */
class LineSplitter {
  readonly #decoder = new TextDecoder('utf-8', { fatal: false });
  #rest = '';

  push(chunk: Uint8Array): readonly string[] {
    // A CR at the very end may be half of a CRLF.
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MAX_LINE_CHARS) {
      throw new SseSyntaxError(`a line longer than ${MAX_LINE_CHARS} characters`);
    }
    return lines;
  }
}

/** Lines in; the data of an event out when its blank line comes. */
class EventAssembler {
  #data: string[] = [];
  #chars = 0;

  push(line: string): string | undefined {
    if (line.startsWith('data:')) this.#add(line.slice(line[5] === ' ' ? 6 : 5));
    if (line !== '' || this.#data.length === 0) return undefined;
    const data = this.#data.join('\n');
    this.#data = [];
    this.#chars = 0;
    return data;
  }

  #add(data: string): void {
    this.#data.push(data);
    this.#chars += data.length + 1;
    if (this.#chars > MAX_LINE_CHARS) {
      throw new SseSyntaxError(`an event longer than ${MAX_LINE_CHARS} characters`);
    }
  }
}

/**
 * The `data` of each server-sent event, as the WHATWG specification parses them: lines end in LF, CRLF or CR, several
 * data lines join with LF, comments and other fields are skipped, an event without its blank line is dropped.
 */
export async function* parseSse(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const splitter = new LineSplitter();
  const assembler = new EventAssembler();
  for await (const chunk of chunks) {
    for (const line of splitter.push(chunk)) {
      const data = assembler.push(line);
      if (data !== undefined) yield data;
    }
  }
}
