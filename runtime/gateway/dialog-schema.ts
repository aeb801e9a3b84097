import { z } from 'zod';
import { wireTimingsSchema } from '../../vocabulary/readiness.ts';
import { INTERACTION_STATES } from '../dialog/interaction-states.ts';

/** Half a surrogate pair has no UTF-8: it would be stored as another text than the one that a retry brings. */
const wellFormed = (text: string): boolean => text.isWellFormed();
const WELL_FORMED = 'text without unpaired surrogates';

/** What callers name things by. */
export const identifier = z.string().min(1).max(128).refine(wellFormed, WELL_FORMED);
const reason = z.string().min(1).max(500).refine(wellFormed, WELL_FORMED);

export const createInteractionSchema = z.strictObject({
  /** Stored only as a keyed hash. */
  customerId: identifier.optional(),
  channel: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/)
    .default('chat'),
});

export const createTurnSchema = z.strictObject({
  /** The client's own id of the message; the same id again gives the same answer. */
  messageId: identifier,
  text: z.string().min(1).max(100_000).refine(wellFormed, WELL_FORMED),
  stream: z.boolean().default(false),
  /** Redacted wherever it stands in what is kept; itself kept nowhere. */
  customerName: z.string().min(1).max(200).refine(wellFormed, WELL_FORMED).optional(),
});

export const reasonSchema = z.strictObject({ reason });

export const turnResponseSchema = z.object({
  interactionId: z.string(),
  messageId: z.string(),
  turnIndex: z.int().nonnegative(),
  text: z.string(),
  outcome: z.enum(['complete', 'failed_over']),
  finishReason: z.enum(['stop', 'length']),
  answeredBy: z.object({ provider: z.string(), engine: z.string(), level: z.string() }),
  usage: z.object({
    prompt_tokens: z.int().nonnegative(),
    completion_tokens: z.int().nonnegative(),
    total_tokens: z.int().nonnegative(),
    prompt_tokens_details: z.object({ cached_tokens: z.int().nonnegative() }),
  }),
  timings: wireTimingsSchema.optional(),
  /** Who decided the answer, and what the script understood. */
  decidedBy: z.enum(['script', 'agent']),
  intent: z.string().optional(),
  confidence: z.number().min(0).max(1).optional(),
  /** Present when a person takes over after this turn. */
  handOver: z.object({ trigger: z.string(), reasonCode: z.string() }).optional(),
  /** True when the stored answer of an earlier request is repeated. */
  replayed: z.boolean(),
});
export type TurnResponse = z.infer<typeof turnResponseSchema>;

export const interactionResponseSchema = z.object({
  interactionId: z.string(),
  state: z.enum(INTERACTION_STATES),
  channel: z.string(),
  reason: z.string().optional(),
  /** What the person who takes over reads first. */
  handOver: z
    .object({ trigger: z.string(), reasonCode: z.string(), summary: z.string(), atUnixMs: z.number() })
    .optional(),
  createdAtUnixMs: z.number(),
  updatedAtUnixMs: z.number(),
  turns: z.array(
    z.object({
      turnIndex: z.int().nonnegative(),
      messageId: z.string(),
      customerText: z.string(),
      answerText: z.string(),
      answeredBy: z.object({ provider: z.string(), engine: z.string(), level: z.string() }),
      finishedAtUnixMs: z.number(),
    }),
  ),
});
export type InteractionResponse = z.infer<typeof interactionResponseSchema>;

/** Items of a page, as a part of a query. */
export const pageLimit = z.string().regex(/^([1-9]\d?|[1-4]\d\d|500)$/, '1 to 500');

/** Parts of a query are texts. */
export const turnsQuerySchema = z.strictObject({
  /** Index of a turn, or `next` of the page before. */
  after: z
    .string()
    .regex(/^(-1|\d{1,9})$/, 'the index of a turn')
    .optional(),
  limit: pageLimit.optional(),
});

export const turnsResponseSchema = z.object({
  turns: interactionResponseSchema.shape.turns,
  /** `after` of the next page; absent on the last. */
  next: z.string().optional(),
});
