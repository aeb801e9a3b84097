import { z } from 'zod';
import { readinessSchema } from '../../vocabulary/readiness.ts';
import { handleChat, handleModel, handleModels } from './chat-routes.ts';
import { chatRequestSchema, chatResponseSchema, modelSchema, modelsResponseSchema } from './chat-schema.ts';
import { DIALOG_ROUTES } from './dialog-routes.ts';
import { handleHealth, handleMetrics, handleReady, healthSchema } from './probe-routes.ts';
import { ANSWER_FAULTS } from './route-faults.ts';
import type { RouteSpec } from './route-spec.ts';

const OPENAI_ROUTES: readonly RouteSpec[] = [
  {
    method: 'POST',
    path: '/v1/chat/completions',
    operationId: 'createChatCompletion',
    summary: 'One chat completion, whole or as server-sent events (stream: true)',
    authenticated: true,
    body: chatRequestSchema,
    success: {
      status: 200,
      description: 'The completion',
      schema: chatResponseSchema,
      media: ['application/json', 'text/event-stream'],
    },
    faults: ANSWER_FAULTS,
    handle: handleChat,
  },
  {
    method: 'GET',
    path: '/v1/models',
    operationId: 'listModels',
    summary: 'Models of the providers that are up',
    authenticated: true,
    success: { status: 200, description: 'The models', schema: modelsResponseSchema },
    faults: [],
    handle: handleModels,
  },
  {
    method: 'GET',
    path: '/v1/models/:id',
    operationId: 'readModel',
    summary: 'One of these models',
    authenticated: true,
    success: { status: 200, description: 'The model', schema: modelSchema },
    faults: ['caller_not_found'],
    handle: handleModel,
  },
];

const PROBE_ROUTES: readonly RouteSpec[] = [
  {
    method: 'GET',
    path: '/health',
    operationId: 'health',
    summary: 'Whether the process is alive; asks nothing else',
    authenticated: false,
    success: { status: 200, description: 'Alive', schema: healthSchema },
    faults: [],
    handle: handleHealth,
  },
  {
    method: 'GET',
    path: '/ready',
    operationId: 'ready',
    summary: 'Whether it should get traffic, and what it would answer with',
    authenticated: false,
    success: {
      status: 200,
      description: 'Ready (503 with the same body when not)',
      schema: readinessSchema,
    },
    faults: [],
    handle: handleReady,
  },
  {
    method: 'GET',
    path: '/metrics',
    operationId: 'metrics',
    summary: 'Prometheus metrics',
    authenticated: false,
    success: { status: 200, description: 'Prometheus text format', media: ['text/plain'] },
    faults: [],
    handle: handleMetrics,
  },
];

const openApiSchema = z.looseObject({
  openapi: z.string(),
  info: z.looseObject({}),
  paths: z.looseObject({}),
});

/** The document itself, which describes this route too: it is made from the table with an empty one in its place. */
export const openApiRoute = (document: unknown): RouteSpec => ({
  method: 'GET',
  path: '/openapi.json',
  operationId: 'openapi',
  summary: 'This interface as an OpenAPI 3.1 document',
  authenticated: false,
  success: { status: 200, description: 'The document', schema: openApiSchema },
  faults: [],
  handle: async () => document,
});

/** Every operation but /openapi.json. */
export const ROUTES: readonly RouteSpec[] = [...OPENAI_ROUTES, ...DIALOG_ROUTES, ...PROBE_ROUTES];
