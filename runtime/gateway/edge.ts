import type { IncomingMessage } from 'node:http';
import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import type { GatewayConfig } from '../config.ts';
import { createFault, FaultError } from '../llm/fault.ts';
import { createNetworks, isInside } from './client-address.ts';

/** Asked by orchestrators and scrapers, whose addresses are not those of callers. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/health', '/ready', '/metrics']);
const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Headers of every response. Nothing here is a page, so nothing may be loaded or framed. */
const SECURITY_HEADERS = [
  ['x-content-type-options', 'nosniff'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['referrer-policy', 'no-referrer'],
] as const;

const EXPOSED = [
  'x-request-id',
  'x-busyhour-engine',
  'x-busyhour-provider',
  'x-busyhour-cache',
  'x-busyhour-cost-usd',
  'x-ratelimit-limit-requests',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-reset-requests',
  'x-ratelimit-limit-tokens',
  'x-ratelimit-remaining-tokens',
  'x-ratelimit-reset-tokens',
  'retry-after',
  'x-should-retry',
];
const PREFLIGHT_MAX_AGE_S = 600;

/** The caller's own id of a request where it is one, else a new one. */
export const requestIdFrom = ({ headers }: IncomingMessage, newId: () => string): string => {
  const own = headers['x-request-id'];
  return typeof own === 'string' && REQUEST_ID.test(own) ? own : newId();
};

function addCors(app: FastifyInstance, allowedOrigins: readonly string[]): void {
  app
    .register(cors, {
      origin: [...allowedOrigins],
      methods: ['GET', 'POST'],
      exposedHeaders: EXPOSED,
      maxAge: PREFLIGHT_MAX_AGE_S,
      strictPreflight: false,
    })
    .after(() => {
      // Streams are written past the framework, so what it would add must stand on the response itself.
      app.addHook('onRequest', (_request, reply, done) => {
        for (const [name, value] of Object.entries(reply.getHeaders()))
          if (value !== undefined) reply.raw.setHeader(name, value);
        done();
      });
    });
}

/** What is said and asked before a request reaches its route. */
export function addEdge(app: FastifyInstance, { edge }: Pick<GatewayConfig, 'edge'>): void {
  const allowed = edge.allowedIps === undefined ? undefined : createNetworks(edge.allowedIps);
  app.addHook('onRequest', (request, reply, done) => {
    reply.raw.setHeader('x-request-id', request.id);
    for (const [name, value] of SECURITY_HEADERS) reply.raw.setHeader(name, value);
    if (request.url.length > edge.maxUrlChars) {
      const message = `The URL is longer than ${edge.maxUrlChars} characters.`;
      done(new FaultError(createFault('caller_invalid_request', message)));
    } else if (
      allowed !== undefined &&
      !OPEN_PATHS.has(request.routeOptions.url ?? '') &&
      !isInside(allowed, request.ip)
    )
      done(new FaultError(createFault('policy_ip_denied')));
    else done();
  });
  if (edge.allowedOrigins.length > 0) addCors(app, edge.allowedOrigins);
}
