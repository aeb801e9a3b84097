import { z } from 'zod';

/** What an engine says of itself; carried from the engine through the gateway's /ready into result files. */
export const engineDescriptionSchema = z.object({
  kind: z.enum(['llama', 'simulated', 'remote', 'unknown']),
  simulated: z.boolean(),
  model: z.string(),
  /** In words: `CPU, 1 thread`, `H100 80 GB (simulated)`. */
  device: z.string(),
  version: z.string(),
  contextTokens: z.int().positive(),
  maxSequences: z.int().positive(),
  kvCapacityTokens: z.int().positive(),
});
export type EngineDescription = z.infer<typeof engineDescriptionSchema>;

/** Body of GET /ready. 200 when `ready`, 503 otherwise. */
export const readinessSchema = z.object({
  status: z.enum(['ready', 'not-ready', 'draining']),
  version: z.string(),
  providers: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['grpc', 'openai', 'anthropic', 'keyword']),
      state: z.enum(['up', 'down', 'unknown']),
      engine: engineDescriptionSchema.optional(),
      /** Why it is down, for people. */
      detail: z.string().optional(),
    }),
  ),
  /** Stores outside the process; each must answer for the gateway to be ready. Absent in what other tools answer. */
  dependencies: z
    .array(
      z.object({
        /** What it is for: `history`, `contexts`, `lock`. */
        name: z.string(),
        /** `sqlite`, `postgres`, `redis`. */
        kind: z.string(),
        state: z.enum(['up', 'down']),
        detail: z.string().optional(),
      }),
    )
    .optional(),
});
export type Readiness = z.infer<typeof readinessSchema>;

/**
 * Engine-side facts of one generation, in snake case as wire formats have it. The gateway adds it as `timings`
 * to the chunk (or body) that carries `usage`; clients of other tools ignore it.
 */
export const wireTimingsSchema = z.object({
  queue_wait_ms: z.number().nonnegative(),
  prefill_ms: z.number().nonnegative(),
  decode_ms: z.number().nonnegative(),
  batch_sequences: z.int().nonnegative(),
  cached_prompt_tokens: z.int().nonnegative(),
});
export type WireTimings = z.infer<typeof wireTimingsSchema>;
