import { z } from 'zod';
import { spanMs } from './fields.ts';

const DEFAULT_SYSTEM_PROMPT =
  'You are a customer service assistant. Answer briefly, politely and to the point.';

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
});

/** How turns are answered. */
export const dialogFields = { dialog: dialogSchema.prefault({}) };
