import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { FaultCode } from '../../vocabulary/faults.ts';
import type { GatewayContext } from './context.ts';

/** What a route answers when all is well, and how it is documented. */
export interface SuccessSpec {
  readonly status: number;
  readonly description: string;
  readonly schema?: z.ZodType;
  /** Media types; JSON when absent. */
  readonly media?: readonly string[];
}

/** One operation: what is served, validated and documented comes from this record. */
export interface RouteSpec {
  readonly method: 'GET' | 'POST';
  /** In fastify's form: `/v1/interactions/:id`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly authenticated: boolean;
  /** Only for tenants that may administer. */
  readonly admin?: boolean;
  readonly body?: z.ZodType;
  /** Of the query, an object of texts as they stand in the URL. */
  readonly query?: z.ZodObject;
  readonly success: SuccessSpec;
  readonly faults: readonly FaultCode[];
  handle(context: GatewayContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
}
