import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FaultCode } from '../../vocabulary/faults.ts';
import { parseTraceparent } from './trace-context.ts';

/** What the line of one request says, beside how long it took. No path, header or body of the caller is among it. */
export interface RequestLine {
  readonly id: string;
  /** Of the trace that the request belongs to; absent where there is none. */
  readonly traceId?: string;
  readonly tenant?: string;
  readonly method: string;
  /** As the interface names it, `unknown` for any other path. */
  readonly route: string;
  readonly status: number;
  readonly outcome: 'ok' | FaultCode;
}

/** The fields of a request's log line. */
export function requestLine(request: FastifyRequest, reply: FastifyReply): RequestLine {
  const trace = request.span?.context ?? parseTraceparent(request.traceparent);
  const tenant = request.tenant?.name;
  return {
    id: request.id,
    ...(trace === undefined ? {} : { traceId: trace.traceId }),
    ...(tenant === undefined ? {} : { tenant }),
    method: request.method,
    route: request.routeOptions.url ?? 'unknown',
    status: reply.raw.statusCode,
    outcome: request.outcome,
  };
}
