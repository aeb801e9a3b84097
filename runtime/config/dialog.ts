import { z } from 'zod';
import { spanMs } from './fields.ts';

const DEFAULT_SYSTEM_PROMPT =
  'You are a customer service assistant. Answer briefly, politely and to the point.';

const MIB_LIMITS = { min: 1, max: 256, default: 16 } as const;

/** Where scripts are, and what their logic may use. */
export const scriptsSchema = z.strictObject({
  /** Holds one folder per version, each with script.yaml and, if it needs any, logic.js. */
  folder: z.string().min(1),
  /** Absent: the highest version that loads, also after a change in the folder. */
  activeVersion: z.string().min(1).max(64).optional(),
  /** Beside file notifications, which some mounted folders never send. */
  pollMs: spanMs.default(2000),
  /** Quiet time after a change before it is read, so that a half-copied version is not. */
  debounceMs: spanMs.default(200),
  /** One call of logic.js. */
  logicTimeoutMs: z.int().min(1).max(10_000).default(50),
  logicMemoryMib: z.int().min(MIB_LIMITS.min).max(MIB_LIMITS.max).default(MIB_LIMITS.default),
});

const terms = z.array(z.string().min(1).max(100)).min(1).max(500);
const ruleAction = z.enum(['block', 'rewrite', 'escalate']);

/** What an answer is held against. Rules only read text; none calls a model. */
export const supervisorRuleSchema = z.discriminatedUnion('kind', [
  /** Amounts of money that neither the facts of the turn nor the conversation name. */
  z.strictObject({
    kind: z.literal('ungrounded-amounts'),
    action: z.enum(['block', 'escalate']).default('block'),
  }),
  /** A promise (refund, credit, discount, compensation, waiver) that the script did not allow. */
  z.strictObject({
    kind: z.literal('promises'),
    action: z.enum(['block', 'escalate']).default('block'),
  }),
  /** Personal data in the answer that the redactor finds. */
  z.strictObject({ kind: z.literal('personal-data'), action: ruleAction.default('rewrite') }),
  z.strictObject({ kind: z.literal('banned-words'), words: terms, action: ruleAction.default('rewrite') }),
  z.strictObject({
    kind: z.literal('banned-topic'),
    name: z.string().regex(/^[a-z][a-z0-9-]{0,40}$/),
    words: terms,
    action: z.enum(['block', 'escalate']).default('block'),
  }),
  z.strictObject({
    kind: z.literal('length'),
    maxChars: z.int().min(20).max(100_000),
    action: z.enum(['rewrite', 'block']).default('rewrite'),
  }),
  /** Another language than this one. */
  z.strictObject({
    kind: z.literal('language'),
    language: z.enum(['en', 'de', 'fr', 'es', 'it', 'nl']),
    action: z.enum(['block', 'escalate']).default('block'),
  }),
]);

export type SupervisorRule = z.output<typeof supervisorRuleSchema>;

const DEFAULT_REVIEW_PROMPT = [
  'You review the draft answer of a customer service assistant before the customer relies on it.',
  'Reply with exactly one line: APPROVED, or BLOCKED: reason, or ESCALATE: reason, or REWRITE: the corrected answer.',
  'BLOCKED is for harmful, abusive or made-up content; ESCALATE where a person has to decide.',
].join(' ');

export const supervisorSchema = z.strictObject({
  mode: z.enum(['off', 'before', 'alongside']).default('off'),
  rules: z
    .array(supervisorRuleSchema)
    .max(64)
    .default([
      { kind: 'ungrounded-amounts', action: 'block' },
      { kind: 'promises', action: 'block' },
      { kind: 'personal-data', action: 'rewrite' },
    ]),
  /** A second request through the same chain. */
  model: z
    .strictObject({
      enabled: z.boolean().default(false),
      prompt: z.string().min(1).max(20_000).default(DEFAULT_REVIEW_PROMPT),
      maxOutputTokens: z.int().min(8).max(4096).default(120),
      timeoutMs: spanMs.default(5000),
      /** What a review that fails, times out or says something else counts as. */
      onFailure: z.enum(['block', 'approve']).default('block'),
    })
    .prefault({}),
  /** What the customer reads in place of a blocked answer, where it was held back. */
  blockedAnswer: z
    .string()
    .min(1)
    .max(1000)
    .default('I cannot answer that. A colleague can help you: just ask for a person.'),
});

export const escalationSchema = z.strictObject({
  /** Beside the built-in ones, which cannot be switched off. Matched as whole words, in any case. */
  humanPhrases: z.array(z.string().min(3).max(100)).max(200).default([]),
  /** So many turns in a row that were not understood or answered at keyword level; 0 switches it off. */
  maxUnsureTurns: z.int().min(0).max(100).default(3),
  onPolicyHit: z.boolean().default(true),
  onAgentTimeout: z.boolean().default(true),
  /** Sentiment of a message at or below which a person takes over, from -1 to 0; `off` for never. */
  sentimentAtMost: z.union([z.literal('off'), z.number().min(-1).max(0)]).default(-0.6),
  /** What the customer reads at a hand-over that the script gives no words for. */
  answer: z
    .string()
    .min(1)
    .max(1000)
    .default(
      'I am passing you on to a colleague, who will see our conversation. Thank you for your patience.',
    ),
});

export const dialogSchema = z.strictObject({
  systemPrompt: z.string().max(20_000).default(DEFAULT_SYSTEM_PROMPT),
  maxOutputTokens: z.int().min(1).max(32_768).default(160),
  temperature: z.number().min(0).max(2).default(0.7),
  /** Without a turn for this long an interaction is inactive; its next turn resumes it. */
  inactiveAfterMs: spanMs.default(900_000),
  /** How long an idle context stays in memory; afterwards it is rebuilt from history. */
  contextTtlMs: spanMs.default(1_800_000),
  /** Contexts held in memory; beyond it the least recently used go. */
  maxContexts: z.int().min(1).max(10_000_000).default(100_000),
  /** Turns of one interaction waiting for their place. */
  maxQueuedTurns: z.int().min(1).max(1000).default(16),
  /** Context window to stay within while the engine's own is unknown. */
  contextTokens: z.int().min(64).default(4096),
  /** Absent: every turn goes to the agent. */
  scripts: scriptsSchema.optional(),
  supervisor: supervisorSchema.prefault({}),
  escalation: escalationSchema.prefault({}),
});

export type ScriptsConfig = z.output<typeof scriptsSchema>;
export type SupervisorConfig = z.output<typeof supervisorSchema>;
export type EscalationConfig = z.output<typeof escalationSchema>;

/** How turns are answered. */
export const dialogFields = { dialog: dialogSchema.prefault({}) };
