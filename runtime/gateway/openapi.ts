import { z } from 'zod';
import { FAULTS, type FaultCode } from '../../vocabulary/faults.ts';
import { errorBodySchema } from './error-body.ts';
import { faultsOf } from './route-faults.ts';
import type { RouteSpec } from './route-spec.ts';
import { CLOSE_CODES, clientFrameSchema, serverFrameSchema } from './socket/frames.ts';
import { GATEWAY_VERSION } from './version.ts';

const ERROR_REF = { $ref: '#/components/schemas/Error' };

function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io,
    target: 'draft-2020-12',
    // JSON Schema has no empty prefixItems; `items: false` and `maxItems: 0` say the same.
    override: ({ jsonSchema }) => {
      if (jsonSchema.prefixItems?.length === 0) delete jsonSchema.prefixItems;
    },
  });
  return rest;
}

const openApiPath = (path: string): string => path.replace(/:([A-Za-z]+)/g, '{$1}');

const pathParameters = (path: string) =>
  [...path.matchAll(/:([A-Za-z]+)/g)].map((match) => ({
    name: match[1],
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));

function queryParameters(query: z.ZodObject | undefined) {
  if (query === undefined) return [];
  return Object.entries(query.shape).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema: jsonSchemaOf(schema as z.ZodType, 'input'),
  }));
}

/** Every answer echoes the id under which the log has the request. */
const RESPONSE_HEADERS = { 'x-request-id': { $ref: '#/components/headers/RequestId' } };

function successOf({ success }: RouteSpec) {
  const schema = success.schema === undefined ? { type: 'string' } : jsonSchemaOf(success.schema, 'output');
  const media = success.media ?? ['application/json'];
  const content = media.map((type) => [
    type,
    { schema: type === 'application/json' ? schema : { type: 'string' } },
  ]);
  return {
    description: success.description,
    headers: RESPONSE_HEADERS,
    content: Object.fromEntries(content),
  };
}

/** Faults that share a status share a response. */
function refusalsOf(faults: readonly FaultCode[]) {
  const byStatus = new Map<string, FaultCode[]>();
  for (const code of faults) {
    const status = String(FAULTS[code].httpStatus);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.join(', '),
        headers: RESPONSE_HEADERS,
        content: { 'application/json': { schema: ERROR_REF } },
      },
    ]),
  );
}

function operationOf(route: RouteSpec) {
  const parameters = [...pathParameters(route.path), ...queryParameters(route.query)];
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.authenticated ? { security: [{ bearer: [] }, {}] } : {}),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: jsonSchemaOf(route.body, 'input') } },
          },
        }),
    responses: { [route.success.status]: successOf(route), ...refusalsOf(faultsOf(route)) },
  };
}

/** OpenAPI has no words for sockets: an extension names the path and the schemas of frames. */
const WEBSOCKETS = {
  '/v1/interactions/{id}/socket': {
    summary: 'The turns of an interaction over a WebSocket; resumes from the last event id',
    subprotocols: ['busyhour.v1', 'bearer.{key}'],
    clientFrame: { $ref: '#/components/schemas/SocketClientFrame' },
    serverFrame: { $ref: '#/components/schemas/SocketServerFrame' },
    closeCodes: CLOSE_CODES,
  },
};

/** An OpenAPI 3.1 document from the schemas that validate requests. */
export function createOpenApi(routes: readonly RouteSpec[]) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = openApiPath(route.path);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'busyhour gateway',
      version: GATEWAY_VERSION,
      description: 'OpenAI-compatible completions and a dialog API. Error codes are listed in docs/serve.md.',
    },
    paths,
    'x-websockets': WEBSOCKETS,
    components: {
      schemas: {
        Error: jsonSchemaOf(errorBodySchema, 'output'),
        SocketClientFrame: jsonSchemaOf(clientFrameSchema, 'input'),
        SocketServerFrame: jsonSchemaOf(serverFrameSchema, 'output'),
      },
      headers: {
        RequestId: {
          description: "The caller's x-request-id, or a new id",
          schema: { type: 'string', maxLength: 128 },
        },
      },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
  };
}
