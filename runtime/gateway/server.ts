import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type HTTPMethods,
} from 'fastify';
import { FAULTS, type FaultCode } from '../../vocabulary/faults.ts';
import { createFault, type Fault, FaultError } from '../llm/fault.ts';
import { listenerOptionsFrom, watchHandshakes } from '../operations/https.ts';
import { peerNameOf } from '../operations/peer.ts';
import type { ServerTls } from '../operations/tls.ts';
import { requestLine } from '../telemetry/request-line.ts';
import { addRequestTracing } from '../telemetry/request-tracing.ts';
import { DEFAULT_TENANT } from '../tenants/tenant-list.ts';
import { ADMIN_ROUTES } from './admin/admin-routes.ts';
import type { GatewayContext } from './context.ts';
import { addEdge, requestIdFrom } from './edge.ts';
import { errorBodyFrom, sendFault } from './error-body.ts';
import { addJsonParser, RefusedBody } from './json-body.ts';
import { createOpenApi } from './openapi.ts';
import { shedBeforeRouting } from './overload/connection-gate.ts';
import { changeOpenResponses, openResponsesOf } from './overload/open-responses.ts';
import type { RouteSpec } from './route-spec.ts';
import { openApiRoute, ROUTES } from './routes.ts';
import type { SocketHub } from './socket/hub.ts';
import { SOCKET_ROUTE } from './socket/observed-turn.ts';
import { addSockets, addUpgradeHint, isSocketUpgrade } from './socket/upgrade.ts';
import './request-scope.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Undefined where sockets are switched off. */
    sockets: SocketHub | undefined;
  }
}

const MAX_ID_CHARS = 128;
const KEEP_ALIVE_MS = 72_000;

/** Errors that the HTTP framework raises before a handler runs. */
const FAULT_OF_FRAMEWORK: Record<string, FaultCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'caller_body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'caller_unsupported_media_type',
  FST_ERR_NOT_FOUND: 'caller_not_found',
};

function faultFromRequestError(error: unknown): Fault {
  if (error instanceof FaultError) return error.fault;
  const { code, statusCode, message } = error as FastifyError;
  const known = FAULT_OF_FRAMEWORK[code];
  if (known !== undefined) return createFault(known);
  const isCallers = statusCode !== undefined && statusCode >= 400 && statusCode < 500;
  return isCallers ? createFault('caller_invalid_request', message) : createFault('gateway_internal');
}

function addRoute(app: FastifyInstance, context: GatewayContext, route: RouteSpec): void {
  app.route({
    method: route.method,
    url: route.path,
    // Before the body is read: who has no key makes the gateway neither buffer nor parse.
    onRequest: async (request) => {
      request.tenant = route.authenticated
        ? context.metrics.timed('auth', () => context.authenticate(request.headers.authorization, request.ip))
        : DEFAULT_TENANT;
      if (route.admin === true && !request.tenant.admin)
        throw new FaultError(createFault('caller_forbidden', 'This key may not administer.'));
    },
    handler: (request, reply) => {
      if (request.body instanceof RefusedBody) throw request.body.error;
      return route.handle(context, request, reply);
    },
  });
}

/** The paths of the interface answer any other method with 405. */
function addMethodRefusals(
  app: FastifyInstance,
  routes: readonly Pick<RouteSpec, 'path' | 'method'>[],
): void {
  const methodsOf = new Map<string, Set<string>>();
  for (const { path, method } of routes) {
    methodsOf.set(path, (methodsOf.get(path) ?? new Set()).add(method));
  }
  for (const [url, methods] of methodsOf) {
    if (methods.has('GET')) methods.add('HEAD');
    const others = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].filter(
      (method) => !methods.has(method),
    );
    app.route({
      method: others as HTTPMethods[],
      url,
      // Answered before the body is parsed, so that a wrong method is never reported as a wrong body.
      onRequest: async (_request, reply) => {
        reply.header('allow', [...methods].join(', '));
        throw new FaultError(createFault('caller_method_not_allowed'));
      },
      handler: async () => undefined,
    });
  }
}

function recordEnd(
  { clock, metrics, logger }: GatewayContext,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  // A client that leaves ends the response before the handler has come round to noticing.
  if (request.outcome === 'ok' && !reply.raw.writableFinished) request.outcome = 'caller_disconnected';
  const route = request.routeOptions.url ?? 'unknown';
  const durationMs = clock.nowMs() - request.startedAtMs;
  metrics.requestEnded(route, request.outcome, durationMs);
  const client = peerNameOf(request.raw.socket);
  logger.info({ ...requestLine(request, reply), ...(client && { client }), durationMs }, 'request');
}

function addHooks(app: FastifyInstance, context: GatewayContext): void {
  const { clock, logger } = context;
  app.decorateRequest('startedAtMs', 0);
  app.decorateRequest('outcome', 'ok');
  app.decorateRequest('tenant');
  app.addHook('onRequest', async (request, reply) => {
    request.startedAtMs = clock.nowMs();
    changeOpenResponses(request.raw.socket, 1);
    // `close` comes after every response, also after one that its client did not wait for.
    reply.raw.once('close', () => {
      changeOpenResponses(request.raw.socket, -1);
      recordEnd(context, request, reply);
    });
  });
  app.setErrorHandler((error, request, reply) => {
    const fault = faultFromRequestError(error);
    request.outcome = fault.code;
    if (fault.code === 'gateway_internal') logger.error({ err: error, id: request.id }, 'defect');
    if (context.admission.draining) reply.header('connection', 'close');
    return sendFault(reply, fault);
  });
  app.setNotFoundHandler((request, reply) => {
    request.outcome = 'caller_not_found';
    return sendFault(reply, createFault('caller_not_found', 'There is no such path.'));
  });
}

/** What the HTTP parser refuses, and how that is said; any other code is bytes that are not HTTP. */
const REFUSALS: Record<string, { readonly line: string; readonly fault: Fault }> = {
  HPE_HEADER_OVERFLOW: {
    line: '431 Request Header Fields Too Large',
    fault: createFault('caller_body_too_large', 'The request head is too large.'),
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    line: '408 Request Timeout',
    fault: createFault('caller_invalid_request', 'The request did not arrive in time.'),
  },
};
const NOT_HTTP = {
  line: `${FAULTS.caller_invalid_request.httpStatus} Bad Request`,
  fault: createFault('caller_invalid_request', 'The bytes received are not an HTTP request.'),
};

/** Bytes that are not HTTP get the same error shape, on a connection that is then closed. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  // An answer under way owns the connection: a second head inside its body would pass for its text.
  if (openResponsesOf(socket) > 0) {
    socket.destroy();
    return;
  }
  const { line, fault } = REFUSALS[error.code ?? ''] ?? NOT_HTTP;
  const body = JSON.stringify(errorBodyFrom(fault));
  socket.end(
    `HTTP/1.1 ${line}\r\nconnection: close\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** The HTTP server with every route, not yet listening. */
export function createServer(context: GatewayContext, tls?: ServerTls): FastifyInstance {
  const { edge, bodyLimitBytes, admin, socket } = context.config;
  const app = Fastify({
    bodyLimit: bodyLimitBytes,
    // Head and body; a client slower than this is cut off.
    requestTimeout: edge.requestMs,
    trustProxy: edge.trustedProxies.length === 0 ? false : [...edge.trustedProxies],
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: MAX_ID_CHARS },
    ...listenerOptionsFrom(tls, edge.maxHeaderBytes, socket.enabled ? isSocketUpgrade : () => false),
    logger: false,
    genReqId: (raw) => requestIdFrom(raw as IncomingMessage, context.newId),
    clientErrorHandler: refuseMalformed,
    frameworkErrors: (error, _request, reply) => {
      sendFault(reply, faultFromRequestError(error));
    },
  });
  if (tls !== undefined) {
    watchHandshakes(app.server, (reason) => context.logger.info({ reason }, 'TLS handshake failed'));
  }
  addJsonParser(app, edge.maxJsonDepth);
  addHooks(app, context);
  addEdge(app, context.config);
  app.decorate('sockets', addSockets(app, context));
  addRequestTracing(app, context.telemetry.tracing);
  const served = admin.enabled ? [...ROUTES, ...ADMIN_ROUTES] : ROUTES;
  const routes = [...served, openApiRoute(createOpenApi([...served, openApiRoute(undefined)]))];
  for (const route of routes) addRoute(app, context, route);
  if (socket.enabled) addUpgradeHint(app);
  addMethodRefusals(app, socket.enabled ? [...routes, { path: SOCKET_ROUTE, method: 'GET' }] : routes);
  shedBeforeRouting(app.server, context.gate.shedder, {
    isTls: tls !== undefined,
    allowedOrigins: edge.allowedOrigins,
  });
  return app;
}
