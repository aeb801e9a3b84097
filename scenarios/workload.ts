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

const tenantName = z
  .string()
  .regex(/^[\w.-]{1,64}$/, 'a name of letters, digits, dots, hyphens and underscores');
const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable, never the key itself');

/** Whose interactions they are: tenants with shares, or so many with shares that fall by rank. */
const tenantsSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('weights'),
    tenants: z
      .array(
        z.strictObject({
          name: tenantName,
          weight: z.number().positive(),
          /** Environment variable that holds this tenant's API key. */
          apiKeyEnv: variableName.optional(),
        }),
      )
      .min(1)
      .max(10_000)
      .refine((tenants) => new Set(tenants.map(({ name }) => name)).size === tenants.length, 'unique names'),
  }),
  z.strictObject({
    kind: z.literal('zipf'),
    count: z.int().positive().max(10_000),
    /** The share of rank k falls as k^-exponent; 0 makes all equal. */
    exponent: z.number().nonnegative().max(10).default(1),
    /** Name without its number: tenant k reads its key from `${apiKeyEnvPrefix}${k}`. */
    apiKeyEnvPrefix: variableName.optional(),
  }),
]);

const sharedPrefixSchema = z.strictObject({
  /** Tokens at the beginning of the system prompt, drawn once per group. */
  tokens: drawnSchema,
  /** Share of interactions whose prefix is one that others have too; the rest have one of their own. */
  hitShareRatio: z.number().min(0).max(1),
  /** Different shared prefixes, each as likely. */
  groups: z.int().positive().max(10_000).default(1),
});

/** What every kind of work may have beside its sizes. */
const customerFields = {
  exactOutputTokens,
  sharedPrefix: sharedPrefixSchema.optional(),
  tenants: tenantsSchema.optional(),
  /** How long a customer waits for a whole answer before leaving, drawn once per interaction; for ever where absent. */
  patienceMs: drawnSchema.optional(),
  /**
   * What counts as a token when prompts are made: `words` (also where absent), or the target's own tokenizer, which is
   * asked before the run.
   */
  tokenCount: z.enum(['words', 'target']).optional(),
};

const historyFields = {
  /** Oldest turns fall out of the prompt beyond this many tokens of history. */
  maxHistoryTokens: z.int().positive().default(100_000),
  /** Answer time assumed for turns that lie before a step begins. */
  nominalResponseMs: z.number().nonnegative().default(1_000),
  /** What a customer does after a turn without an answer. */
  afterFailure: z.enum(['continue', 'abandon']).default('continue'),
};

const conversationsSchema = z.strictObject({
  kind: z.literal('conversations'),
  /** Turns of one interaction; draws are rounded and at least 1. */
  turns: drawnSchema,
  /** From the end of an answer to the customer's next message. */
  thinkTimeMs: drawnSchema,
  /** Tokens of one customer message; at least 1. */
  userTokens: drawnSchema,
  /**
   * Tokens asked of the model per answer; at least 1. With `exactOutputTokens` exactly these (`max_tokens` with
   * `ignore_eos`); without, the model stops where it likes.
   */
  outputTokens: drawnSchema,
  /** Tokens of the system prompt, drawn once per interaction; 0 sends none. */
  systemPromptTokens: drawnSchema,
  ...historyFields,
  ...customerFields,
});

const requestsSchema = z.strictObject({
  kind: z.literal('requests'),
  inputTokens: drawnSchema,
  outputTokens: drawnSchema,
  ...customerFields,
});

/** Real dialogs from a file: what customers said, turn by turn; answers are the target's own. */
const dialogsSchema = z.strictObject({
  kind: z.literal('dialogs'),
  /** JSON Lines, gzipped or not, of OpenAI messages, ShareGPT conversations or STAR turns; relative to the scenario. */
  file: z.string().min(1),
  /** `in-order` takes the file's dialogs one after another, `drawn` any of them for each interaction. */
  order: z.enum(['drawn', 'in-order']).default('drawn'),
  /** Where a message carries no `delayMs` of its own. */
  thinkTimeMs: drawnSchema,
  /** The words of the file's own answer where absent. */
  outputTokens: drawnSchema.optional(),
  ...historyFields,
  ...customerFields,
});

export const workloadSchema = z.discriminatedUnion('kind', [
  conversationsSchema,
  requestsSchema,
  dialogsSchema,
]);

export type Workload = z.infer<typeof workloadSchema>;
export type WorkloadOf<Kind extends Workload['kind']> = Extract<Workload, { kind: Kind }>;
export type ConversationWorkload = WorkloadOf<'conversations'>;
export type Tenants = z.infer<typeof tenantsSchema>;
export type SharedPrefix = z.infer<typeof sharedPrefixSchema>;
