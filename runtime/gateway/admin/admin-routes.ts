import type { z } from 'zod';
import type { FaultCode } from '../../../vocabulary/faults.ts';
import type { RouteSpec } from '../route-spec.ts';
import * as handle from './admin-handlers.ts';
import * as schema from './admin-schema.ts';

const FAULTS: readonly FaultCode[] = ['gateway_store_unavailable'];

interface Operation {
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly answer: z.ZodType;
  readonly handle: RouteSpec['handle'];
}

const reading = ({ answer, path, ...rest }: Operation, query?: z.ZodObject): RouteSpec => ({
  ...rest,
  method: 'GET',
  path: `/v1/admin/${path}`,
  authenticated: true,
  admin: true,
  ...(query === undefined ? {} : { query }),
  success: { status: 200, description: 'As it is now', schema: answer },
  faults: FAULTS,
});

const changing = (
  { answer, path, ...rest }: Operation,
  body: z.ZodType,
  more: { readonly faults?: readonly FaultCode[]; readonly status?: number } = {},
): RouteSpec => ({
  ...rest,
  method: 'POST',
  path: `/v1/admin/${path}`,
  authenticated: true,
  admin: true,
  body,
  success: { status: more.status ?? 200, description: 'As it is after the change', schema: answer },
  faults: [...FAULTS, ...(more.faults ?? [])],
});

const MOVES: readonly FaultCode[] = ['caller_not_found', 'caller_conflict'];

const READING: readonly RouteSpec[] = [
  reading({
    path: 'scripts',
    operationId: 'readScripts',
    summary: 'Versions of the dialog script, with the problems of those that cannot run',
    answer: schema.scriptsSchema,
    handle: handle.readScripts,
  }),
  reading(
    {
      path: 'interactions',
      operationId: 'listInteractions',
      summary: 'Interactions, newest first',
      answer: schema.interactionPageSchema,
      handle: handle.listInteractions,
    },
    schema.interactionsQuerySchema,
  ),
  reading({
    path: 'live',
    operationId: 'readLive',
    summary: 'Interactions with sockets open in this process',
    answer: schema.liveSchema,
    handle: handle.readLive,
  }),
  reading({
    path: 'queue',
    operationId: 'readQueue',
    summary: 'Work in progress and waiting in this process',
    answer: schema.queueSchema,
    handle: handle.readQueue,
  }),
  reading(
    {
      path: 'escalations',
      operationId: 'listEscalations',
      summary: 'Who waits for a person, longest wait first, with what was handed over',
      answer: schema.interactionPageSchema,
      handle: handle.listEscalations,
    },
    schema.pageQuerySchema,
  ),
  reading(
    {
      path: 'analytics',
      operationId: 'readAnalytics',
      summary: 'Counts, tokens, cost and answer times of a window, the last 24 h by default',
      answer: schema.analyticsSchema,
      handle: handle.readAnalytics,
    },
    schema.analyticsQuerySchema,
  ),
  reading({
    path: 'providers',
    operationId: 'readProviders',
    summary: 'Breakers, queues and probes of the providers',
    answer: schema.providersSchema,
    handle: handle.readProviders,
  }),
  reading({
    path: 'tenants',
    operationId: 'readTenants',
    summary: 'Tenants with their limits and what they spent today',
    answer: schema.tenantsResponseSchema,
    handle: handle.readTenants,
  }),
];

const CHANGING: readonly RouteSpec[] = [
  changing(
    {
      path: 'scripts/activate',
      operationId: 'activateScript',
      summary: 'New interactions of this process begin with this version',
      answer: schema.scriptsSchema,
      handle: handle.activateScript,
    },
    schema.activateSchema,
    { faults: ['caller_not_found'] },
  ),
  changing(
    {
      path: 'scripts/reload',
      operationId: 'reloadScripts',
      summary: 'Read the script folder now',
      answer: schema.scriptsSchema,
      handle: handle.reloadScripts,
    },
    schema.noFieldsSchema,
    { faults: ['caller_not_found'] },
  ),
  changing(
    {
      path: 'escalations/:id/take',
      operationId: 'takeEscalation',
      summary: 'Say who looks after it; it stays in the list until it is resolved',
      answer: schema.interactionRowSchema,
      handle: handle.takeEscalation,
    },
    schema.takeSchema,
    { faults: [...MOVES, 'gateway_overloaded', 'gateway_draining'] },
  ),
  changing(
    {
      path: 'escalations/:id/resolve',
      operationId: 'resolveEscalation',
      summary: 'Close what a person has dealt with',
      answer: schema.interactionRowSchema,
      handle: handle.resolveEscalation,
    },
    schema.resolveSchema,
    { faults: [...MOVES, 'gateway_overloaded', 'gateway_draining'] },
  ),
  changing(
    {
      path: 'customers/delete',
      operationId: 'deleteCustomer',
      summary: 'Remove the texts of one customer and close what is open; counts and the audit chain stay',
      answer: schema.removedSchema,
      handle: handle.deleteCustomer,
    },
    schema.deleteCustomerSchema,
  ),
  changing(
    {
      path: 'drain',
      operationId: 'beginDrain',
      summary: 'Take no new work in this process from now on',
      answer: schema.drainSchema,
      handle: handle.beginDrain,
    },
    schema.noFieldsSchema,
    { status: 202 },
  ),
];

/** For those who run the gateway. */
export const ADMIN_ROUTES: readonly RouteSpec[] = [...READING, ...CHANGING];
