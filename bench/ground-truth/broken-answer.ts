import type { Socket } from 'node:net';
import { assertNever } from '../../vocabulary/errors.ts';
import { errorAnswer, STREAM_START, tokenChunk } from './answer-text.ts';
import type { ErrorKind } from './options.ts';

const EMPTY = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
/** Bytes that are no HTTP at all. */
const GARBAGE = '\u0000\u0001 this is not HTTP \u0007\r\n\r\n';
/** A whole answer that is no event stream and no JSON. */
const MALFORMED_BODY = 'data: <html>\n\n';
const MALFORMED = `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: ${MALFORMED_BODY.length}\r\n\r\n${MALFORMED_BODY}`;

/** Writes an answer that goes wrong. Returns whether the connection goes on. */
export function writeBroken(socket: Socket, kind: ErrorKind): boolean {
  switch (kind) {
    case '400':
    case '429':
    case '500':
    case '503':
      socket.write(errorAnswer(kind), 'latin1');
      return true;
    case 'empty':
      socket.write(EMPTY, 'latin1');
      return true;
    case 'malformed':
      socket.write(MALFORMED, 'latin1');
      return true;
    case 'garbage':
      socket.end(GARBAGE, 'latin1');
      return false;
    case 'reset':
      socket.resetAndDestroy();
      return false;
    case 'cut':
      socket.write(STREAM_START, 'latin1');
      socket.end(tokenChunk(1));
      return false;
    case 'silence':
      // The client's own limit ends it.
      return false;
    case 'stuck':
      socket.write(STREAM_START, 'latin1');
      socket.write(tokenChunk(1));
      return false;
    default:
      return assertNever(kind);
  }
}
