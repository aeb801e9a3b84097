import { z } from 'zod';
import { environmentName, shortName, spanMs } from './fields.ts';

/** Limits of one attempt at one provider, ms. */
export const timeoutsSchema = z.strictObject({
  /** Until connected; also the limit of a readiness probe. */
  connectMs: spanMs.default(2000),
  /** From asking a provider to its first token. */
  firstTokenMs: spanMs.default(30_000),
  /** Between two tokens, and between two reads of a client that reads slowly. */
  idleMs: spanMs.default(15_000),
  /** From asking a provider to the end of its answer. */
  totalMs: spanMs.default(120_000),
});

export const providerConfigSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('grpc'),
    name: shortName,
    /** host:port of an inference server. */
    address: z.string().regex(/^\S+:\d{1,5}$/, 'host:port'),
  }),
  z.strictObject({
    kind: z.literal('openai'),
    name: shortName,
    /** As the OpenAI clients take it, with the version: https://host/v1. */
    baseUrl: z.url({ protocol: /^https?$/ }),
    /** Asked for at that server; when absent the first one that it lists. */
    model: z.string().min(1).optional(),
    /** Environment variable that holds the key. Keys themselves are not configuration. */
    apiKeyEnv: environmentName.optional(),
  }),
  z.strictObject({ kind: z.literal('keyword'), name: shortName }),
]);

export type ProviderConfig = z.output<typeof providerConfigSchema>;
export type TimeoutsConfig = z.output<typeof timeoutsSchema>;

/** Who answers, and within which limits. */
export const llmFields = {
  /** In the order in which they are asked. */
  providers: z
    .array(providerConfigSchema)
    .min(1)
    .max(16)
    .default([{ kind: 'keyword', name: 'keyword' }]),
  /** Output tokens of a completion that names no limit, and the most that one may ask for. */
  defaultOutputTokens: z.int().min(1).default(256),
  maxOutputTokens: z.int().min(1).default(32_768),
  timeouts: timeoutsSchema.prefault({}),
};
