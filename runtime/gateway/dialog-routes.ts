import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FaultCode } from '../../vocabulary/faults.ts';
import type { GatewayContext } from './context.ts';
import { interactionIdOf, interactionResponseFrom } from './dialog-responses.ts';
import {
  createInteractionSchema,
  createTurnSchema,
  interactionResponseSchema,
  reasonSchema,
  turnResponseSchema,
  turnsQuerySchema,
  turnsResponseSchema,
} from './dialog-schema.ts';
import { parseRequest } from './error-body.ts';
import { withTicket } from './request-scope.ts';
import { ANSWER_FAULTS, WORK_FAULTS } from './route-faults.ts';
import type { RouteSpec } from './route-spec.ts';
import { handleTurn } from './turn-route.ts';

async function handleCreate(context: GatewayContext, request: FastifyRequest, reply: FastifyReply) {
  const input = parseRequest(createInteractionSchema, request.body);
  const view = await withTicket(context, reply, () =>
    context.dialog.create({ ...input, tenant: request.tenant.name }),
  );
  reply.code(201);
  return interactionResponseFrom(view);
}

async function handleView(context: GatewayContext, request: FastifyRequest) {
  return interactionResponseFrom(await context.dialog.view(interactionIdOf(request), request.tenant.name));
}

const handleMove =
  (move: 'escalate' | 'close') =>
  async (context: GatewayContext, request: FastifyRequest, reply: FastifyReply) => {
    const { reason } = parseRequest(reasonSchema, request.body);
    const id = interactionIdOf(request);
    const view = await withTicket(context, reply, ({ signal }) =>
      context.dialog[move](id, reason, signal, request.tenant.name),
    );
    // As it is kept: redacted.
    const { reason: kept = move } = view.interaction;
    request.server.sockets?.announce(id, { type: 'state', state: view.state, reason: kept });
    return interactionResponseFrom(view);
  };

/** Turns after an index, oldest first; of the whole interaction, however long it is. */
async function handleTurns(context: GatewayContext, request: FastifyRequest) {
  const { after = '-1', limit = '100' } = parseRequest(turnsQuerySchema, request.query);
  const view = await context.dialog.view(interactionIdOf(request), request.tenant.name);
  const afterIndex = Number(after);
  const missing = (view.turns.at(-1)?.turnIndex ?? -1) - afterIndex;
  const { interactionId } = view.interaction;
  // Indices have no gaps, so that the last so many are those after the index.
  const turns =
    missing <= view.turns.length
      ? view.turns.slice(Math.max(0, view.turns.length - Math.max(0, missing)))
      : await context.history.listTurns(interactionId, missing);
  const page = turns.slice(0, Number(limit));
  const last = page.at(-1)?.turnIndex;
  const { turns: items } = interactionResponseFrom({ ...view, turns: page });
  return {
    turns: items,
    ...(turns.length > page.length && last !== undefined ? { next: String(last) } : {}),
  };
}

const MOVE_FAULTS: readonly FaultCode[] = [...WORK_FAULTS, 'caller_not_found', 'caller_conflict'];

const interaction = (status: number, description: string) => ({
  status,
  description,
  schema: interactionResponseSchema,
});

const moveRoute = (move: 'escalate' | 'close', summary: string): RouteSpec => ({
  method: 'POST',
  path: `/v1/interactions/:id/${move}`,
  operationId: `${move}Interaction`,
  summary,
  authenticated: true,
  body: reasonSchema,
  success: interaction(200, 'The interaction in its new state'),
  faults: MOVE_FAULTS,
  handle: handleMove(move),
});

/** The dialog API. */
export const DIALOG_ROUTES: readonly RouteSpec[] = [
  {
    method: 'POST',
    path: '/v1/interactions',
    operationId: 'createInteraction',
    summary: 'Begin an interaction',
    authenticated: true,
    body: createInteractionSchema,
    success: interaction(201, 'The new interaction'),
    faults: WORK_FAULTS,
    handle: handleCreate,
  },
  {
    method: 'GET',
    path: '/v1/interactions/:id',
    operationId: 'getInteraction',
    summary: 'An interaction with its answered turns',
    authenticated: true,
    success: interaction(200, 'The interaction'),
    faults: ['caller_not_found', 'gateway_store_unavailable'],
    handle: handleView,
  },
  {
    method: 'POST',
    path: '/v1/interactions/:id/turns',
    operationId: 'createTurn',
    summary: 'Send a message and get its answer, whole or as server-sent events; idempotent by messageId',
    authenticated: true,
    body: createTurnSchema,
    success: {
      status: 200,
      description: 'The answered turn',
      schema: turnResponseSchema,
      media: ['application/json', 'text/event-stream'],
    },
    faults: [...ANSWER_FAULTS, 'caller_not_found', 'caller_conflict', 'policy_blocked'],
    handle: handleTurn,
  },
  {
    method: 'GET',
    path: '/v1/interactions/:id/turns',
    operationId: 'listTurns',
    summary: 'Answered turns after an index, oldest first',
    authenticated: true,
    query: turnsQuerySchema,
    success: { status: 200, description: 'A page of turns', schema: turnsResponseSchema },
    faults: ['caller_not_found', 'gateway_store_unavailable'],
    handle: handleTurns,
  },
  moveRoute('escalate', 'Hand the interaction to a human'),
  moveRoute('close', 'End the interaction'),
];
