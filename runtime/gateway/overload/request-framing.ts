/** What a chunk of a connection's bytes holds, where each request says its length. */
export type Framed =
  /** A request begins here, and `bodyBytesLeft` of its body are still to come. */
  | { readonly kind: 'head'; readonly head: string; readonly bodyBytesLeft: number }
  /** Where requests begin and end can no longer be told without a parser. */
  | { readonly kind: 'opaque' };

const OPAQUE: Framed = { kind: 'opaque' };
const HEAD_END = '\r\n\r\n';
/** The fields that say where a body ends, or that something else than a request follows. */
const FRAMING_FIELDS =
  /\r\n(content-length|transfer-encoding|expect|upgrade|connection)[ \t]*:[ \t]*([^\r\n]*)/gi;
const LENGTH = /^\d{1,15}[ \t]*$/;

/** Bytes of the body by its content-length; undefined where another field, or two of them, decide about it. */
function bodyBytesOf(head: string): number | undefined {
  let bytes: number | undefined;
  for (const [, name = '', value = ''] of head.matchAll(FRAMING_FIELDS)) {
    if (name.length === 'connection'.length && name.toLowerCase() === 'connection') {
      if (!/^keep-alive[ \t]*$/i.test(value)) return undefined;
    } else if (name.toLowerCase() !== 'content-length' || bytes !== undefined || !LENGTH.test(value)) {
      return undefined;
    } else bytes = Number(value);
  }
  return bytes ?? 0;
}

/**
 * Reads the chunk that begins a request on a kept-alive connection. Whatever is not plain, whole in its head and alone in
 * its chunk is opaque: a wrong guess here would answer the middle of a body.
 */
export function frameRequest(chunk: Buffer): Framed {
  const headBytes = chunk.indexOf(HEAD_END);
  if (headBytes === -1) return OPAQUE;
  const head = chunk.toString('latin1', 0, headBytes + 2);
  if (!head.startsWith(' HTTP/1.1\r\n', head.indexOf('\r\n') - ' HTTP/1.1'.length)) return OPAQUE;
  const bodyBytes = bodyBytesOf(head);
  if (bodyBytes === undefined) return OPAQUE;
  const bodyBytesLeft = headBytes + HEAD_END.length + bodyBytes - chunk.length;
  return bodyBytesLeft < 0 ? OPAQUE : { kind: 'head', head, bodyBytesLeft };
}
