import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FaultCode } from '../../vocabulary/faults.ts';
import type { Answer, AnswerSink } from '../llm/answer.ts';
import type { Answerer } from '../llm/chain.ts';
import { createFault } from '../llm/fault.ts';
import { pacedSink } from '../telemetry/paced-sink.ts';
import type { Tenant } from '../tenants/ledger.ts';
import type { Ticket } from './admission.ts';
import type { GatewayContext } from './context.ts';
import { SseWriter } from './sse-writer.ts';

declare module 'fastify' {
  interface FastifyRequest {
    startedAtMs: number;
    /** How the request ended, for metrics and the log line. */
    outcome: 'ok' | FaultCode;
    /** Who calls; the default tenant on routes that ask for no key. */
    tenant: Tenant;
  }
}

/** Response headers that say who answered; a simulated engine is named as such. */
export const answererHeaders = (answerer: Answerer): Record<string, string> => ({
  'x-busyhour-engine': answerer.engine,
  'x-busyhour-provider': answerer.provider,
  ...(answerer.cached === true ? { 'x-busyhour-cache': 'hit' } : {}),
});

/** Runs work under an admission ticket that is aborted when the client leaves. */
export async function withTicket<T>(
  context: GatewayContext,
  reply: FastifyReply,
  work: (ticket: Ticket) => Promise<T>,
): Promise<T> {
  // Both routes come here straight from validating what they were sent.
  const { bodyAtMs } = reply.request;
  if (bodyAtMs > 0) context.metrics.stageEnded('parse', performance.now() - bodyAtMs);
  const ticket = await context.admission.enter();
  const onClose = (): void => {
    if (!reply.raw.writableFinished) ticket.abort(createFault('caller_disconnected'));
  };
  reply.raw.on('close', onClose);
  try {
    return await work(ticket);
  } catch (error) {
    // A stream that a defect left open would keep its reader waiting for ever.
    if (reply.sent && !reply.raw.writableEnded) reply.raw.destroy();
    throw error;
  } finally {
    reply.raw.off('close', onClose);
    ticket.release();
  }
}

/** What is written for each event of a streamed answer, as text of complete server-sent events. */
export interface StreamFormat {
  begin(answerer: Answerer): string;
  text(text: string): string;
}

/** A sink that takes over the reply on the first token; until then the reply can still carry an error status. */
export function createSseSink(
  context: GatewayContext,
  reply: FastifyReply,
  ticket: Ticket,
  format: StreamFormat & { readonly headers?: Readonly<Record<string, string>> },
): { readonly sink: AnswerSink; readonly writer: SseWriter } {
  const writer = new SseWriter(reply.raw, context.config.timeouts.idleMs, (fault) => ticket.abort(fault));
  const sink: AnswerSink = {
    begin(answerer) {
      reply.hijack();
      writer.open({ ...format.headers, ...answererHeaders(answerer) });
      writer.send(format.begin(answerer));
    },
    text: (text) => writer.send(format.text(text)),
    hold: () => (writer.isBehind ? writer.ready() : undefined),
  };
  const { metrics, clock } = context;
  const { startedAtMs } = reply.request;
  return { sink: pacedSink(sink, { metrics, clock, startedAtMs }), writer };
}

/** Marks the request by how its answer ended and records the gateway's own share of its time. */
export function settleAnswer(
  context: GatewayContext,
  request: FastifyRequest,
  askedAtMs: number,
  answer: Answer,
): void {
  if (answer.kind === 'refused') request.outcome = answer.fault.code;
  else if (answer.end.outcome === 'incomplete') request.outcome = answer.end.fault.code;
  context.metrics.overhead(
    askedAtMs - request.startedAtMs,
    Math.max(0, context.clock.nowMs() - answer.endedAtMs),
  );
}
