import { z } from 'zod';
import { FAULTS, type FaultCode } from '../../vocabulary/faults.ts';
import { errorBodySchema } from './error-body.ts';
import type { RouteSpec } from './route-spec.ts';
import { GATEWAY_VERSION } from './version.ts';

const ERROR_REF = { $ref: '#/components/schemas/Error' };

function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
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

function successOf({ success }: RouteSpec) {
  const schema = success.schema === undefined ? { type: 'string' } : jsonSchemaOf(success.schema, 'output');
  const media = success.media ?? ['application/json'];
  const content = media.map((type) => [
    type,
    { schema: type === 'application/json' ? schema : { type: 'string' } },
  ]);
  return { description: success.description, content: Object.fromEntries(content) };
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
      { description: codes.join(', '), content: { 'application/json': { schema: ERROR_REF } } },
    ]),
  );
}

function operationOf(route: RouteSpec) {
  const parameters = pathParameters(route.path);
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
    responses: { [route.success.status]: successOf(route), ...refusalsOf(route.faults) },
  };
}

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
    components: {
      schemas: { Error: jsonSchemaOf(errorBodySchema, 'output') },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
  };
}
