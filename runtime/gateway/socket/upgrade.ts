import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { BlockList } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { WebSocketServer } from 'ws';
import { FAULTS } from '../../../vocabulary/faults.ts';
import { createFault, type Fault, FaultError } from '../../llm/fault.ts';
import { SocketMetrics } from '../../telemetry/socket-metrics.ts';
import { clientAddressOf, createNetworks, isInside } from '../client-address.ts';
import type { GatewayContext } from '../context.ts';
import { errorBodyFrom, errorHeadersFrom } from '../error-body.ts';
import { SocketHub, type SocketOwner } from './hub.ts';
import { SOCKET_ROUTE } from './observed-turn.ts';

/** Where sockets are; other upgrades are not taken, and answered as plain requests. */
const SOCKET_PATH = /^\/v1\/interactions\/([^/?]{1,384})\/socket(?:\?|$)/;
/** Browsers cannot set headers: they offer `bearer.KEY` beside the protocol that is spoken. */
const PROTOCOL = 'busyhour.v1';
const KEY_PROTOCOL = 'bearer.';

/** Whether Node hands a request to the sockets rather than to the routes. */
export const isSocketUpgrade = ({ headers, url, method }: IncomingMessage): boolean =>
  method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && SOCKET_PATH.test(url ?? '');

const offeredProtocols = (request: IncomingMessage): string[] =>
  String(request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((each) => each.trim());

function authorizationOf(request: IncomingMessage): string | undefined {
  if (request.headers.authorization !== undefined) return request.headers.authorization;
  const offered = offeredProtocols(request).find((each) => each.startsWith(KEY_PROTOCOL));
  return offered === undefined ? undefined : `Bearer ${offered.slice(KEY_PROTOCOL.length)}`;
}

function interactionIdOf(url: string): string {
  try {
    return decodeURIComponent(SOCKET_PATH.exec(url)?.[1] ?? '');
  } catch {
    throw new FaultError(createFault('caller_invalid_request', 'The path is not well formed.'));
  }
}

function refuse(socket: Duplex, fault: Fault): void {
  const { httpStatus } = FAULTS[fault.code];
  const body = JSON.stringify(errorBodyFrom(fault));
  const headers = Object.entries(errorHeadersFrom(fault)).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus] ?? ''}\r\nconnection: close\r\n` +
      `content-type: application/json; charset=utf-8\r\n${headers.join('')}` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

interface Edge {
  readonly allowed: BlockList | undefined;
  readonly trusted: BlockList;
}

/** Throws FaultError for whoever may not have a socket here and now. */
async function grant(
  context: GatewayContext,
  hub: SocketHub,
  edge: Edge,
  request: IncomingMessage,
): Promise<SocketOwner> {
  const { config, admission } = context;
  const address = clientAddressOf(
    request.socket.remoteAddress,
    request.headers['x-forwarded-for'],
    edge.trusted,
  );
  if (edge.allowed !== undefined && !isInside(edge.allowed, address))
    throw new FaultError(createFault('policy_ip_denied'));
  const { origin } = request.headers;
  if (origin !== undefined && !config.edge.allowedOrigins.includes(origin))
    throw new FaultError(createFault('caller_forbidden', 'Pages of this origin may not call.'));
  const authorization = authorizationOf(request);
  const identify = () => context.authenticate(authorization, address);
  const tenant = identify();
  if (admission.draining) throw new FaultError(createFault('gateway_draining'));
  if (hub.sockets >= config.socket.maxSockets) throw new FaultError(createFault('gateway_overloaded'));
  const interactionId = interactionIdOf(request.url ?? '');
  await context.dialog.view(interactionId, tenant.name);
  const { traceparent } = request.headers;
  return { interactionId, tenant, identify, traceparent: traceparent?.toString() };
}

/** Who comes to the path of sockets without an upgrade is told what it speaks. */
export function addUpgradeHint(app: FastifyInstance): void {
  app.get(SOCKET_ROUTE, async (_request, reply) => {
    reply.header('upgrade', 'websocket').header('connection', 'upgrade');
    throw new FaultError(createFault('caller_upgrade_required'));
  });
}

/** Adds the sockets to a server; undefined where they are switched off. */
export function addSockets(app: FastifyInstance, context: GatewayContext): SocketHub | undefined {
  const { config, metrics, logger } = context;
  if (!config.socket.enabled) return undefined;
  const observer = new SocketMetrics(metrics.registry);
  const hub = new SocketHub(context, observer);
  const { allowedIps, trustedProxies } = config.edge;
  const edge = {
    allowed: allowedIps && createNetworks(allowedIps),
    trusted: createNetworks(trustedProxies),
  };
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: config.socket.maxFrameBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  });
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // A client that leaves while it is being looked up.
    socket.on('error', () => socket.destroy());
    grant(context, hub, edge, request).then(
      (owner) => {
        if (!socket.writable) return;
        sockets.handleUpgrade(request, socket, head, (opened) => hub.open(opened, owner));
      },
      (error: unknown) => {
        if (!(error instanceof FaultError)) logger.error({ err: error }, 'defect');
        const fault = error instanceof FaultError ? error.fault : createFault('gateway_internal');
        observer.upgradeRefused(fault.code);
        refuse(socket, fault);
      },
    );
  });
  return hub;
}
