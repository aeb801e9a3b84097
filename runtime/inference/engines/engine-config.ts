import { join } from 'node:path';
import { z } from 'zod';

/** The model that comes with the project. */
export const DEMO_MODEL_PATH = join(import.meta.dirname, '../model/demo.gguf');

const maxWaiting = z.int().nonnegative().default(256);

export const llamaConfigSchema = z.strictObject({
  kind: z.literal('llama'),
  /** Any GGUF file; the demo model by default. */
  modelPath: z.string().min(1).default(DEMO_MODEL_PATH),
  device: z.enum(['auto', 'cpu', 'cuda', 'vulkan', 'metal']).default('auto'),
  /** Requests that run at the same time. KV memory is contextTokensPerSequence × maxSequences. */
  maxSequences: z.int().min(1).max(256).default(8),
  /** The model's training context, at most 4096, when absent. */
  contextTokensPerSequence: z.int().min(16).optional(),
  /** Cores less one, at most 8, when absent: with as many threads as cores any other load stalls every step. */
  threads: z.int().min(1).optional(),
  /** Requests that may wait; one more is refused as OVERLOADED. */
  maxWaiting,
});

export const simulatedConfigSchema = z.strictObject({
  kind: z.literal('simulated'),
  /** The name of a profile that comes with the project, or the path of a profile file. */
  profile: z.string().min(1).default('qwen3-32b-h100x2'),
  seed: z.int().nonnegative().default(1),
  /** At most what the profile says, when absent exactly that. */
  maxSequences: z.int().min(1).optional(),
  maxWaiting,
  /** Standard deviation of a step's duration as a share of it. */
  jitterRatio: z.number().min(0).max(1).default(0),
});

/** Which engine to run and how. A `remote` engine (an OpenAI-compatible server behind this contract) adds a third arm. */
export const engineConfigSchema = z.discriminatedUnion('kind', [llamaConfigSchema, simulatedConfigSchema]);

export type LlamaConfig = z.infer<typeof llamaConfigSchema>;
export type SimulatedConfig = z.infer<typeof simulatedConfigSchema>;
export type EngineConfig = z.infer<typeof engineConfigSchema>;
/** As written by people: fields with defaults may be left out. */
export type EngineConfigInput = z.input<typeof engineConfigSchema>;
