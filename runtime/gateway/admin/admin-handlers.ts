import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createFault, FaultError } from '../../llm/fault.ts';
import type { InteractionRecord, Page } from '../../store/history-store.ts';
import type { GatewayContext } from '../context.ts';
import { interactionIdOf } from '../dialog-responses.ts';
import { parseRequest } from '../error-body.ts';
import { forgetInteractions } from '../forget-deleted.ts';
import { withTicket } from '../request-scope.ts';
import {
  activateSchema,
  analyticsQuerySchema,
  deleteCustomerSchema,
  interactionsQuerySchema,
  noFieldsSchema,
  pageQuerySchema,
  resolveSchema,
  takeSchema,
} from './admin-schema.ts';

const DEFAULT_PAGE = 100;
const DAY_MS = 86_400_000;

const notFound = (message: string): FaultError => new FaultError(createFault('caller_not_found', message));

/** What the store says about a call that it could not do. */
async function stored<T>(context: GatewayContext, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof FaultError) throw error;
    context.logger.error({ err: error }, 'store failure');
    throw new FaultError(createFault('gateway_store_unavailable'));
  }
}

/** Every change by an administrator is a row of the audit trail before it is made. */
function audit(
  context: GatewayContext,
  request: FastifyRequest,
  what: { readonly action: string; readonly reason?: string; readonly interactionId?: string },
): Promise<void> {
  const { action, reason, interactionId } = what;
  const entry = {
    kind: 'admin_action' as const,
    atUnixMs: context.clock.unixMs(),
    tenant: request.tenant.name,
    requestId: request.id,
    decisions: [{ step: 'admin', outcome: action, ...(reason === undefined ? {} : { reason }) }],
    ...(interactionId === undefined ? {} : { interactionId }),
  };
  return stored(context, context.history.appendAudit([entry]));
}

/** Without the hash of the customer: it is nobody's business but the store's. */
const rowOf = ({ customerHash: _hash, ...row }: InteractionRecord) => row;
const pageOf = ({ items, next }: Page<InteractionRecord>) => ({
  items: items.map(rowOf),
  ...(next === undefined ? {} : { next }),
});

type PageQuery = { tenant?: string | undefined; after?: string | undefined; limit?: string | undefined };
const filterOf = ({ tenant, after, limit }: PageQuery) => ({
  limit: Number(limit ?? DEFAULT_PAGE),
  ...(tenant === undefined ? {} : { tenant }),
  ...(after === undefined ? {} : { after }),
});

export async function listInteractions(context: GatewayContext, request: FastifyRequest) {
  const query = parseRequest(interactionsQuerySchema, request.query);
  const { state } = query;
  const filter = { ...filterOf(query), ...(state === undefined ? {} : { state }) };
  return pageOf(await stored(context, context.history.listInteractions(filter)));
}

export async function listEscalations(context: GatewayContext, request: FastifyRequest) {
  const query = parseRequest(pageQuerySchema, request.query);
  return pageOf(await stored(context, context.history.listEscalations(filterOf(query))));
}

async function findEscalated(context: GatewayContext, request: FastifyRequest): Promise<InteractionRecord> {
  const id = interactionIdOf(request);
  const found = await stored(context, context.history.findInteraction(id));
  if (found === undefined) throw notFound('There is no such interaction.');
  if (found.state !== 'handed-off')
    throw new FaultError(
      createFault('caller_conflict', `The interaction is ${found.state}, not handed off.`),
    );
  return found;
}

/** Says who looks after it; it stays in the list until it is resolved. */
export async function takeEscalation(context: GatewayContext, request: FastifyRequest, reply: FastifyReply) {
  const { by } = parseRequest(takeSchema, request.body);
  const { interactionId, tenant } = await findEscalated(context, request);
  const who = { by, tenant: request.tenant.name, requestId: request.id };
  const { interaction, state } = await withTicket(context, reply, ({ signal }) =>
    context.dialog.take(interactionId, who, signal, tenant),
  );
  const { reason = 'taken' } = interaction;
  request.server.sockets?.announce(interactionId, { type: 'state', state, reason });
  return rowOf(interaction);
}

export async function resolveEscalation(
  context: GatewayContext,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const { reason } = parseRequest(resolveSchema, request.body);
  const { interactionId, tenant } = await findEscalated(context, request);
  await audit(context, request, { action: 'resolve_escalation', interactionId });
  const view = await withTicket(context, reply, ({ signal }) =>
    context.dialog.close(interactionId, reason, signal, tenant),
  );
  // As it is kept: redacted.
  const { reason: kept = 'resolved' } = view.interaction;
  request.server.sockets?.announce(interactionId, { type: 'state', state: 'closed', reason: kept });
  return rowOf(view.interaction);
}

export async function readAnalytics(context: GatewayContext, request: FastifyRequest) {
  const { tenant, fromUnixMs, toUnixMs } = parseRequest(analyticsQuerySchema, request.query);
  const to = Number(toUnixMs ?? Math.ceil(context.clock.unixMs()) + 1);
  const window = { fromUnixMs: Number(fromUnixMs ?? to - DAY_MS), toUnixMs: to };
  const filter = { ...window, ...(tenant === undefined ? {} : { tenant }) };
  return { ...window, ...(await stored(context, context.history.readAnalytics(filter))) };
}

export async function readScripts({ dialog }: GatewayContext) {
  const { scripts } = dialog;
  return scripts === undefined
    ? { configured: false, versions: [] }
    : { configured: true, ...scripts.status };
}

export async function activateScript(context: GatewayContext, request: FastifyRequest) {
  const { version } = parseRequest(activateSchema, request.body);
  const { scripts } = context.dialog;
  const isReady = scripts?.status.versions.some((row) => row.version === version && row.state !== 'failed');
  if (scripts === undefined || isReady !== true) throw notFound(`No version ${version} can run.`);
  await audit(context, request, { action: 'activate_script', reason: version });
  scripts.activate(version);
  context.peers.activateScript(version);
  return readScripts(context);
}

export async function reloadScripts(context: GatewayContext, request: FastifyRequest) {
  parseRequest(noFieldsSchema, request.body);
  const { scripts } = context.dialog;
  if (scripts === undefined) throw notFound('No script folder is configured.');
  await audit(context, request, { action: 'reload_scripts' });
  await scripts.reload();
  return readScripts(context);
}

export async function readLive(_context: GatewayContext, request: FastifyRequest) {
  return { interactions: request.server.sockets?.interactions ?? [] };
}

export async function readQueue({ admission, chain }: GatewayContext, request: FastifyRequest) {
  const { inFlight, waiting, draining } = admission;
  const sockets = request.server.sockets?.sockets ?? 0;
  return { inFlight, waiting, draining, sockets, providers: chain.state.providers };
}

export async function readProviders({ chain, states }: GatewayContext) {
  const { providers, retryBudgetLeft, cache } = chain.state;
  const probes = new Map(
    (await states.read()).map(({ provider, probe }) => [provider.name, { provider, probe }]),
  );
  return {
    providers: providers.map((row) => {
      const known = probes.get(row.name);
      return { ...row, kind: known?.provider.kind ?? 'unknown', probe: known?.probe.state ?? 'down' };
    }),
    ...(retryBudgetLeft === undefined ? {} : { retryBudgetLeft }),
    ...(cache === undefined ? {} : { cache }),
  };
}

export async function readTenants(context: GatewayContext) {
  const { directory, ledger } = context.tenancy;
  const rows = directory.current.tenants.map(async (tenant) => {
    const { name, admin, limits } = tenant;
    return { name, admin, limits, ...(await stored(context, ledger.read(tenant))) };
  });
  return { tenants: await Promise.all(rows) };
}

export async function deleteCustomer(context: GatewayContext, request: FastifyRequest) {
  const { customerId } = parseRequest(deleteCustomerSchema, request.body);
  const hash = context.dialog.customerHashOf(customerId);
  const entry = {
    kind: 'customer_deleted' as const,
    atUnixMs: context.clock.unixMs(),
    tenant: request.tenant.name,
    requestId: request.id,
    decisions: [{ step: 'admin', outcome: 'delete_customer' }],
  };
  const removed = await stored(context, context.history.deleteCustomer(hash, entry));
  const { interactionIds, turns, auditRows } = removed;
  await forgetInteractions(context, interactionIds);
  return { interactions: interactionIds.length, turns, auditRows };
}

/** New work gets 503 from here on; what runs has its time to end. */
export function refuseWork({ admission, config, logger }: GatewayContext, server: FastifyInstance): void {
  server.sockets?.drain();
  admission.drain(config.drainMs).catch((error: unknown) => logger.error({ err: error }, 'drain'));
}

/** Begins the drain; the gateway, with all its workers, answers no new work from here on and waits to be stopped. */
export async function beginDrain(context: GatewayContext, request: FastifyRequest, reply: FastifyReply) {
  parseRequest(noFieldsSchema, request.body);
  await audit(context, request, { action: 'drain' });
  const { admission } = context;
  refuseWork(context, request.server);
  context.peers.refuseWork();
  reply.code(202);
  return { status: 'draining', inFlight: admission.inFlight };
}
