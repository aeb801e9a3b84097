import { constants, type IncomingHttpHeaders } from 'node:http2';
import { status } from '@grpc/grpc-js';

/** How a call ended: the name of a gRPC status code, and what the far end or the connection said. */
export interface CallStatus {
  readonly name: string;
  readonly details: string;
}

/** From HTTP status codes, for answers of something that speaks no gRPC (gRPC's http-grpc-status-mapping.md). */
const STATUS_OF_HTTP: Readonly<Record<string, string>> = {
  400: 'INTERNAL',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'UNIMPLEMENTED',
  429: 'UNAVAILABLE',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'UNAVAILABLE',
};

/** From HTTP/2 error codes, for streams that were reset (gRPC's PROTOCOL-HTTP2.md, "Errors"). */
const STATUS_OF_RESET: Readonly<Record<number, string>> = {
  [constants.NGHTTP2_REFUSED_STREAM]: 'UNAVAILABLE',
  [constants.NGHTTP2_CANCEL]: 'CANCELLED',
  [constants.NGHTTP2_ENHANCE_YOUR_CALM]: 'RESOURCE_EXHAUSTED',
  [constants.NGHTTP2_INADEQUATE_SECURITY]: 'PERMISSION_DENIED',
};

const textOf = (value: string | readonly string[] | undefined): string => String(value ?? '');

/** grpc-message is percent-encoded; what is not is taken as it stands. */
function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}

/** The status in trailers, or in the headers of an answer without a message; undefined where there is none. */
export function statusFromHeaders(headers: IncomingHttpHeaders): CallStatus | undefined {
  const code = headers['grpc-status'];
  if (code === undefined) return undefined;
  const name = status[Number(textOf(code))] ?? 'UNKNOWN';
  return { name, details: decoded(textOf(headers['grpc-message'])) };
}

/** What an HTTP answer that is none of gRPC means; undefined for one that is. */
export function statusFromHttp(headers: IncomingHttpHeaders): CallStatus | undefined {
  const code = Number(headers[':status'] ?? 200);
  const kind = headers['content-type'];
  if (code !== 200)
    return {
      name: STATUS_OF_HTTP[code] ?? 'UNKNOWN',
      details: `the server answered with HTTP status ${code}`,
    };
  if (kind === undefined || kind.startsWith('application/grpc')) return undefined;
  return { name: 'UNKNOWN', details: `the server answered with ${kind}, which is not gRPC` };
}

/** What a stream that closed without a status means. */
export function statusFromReset(code: number | undefined): CallStatus {
  const name = STATUS_OF_RESET[code ?? 0] ?? 'INTERNAL';
  return { name, details: `the stream was closed with code ${code ?? 0} and no status` };
}
