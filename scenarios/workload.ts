import { z } from 'zod';
import { type Distribution, distributionSchema } from '../vocabulary/distributions.ts';

function isAscending(values: readonly number[]): boolean {
  return values.every((value, i) => i === 0 || value >= (values[i - 1] ?? value));
}

const issueOf = (path: PropertyKey[], message: string) => ({ code: 'custom' as const, path, message });

/** The rules that a distribution must keep beyond the types of its fields. */
function checkDistribution(distribution: Distribution, context: z.core.$RefinementCtx): void {
  if (distribution.kind === 'quantiles' && !isAscending(distribution.values)) {
    context.addIssue(issueOf(['values'], 'values in ascending order'));
  }
  if (distribution.kind === 'histogram') {
    if (distribution.values.length !== distribution.weights.length) {
      context.addIssue(issueOf(['weights'], `as many weights as values (${distribution.values.length})`));
    }
    if (!distribution.weights.some((weight) => weight > 0)) {
      context.addIssue(issueOf(['weights'], 'at least one weight above 0'));
    }
  }
  if ('min' in distribution && (distribution.min ?? 0) > (distribution.max ?? Number.POSITIVE_INFINITY)) {
    context.addIssue(issueOf(['min'], 'min not above max'));
  }
}

/** A quantity drawn per interaction, turn or request, and where its distribution comes from. */
const drawnSchema = z.strictObject({
  distribution: distributionSchema.superRefine(checkDistribution),
  /** Citation, or `assumed` with a reason. */
  source: z.string().min(1),
});

export type Drawn = z.infer<typeof drawnSchema>;

const exactOutputTokens = z.boolean().default(true);

const conversationsSchema = z.strictObject({
  kind: z.literal('conversations'),
  /** Turns of one interaction; draws are rounded and at least 1. */
  turns: drawnSchema,
  /** From the end of an answer to the customer's next message. */
  thinkTimeMs: drawnSchema,
  /** Tokens of one customer message; at least 1. */
  userTokens: drawnSchema,
  /** Tokens asked of the model per answer; at least 1. */
  outputTokens: drawnSchema,
  /** Tokens of the system prompt, drawn once per interaction; 0 sends none. */
  systemPromptTokens: drawnSchema,
  /** Ask for exactly the drawn output tokens (`max_tokens` with `ignore_eos`); false leaves the model to stop. */
  exactOutputTokens,
  /** Oldest turns fall out of the prompt beyond this many words of history. */
  maxHistoryTokens: z.int().positive().default(100_000),
  /** Answer time assumed for turns that lie before a step begins. */
  nominalResponseMs: z.number().nonnegative().default(1_000),
  /** What a customer does after a turn without an answer. */
  afterFailure: z.enum(['continue', 'abandon']).default('continue'),
});

const requestsSchema = z.strictObject({
  kind: z.literal('requests'),
  inputTokens: drawnSchema,
  outputTokens: drawnSchema,
  exactOutputTokens,
});

export const workloadSchema = z.discriminatedUnion('kind', [conversationsSchema, requestsSchema]);

export type Workload = z.infer<typeof workloadSchema>;
export type ConversationWorkload = Extract<Workload, { kind: 'conversations' }>;
