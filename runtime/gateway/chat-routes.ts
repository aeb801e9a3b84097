import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { sFromMs } from '../../vocabulary/units.ts';
import { type Answer, type AnswerSink, answer, endAnswer } from '../llm/answer.ts';
import { createFault, type Fault, FaultError } from '../llm/fault.ts';
import type { CompletionRequest } from '../llm/provider.ts';
import type { Ticket } from './admission.ts';
import {
  type ChatRequest,
  chatRequestSchema,
  type chatResponseSchema,
  completionFromChat,
  type modelSchema,
  type modelsResponseSchema,
} from './chat-schema.ts';
import { ChatChunks, usageBodyFrom } from './chat-stream.ts';
import { type AuditedRequest, auditCompletion, auditRefusal, faultOf } from './completion-audit.ts';
import type { GatewayContext } from './context.ts';
import { parseRequest } from './error-body.ts';
import { costText, type Meter, type Metered, metered, rateLimitHeaders } from './metering.ts';
import { answererHeaders, createSseSink, settleAnswer, withTicket } from './request-scope.ts';

interface Completion {
  readonly context: GatewayContext;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly ticket: Ticket;
  readonly meter: Meter;
  readonly body: ChatRequest;
  readonly completion: CompletionRequest;
  readonly audited: AuditedRequest;
  readonly createdAtUnixS: number;
}

/** The completion that the body asks for, in the caller's name. */
function completionOf(
  context: GatewayContext,
  request: FastifyRequest,
  body: ChatRequest,
): CompletionRequest {
  const { tenant, traceparent } = request;
  return {
    ...completionFromChat(body, context.newId(), context.config),
    tenant: tenant.name,
    cacheable: tenant.cache,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

/** POST /v1/chat/completions. */
export async function handleChat(
  context: GatewayContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const body = parseRequest(chatRequestSchema, request.body);
  const completion = completionOf(context, request, body);
  const createdAtUnixS = Math.floor(sFromMs(context.clock.unixMs()));
  const { tenant, traceparent } = request;
  const audited = { tenant, requestId: completion.requestId, traceparent };
  const reservation: Metered = {
    tenant,
    estimate: () => context.chain.estimate(completion),
    onRefusal: (fault) => auditRefusal(context, audited, fault),
  };
  return withTicket(context, reply, (ticket) =>
    metered(context.tenancy, reservation, (meter) => {
      const scope = { context, request, reply, ticket, meter, body, completion, audited, createdAtUnixS };
      return body.stream === true ? streamAnswer(scope) : sendAnswer(scope);
    }),
  );
}

/** Asks the chain and books what that used. */
async function ask(scope: Completion, sink?: AnswerSink): Promise<Answer> {
  const { context, ticket, meter, completion } = scope;
  const result = await answer(context.chain, completion, {
    signal: ticket.signal,
    observer: context.metrics,
    clock: context.clock,
    ...(sink === undefined ? {} : { sink }),
  });
  meter.book(result.spent);
  return result;
}

/** The row of the answer, before the client learns of its end; without its row the answer did not happen. */
async function recordAnswer({ context, audited }: Completion, result: Answer): Promise<Recorded> {
  let unkept: Fault | undefined;
  try {
    await auditCompletion(context, audited, result);
  } catch (error) {
    context.logger.error({ err: error }, 'audit failure');
    unkept = createFault('gateway_store_unavailable');
  }
  const recorded = endAnswer(context.metrics, result, unkept);
  return { result: recorded, fault: faultOf(recorded) };
}

/** How it ended for good, and the fault in which it did. */
interface Recorded {
  readonly result: Answer;
  readonly fault: Fault | undefined;
}

async function sendAnswer(scope: Completion): Promise<FastifyReply> {
  const { context, request, reply, meter } = scope;
  const askedAtMs = context.clock.nowMs();
  const { result, fault } = await recordAnswer(scope, await ask(scope));
  if (result.kind === 'answered' && fault === undefined) {
    reply
      .headers(answererHeaders(result.answerer))
      .headers(rateLimitHeaders(request.tenant, meter.standing))
      .header('x-busyhour-cost-usd', costText(result.spent.costUsd))
      .send(bodyFrom(scope, result));
  }
  settleAnswer(context, request, askedAtMs, result);
  if (fault !== undefined) throw new FaultError(fault);
  return reply;
}

type Answered = Extract<Answer, { kind: 'answered' }>;
type ChatResponse = z.infer<typeof chatResponseSchema>;

function bodyFrom(
  { completion, createdAtUnixS }: Completion,
  { answerer, text, end }: Answered,
): ChatResponse {
  if (end.outcome === 'incomplete') throw new FaultError(end.fault);
  return {
    id: `chatcmpl-${completion.requestId}`,
    object: 'chat.completion',
    created: createdAtUnixS,
    model: answerer.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text, refusal: null },
        logprobs: null,
        finish_reason: end.reason,
      },
    ],
    usage: usageBodyFrom(end.usage),
    ...(end.timings === undefined ? {} : { timings: end.timings }),
    outcome: end.outcome,
  };
}

/** Chunks of this completion, made when the answering provider is known. */
function createFormat({ completion, createdAtUnixS, body }: Completion) {
  let chunks: ChatChunks | undefined;
  return {
    begin(answerer: Answered['answerer']): string {
      const includeUsage = body.stream_options?.include_usage === true;
      chunks = new ChatChunks({
        id: `chatcmpl-${completion.requestId}`,
        createdAtUnixS,
        answerer,
        includeUsage,
      });
      return chunks.role();
    },
    text: (text: string): string => chunks?.text(text) ?? '',
    end: (end: Answered['end']): string => chunks?.end(end) ?? '',
  };
}

async function streamAnswer(scope: Completion): Promise<FastifyReply> {
  const { context, request, reply, ticket, meter } = scope;
  const format = createFormat(scope);
  const headers = rateLimitHeaders(request.tenant, meter.standing);
  const { sink, writer } = createSseSink(context, reply, ticket, { ...format, headers });
  const askedAtMs = context.clock.nowMs();
  const { result } = await recordAnswer(scope, await ask(scope, sink));
  if (result.kind === 'refused') {
    settleAnswer(context, request, askedAtMs, result);
    throw new FaultError(result.fault);
  }
  writer.send(format.end(result.end));
  settleAnswer(context, request, askedAtMs, result);
  await writer.end();
  return reply;
}

type Model = z.infer<typeof modelSchema>;

/** What the providers that are up offer. */
async function listModels(context: GatewayContext): Promise<Model[]> {
  const states = await context.states.read();
  return states.flatMap(({ provider, probe }) =>
    probe.state === 'up'
      ? probe.models.map((id) => ({
          id,
          object: 'model' as const,
          created: 0,
          owned_by: provider.name,
        }))
      : [],
  );
}

/** GET /v1/models. The chain, not the caller, chooses among them. */
export const handleModels = async (
  context: GatewayContext,
): Promise<z.infer<typeof modelsResponseSchema>> => ({ object: 'list', data: await listModels(context) });

const modelParamsSchema = z.object({ id: z.string() });

/** GET /v1/models/:id. */
export async function handleModel(context: GatewayContext, request: FastifyRequest): Promise<Model> {
  const { id } = parseRequest(modelParamsSchema, request.params);
  const found = (await listModels(context)).find((model) => model.id === id);
  if (found !== undefined) return found;
  throw new FaultError(
    createFault('caller_not_found', 'No provider that is up has this model.', { param: 'id' }),
  );
}
