import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { WireTimings } from '../../vocabulary/readiness.ts';
import type { InteractionView } from '../dialog/dialog-service.ts';
import type { HandOver, TurnRecord } from '../store/history-store.ts';
import { usageBodyFrom } from './chat-stream.ts';
import type { InteractionResponse, TurnResponse } from './dialog-schema.ts';
import { parseRequest } from './error-body.ts';

const paramsSchema = z.object({ id: z.string().min(1).max(128) });

/** The interaction that the path names. */
export const interactionIdOf = (request: FastifyRequest): string =>
  parseRequest(paramsSchema, request.params).id;

const answeredBy = ({ provider, engine, level }: TurnRecord) => ({ provider, engine, level });

/** An answered turn on the wire. */
export const turnResponseFrom = (
  turn: TurnRecord,
  replayed: boolean,
  timings: WireTimings | undefined,
  handOver?: HandOver,
): TurnResponse => ({
  interactionId: turn.interactionId,
  messageId: turn.messageId,
  turnIndex: turn.turnIndex,
  text: turn.answerText,
  outcome: turn.outcome,
  finishReason: turn.finishReason,
  answeredBy: answeredBy(turn),
  usage: usageBodyFrom(turn),
  ...(timings === undefined ? {} : { timings }),
  decidedBy: turn.decidedBy,
  ...(turn.intent === undefined ? {} : { intent: turn.intent }),
  ...(turn.confidence === undefined ? {} : { confidence: turn.confidence }),
  ...(handOver === undefined
    ? {}
    : { handOver: { trigger: handOver.trigger, reasonCode: handOver.reasonCode } }),
  replayed,
});

/** An interaction on the wire. */
export const interactionResponseFrom = ({
  interaction,
  state,
  turns,
}: InteractionView): InteractionResponse => ({
  interactionId: interaction.interactionId,
  state,
  channel: interaction.channel,
  ...(interaction.reason === undefined ? {} : { reason: interaction.reason }),
  ...(interaction.handOver === undefined ? {} : { handOver: interaction.handOver }),
  createdAtUnixMs: interaction.createdAtUnixMs,
  updatedAtUnixMs: interaction.updatedAtUnixMs,
  turns: turns.map((turn) => ({
    turnIndex: turn.turnIndex,
    messageId: turn.messageId,
    customerText: turn.customerText,
    answerText: turn.answerText,
    answeredBy: answeredBy(turn),
    finishedAtUnixMs: turn.finishedAtUnixMs,
  })),
});
