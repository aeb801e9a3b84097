import { z } from 'zod';
import { INTERACTION_STATES } from '../../dialog/interaction-states.ts';
import { createTurnSchema, reasonSchema, turnResponseSchema } from '../dialog-schema.ts';
import { errorBodySchema } from '../error-body.ts';

const eventId = z.int().nonnegative();
const { messageId, text, customerName } = createTurnSchema.shape;

/** What a client may send. */
export const clientFrameSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('turn'), messageId, text, customerName }),
  z.strictObject({ type: z.literal('resume'), lastEventId: eventId }),
  z.strictObject({ type: z.literal('escalate'), reason: reasonSchema.shape.reason.default('asked for') }),
  z.strictObject({ type: z.literal('close'), reason: reasonSchema.shape.reason.default('closed by client') }),
  z.strictObject({ type: z.literal('ping') }),
]);
export type ClientFrame = z.infer<typeof clientFrameSchema>;

const state = z.enum(INTERACTION_STATES);

/** What happens in an interaction; kept for those who come back, each under its id. */
export const socketEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('started'),
    messageId: z.string(),
    provider: z.string(),
    engine: z.string(),
    level: z.string(),
  }),
  z.object({ type: z.literal('text'), messageId: z.string(), text: z.string() }),
  z.object({ type: z.literal('completed'), messageId: z.string(), turn: turnResponseSchema }),
  z.object({ type: z.literal('error'), messageId: z.string(), ...errorBodySchema.shape }),
  z.object({ type: z.literal('state'), state, reason: z.string().optional() }),
]);
export type SocketEvent = z.infer<typeof socketEventSchema>;

const id = z.int().nonnegative();
const kept = socketEventSchema.options;

/** What a client gets: events with their id, and answers to this socket alone without one. */
export const serverFrameSchema = z.union([
  z.discriminatedUnion('type', [
    kept[0].extend({ id }),
    kept[1].extend({ id }),
    kept[2].extend({ id }),
    kept[3].extend({ id }),
    kept[4].extend({ id }),
  ]),
  z.object({ type: z.literal('hello'), interactionId: z.string(), state, lastEventId: eventId }),
  z.object({
    type: z.literal('resync'),
    state,
    lastEventId: eventId,
    turns: z.array(
      z.object({
        turnIndex: z.int().nonnegative(),
        messageId: z.string(),
        customerText: z.string(),
        answerText: z.string(),
      }),
    ),
  }),
  z.object({ type: z.literal('resumed'), lastEventId: eventId }),
  z.object({ type: z.literal('error'), ...errorBodySchema.shape }),
  z.object({ type: z.literal('pong') }),
]);
export type ServerFrame = z.infer<typeof serverFrameSchema>;

/** Why the gateway ends a socket; 4000 and above are this interface's own. */
export const CLOSE_CODES = {
  drained: 1012,
  slow_reader: 1013,
  store_away: 1013,
  bad_frames: 4400,
  key_revoked: 4401,
  unanswered_ping: 4408,
} as const;
export type CloseReason = keyof typeof CLOSE_CODES;
export const CLOSE_REASONS = Object.keys(CLOSE_CODES) as readonly CloseReason[];
