import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { sFromMs } from '../../vocabulary/units.ts';
import { type Answer, answer } from '../llm/answer.ts';
import { FaultError } from '../llm/fault.ts';
import type { CompletionRequest } from '../llm/provider.ts';
import type { Ticket } from './admission.ts';
import {
  type ChatRequest,
  chatRequestSchema,
  type chatResponseSchema,
  completionFromChat,
  type modelsResponseSchema,
} from './chat-schema.ts';
import { ChatChunks, usageBodyFrom } from './chat-stream.ts';
import type { GatewayContext } from './context.ts';
import { parseRequest } from './error-body.ts';
import { answererHeaders, createSseSink, settleAnswer, withTicket } from './request-scope.ts';

interface Completion {
  readonly context: GatewayContext;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly ticket: Ticket;
  readonly body: ChatRequest;
  readonly completion: CompletionRequest;
  readonly createdAtUnixS: number;
}

/** POST /v1/chat/completions. */
export async function handleChat(
  context: GatewayContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const body = parseRequest(chatRequestSchema, request.body);
  const completion = completionFromChat(body, context.newId(), context.config);
  const createdAtUnixS = Math.floor(sFromMs(context.clock.unixMs()));
  return withTicket(context, reply, (ticket) => {
    const scope = { context, request, reply, ticket, body, completion, createdAtUnixS };
    return body.stream === true ? streamAnswer(scope) : sendAnswer(scope);
  });
}

async function sendAnswer(scope: Completion): Promise<FastifyReply> {
  const { context, request, reply, ticket, completion } = scope;
  const askedAtMs = context.clock.nowMs();
  const result = await answer(context.chain, completion, {
    signal: ticket.signal,
    observer: context.metrics,
    clock: context.clock,
  });
  if (result.kind === 'answered' && result.end.outcome !== 'incomplete') {
    reply.headers(answererHeaders(result.answerer)).send(bodyFrom(scope, result));
  }
  settleAnswer(context, request, askedAtMs, result);
  if (result.kind === 'refused') throw new FaultError(result.fault);
  if (result.end.outcome === 'incomplete') throw new FaultError(result.end.fault);
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
  const { context, request, reply, ticket, completion } = scope;
  const format = createFormat(scope);
  const { sink, writer } = createSseSink(context, reply, ticket, format);
  const askedAtMs = context.clock.nowMs();
  const result = await answer(context.chain, completion, {
    signal: ticket.signal,
    observer: context.metrics,
    clock: context.clock,
    sink,
  });
  if (result.kind === 'refused') {
    settleAnswer(context, request, askedAtMs, result);
    throw new FaultError(result.fault);
  }
  writer.send(format.end(result.end));
  settleAnswer(context, request, askedAtMs, result);
  await writer.end();
  return reply;
}

type ModelsResponse = z.infer<typeof modelsResponseSchema>;

/** GET /v1/models: what the providers that are up offer. The chain, not the caller, chooses among them. */
export async function handleModels(context: GatewayContext): Promise<ModelsResponse> {
  const states = await context.states.read();
  const data = states.flatMap(({ provider, probe }) =>
    probe.state === 'up'
      ? probe.models.map((id) => ({
          id,
          object: 'model' as const,
          created: 0,
          owned_by: provider.name,
        }))
      : [],
  );
  return { object: 'list', data };
}
