/** A line longer than this is not an event of a chat completion. */
const MAX_LINE_CHARS = 1_048_576;

/** The stream is not server-sent events within bounds. */
export class SseSyntaxError extends Error {
  override readonly name = 'SseSyntaxError';
}

/**
 * The `data` of each server-sent event, as the WHATWG specification parses them: lines end in LF, CRLF or CR, several
 * data lines join with LF, comments and other fields are skipped, an event without its blank line is dropped.
 */
export async function* parseSse(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: false });
  let buffer = '';
  let data: string[] = [];
  for await (const chunk of chunks) {
    buffer += decoder.decode(chunk, { stream: true });
    // A CR at the very end may be half of a CRLF.
    const lines = buffer.split(/\r\n|\n|\r(?!$)/);
    buffer = lines.pop() ?? '';
    if (buffer.length > MAX_LINE_CHARS)
      throw new SseSyntaxError(`a line longer than ${MAX_LINE_CHARS} characters`);
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield data.join('\n');
        data = [];
      } else if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5));
    }
  }
}
