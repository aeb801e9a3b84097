import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { FaultCode } from '../../vocabulary/faults.ts';
import { runInSpan, type Span, type Tracing } from './spans.ts';
import { formatTraceparent, parseTraceparent } from './trace-context.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of this request; undefined where nothing is traced. */
    span: Span | undefined;
    /** When the whole body had arrived (performance.now()): what follows is the gateway's own time. */
    bodyAtMs: number;
    /** What callees are told: this request's span, or the caller's own context where nothing is traced. */
    traceparent: string | undefined;
  }
}

const ROUTE_UNKNOWN = 'unknown';

function startServerSpan(tracing: Tracing, request: FastifyRequest): Span {
  const route = request.routeOptions.url ?? ROUTE_UNKNOWN;
  return tracing.startSpan(`${request.method} ${route}`, {
    kind: 'server',
    parent: parseTraceparent(request.headers.traceparent),
    // No path and no query: what a caller writes there may be anybody's name.
    attributes: {
      'http.request.method': request.method,
      'http.route': route,
      'url.scheme': request.protocol,
      'network.protocol.version': request.raw.httpVersion,
      'busyhour.request.id': request.id,
    },
  });
}

/** 4xx is the caller's failure, not the server's: it is named, and the span is not an error. */
export function endWithOutcome(span: Span, outcome: 'ok' | FaultCode): void {
  span.set({ 'busyhour.outcome': outcome });
  if (outcome.startsWith('provider_') || outcome.startsWith('gateway_')) span.fail(outcome);
  else if (outcome !== 'ok') span.set({ 'error.type': outcome });
  span.end();
}

/**
 * Gives each request its server span, child of the caller's where it sent a `traceparent`, and makes it the active one of the
 * handler. Without tracing it only reads the caller's context, so that callees still get it.
 */
export function addRequestTracing(app: FastifyInstance, tracing: Tracing | undefined): void {
  app.decorateRequest('span', undefined);
  app.decorateRequest('traceparent', undefined);
  if (tracing === undefined) {
    app.addHook('onRequest', (request, _reply, done) => {
      const context = parseTraceparent(request.headers.traceparent);
      if (context !== undefined) request.traceparent = formatTraceparent(context);
      done();
    });
    return;
  }
  app.addHook('onRequest', (request, reply, done) => {
    const span = startServerSpan(tracing, request);
    request.span = span;
    request.traceparent = span.traceparent;
    reply.raw.once('close', () => {
      span.set({ 'http.response.status_code': reply.raw.statusCode });
      endWithOutcome(span, request.outcome);
    });
    done();
  });
  // Here and not earlier: the body arrives in events of the socket, which belong to no request.
  app.addHook('preHandler', (request, _reply, done) => {
    if (request.span === undefined) done();
    else runInSpan(tracing, request.span, done);
  });
}
