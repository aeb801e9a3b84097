import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { TurnResult } from '../dialog/turn.ts';
import type { AnswerSink } from '../llm/answer.ts';
import type { Answerer } from '../llm/chain.ts';
import { FaultError } from '../llm/fault.ts';
import type { TurnRecord } from '../store/history-store.ts';
import type { Ticket } from './admission.ts';
import type { GatewayContext } from './context.ts';
import { interactionIdOf, turnResponseFrom } from './dialog-responses.ts';
import { createTurnSchema } from './dialog-schema.ts';
import { errorBodyFrom, parseRequest } from './error-body.ts';
import { costText, type Meter, metered, rateLimitHeaders } from './metering.ts';
import { createSseSink, settleAnswer, withTicket } from './request-scope.ts';
import type { SseWriter } from './sse-writer.ts';
import { reserveTurn, spentOfTurn, turnReservation } from './turn-metering.ts';

interface TurnScope {
  readonly meter: Meter;
  readonly context: GatewayContext;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly ticket: Ticket;
  readonly interactionId: string;
  readonly body: z.output<typeof createTurnSchema>;
  readonly requestId: string;
}

/** POST /v1/interactions/:id/turns. */
export async function handleTurn(
  context: GatewayContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const body = parseRequest(createTurnSchema, request.body);
  const interactionId = interactionIdOf(request);
  const requestId = context.newId();
  const { tenant, traceparent } = request;
  const turn = { interactionId, messageId: body.messageId };
  const reservation = turnReservation(context, { tenant, requestId, traceparent, turn });
  return withTicket(context, reply, (ticket) =>
    metered(context.tenancy, reservation, (meter) => {
      const scope = { context, request, reply, ticket, meter, interactionId, body, requestId };
      return body.stream ? streamTurn(scope) : sendTurn(scope);
    }),
  );
}

/** Runs the turn and books what it used; a replayed one uses nothing. */
async function runMetered(scope: TurnScope, sink?: AnswerSink): Promise<TurnResult> {
  const { context, request, ticket, meter, interactionId, body, requestId } = scope;
  const { tenant, traceparent } = request;
  const result = await context.dialog.turn(interactionId, body, {
    requestId,
    reserve: reserveTurn(context, meter),
    signal: ticket.signal,
    tenant: tenant.name,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(sink === undefined ? {} : { sink }),
  });
  meter.book(spentOfTurn(result));
  if (result.kind !== 'replayed' && result.handOver !== undefined) {
    const { reasonCode: reason } = result.handOver;
    request.server.sockets?.announce(interactionId, { type: 'state', state: 'handed-off', reason });
  }
  return result;
}

const event = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

const storedAnswerHeaders = (turn: TurnRecord): Record<string, string> => ({
  'x-busyhour-engine': turn.engine,
  'x-busyhour-provider': turn.provider,
});

function settle({ context, request }: TurnScope, askedAtMs: number, result: TurnResult): void {
  if (result.kind === 'replayed') return;
  settleAnswer(context, request, askedAtMs, result.answer);
  if (result.kind === 'refused') request.outcome = result.fault.code;
}

function responseOf(result: Exclude<TurnResult, { kind: 'refused' }>) {
  if (result.kind === 'replayed') return turnResponseFrom(result.turn, true, undefined);
  const { end } = result.answer;
  const timings = end.outcome === 'incomplete' ? undefined : end.timings;
  const kept = turnResponseFrom(result.turn, false, timings, result.handOver);
  // What is stored is redacted; the customer gets what was answered.
  return { ...kept, text: result.answer.text };
}

async function sendTurn(scope: TurnScope): Promise<FastifyReply> {
  const { context, request, reply, meter } = scope;
  const askedAtMs = context.clock.nowMs();
  const result = await runMetered(scope);
  if (result.kind !== 'refused') {
    reply
      .headers(storedAnswerHeaders(result.turn))
      .headers(rateLimitHeaders(request.tenant, meter.standing))
      .header('x-busyhour-cost-usd', costText(spentOfTurn(result).costUsd))
      .send(responseOf(result));
  }
  settle(scope, askedAtMs, result);
  if (result.kind === 'refused') throw new FaultError(result.fault);
  return reply;
}

/** A stored answer in the form of a stream: what the client would have seen, in fewer pieces. */
function sendReplay(
  { reply }: TurnScope,
  writer: SseWriter,
  result: TurnResult & { kind: 'replayed' },
): void {
  const { turn } = result;
  reply.hijack();
  writer.open(storedAnswerHeaders(turn));
  writer.send(event('started', { provider: turn.provider, engine: turn.engine, level: turn.level }));
  writer.send(event('text', { text: turn.answerText }));
}

async function streamTurn(scope: TurnScope): Promise<FastifyReply> {
  const { context, request, reply, ticket, meter } = scope;
  const { sink, writer } = createSseSink(context, reply, ticket, {
    // Read when the first token comes: by then the reservation is whole.
    get headers() {
      return rateLimitHeaders(request.tenant, meter.standing);
    },
    begin: ({ provider, engine, level }: Answerer) => event('started', { provider, engine, level }),
    text: (text) => `event: text\ndata: {"text":${JSON.stringify(text)}}\n\n`,
  });
  const askedAtMs = context.clock.nowMs();
  const result = await runMetered(scope, sink);
  if (result.kind === 'replayed') sendReplay(scope, writer, result);
  if (result.kind === 'refused' && result.answer.kind === 'refused') {
    settle(scope, askedAtMs, result);
    throw new FaultError(result.fault);
  }
  writer.send(
    result.kind === 'refused'
      ? event('error', errorBodyFrom(result.fault))
      : event('completed', responseOf(result)),
  );
  settle(scope, askedAtMs, result);
  await writer.end();
  return reply;
}
