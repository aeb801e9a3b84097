import { z } from 'zod';
import type { Result } from '../vocabulary/errors.ts';
import { parseWith } from '../vocabulary/parse.ts';
import { BYTES_PER_MIB } from '../vocabulary/units.ts';

const spanMs = z.int().min(1).max(3_600_000);
const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,40}$/, 'lower case letters, digits and dashes');
const environmentName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable');

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
    name,
    /** host:port of an inference server. */
    address: z.string().regex(/^\S+:\d{1,5}$/, 'host:port'),
  }),
  z.strictObject({
    kind: z.literal('openai'),
    name,
    /** As the OpenAI clients take it, with the version: https://host/v1. */
    baseUrl: z.url({ protocol: /^https?$/ }),
    /** Asked for at that server; when absent the first one that it lists. */
    model: z.string().min(1).optional(),
    /** Environment variable that holds the key. Keys themselves are not configuration. */
    apiKeyEnv: environmentName.optional(),
  }),
  z.strictObject({ kind: z.literal('keyword'), name }),
]);

const historySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('sqlite'), path: z.string().min(1) }),
  z.strictObject({ kind: z.literal('memory') }),
]);

const DEFAULT_SYSTEM_PROMPT =
  'You are a customer service assistant. Answer briefly, politely and to the point.';

const dialogSchema = z.strictObject({
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

const fields = {
  host: z.string().min(1).default('127.0.0.1'),
  /** 0: any free port. */
  port: z.int().min(0).max(65_535).default(8080),
  /** In the order in which they are asked. */
  providers: z
    .array(providerConfigSchema)
    .min(1)
    .max(16)
    .default([{ kind: 'keyword', name: 'keyword' }]),
  history: historySchema.default({ kind: 'memory' }),
  /** File with one `name:sha256-hex` per line. With neither this nor apiKeysEnv, no key is asked for. */
  apiKeysFile: z.string().min(1).optional(),
  /** Environment variable with the same lines, separated by line breaks or commas. */
  apiKeysEnv: environmentName.optional(),
  /** Environment variable with the secret that keys the hash of customer ids. */
  customerHashEnv: environmentName.optional(),
  /** Completions and turns in progress; beyond it 503. */
  maxInFlight: z.int().min(1).max(1_000_000).default(1024),
  bodyLimitBytes: z
    .int()
    .min(1024)
    .max(64 * BYTES_PER_MIB)
    .default(BYTES_PER_MIB),
  /** Output tokens of a completion that names no limit, and the most that one may ask for. */
  defaultOutputTokens: z.int().min(1).default(256),
  maxOutputTokens: z.int().min(1).default(32_768),
  timeouts: timeoutsSchema.prefault({}),
  dialog: dialogSchema.prefault({}),
  /** How long a drain waits for work in progress. */
  drainMs: z.int().min(0).max(3_600_000).default(10_000),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
};

interface Cross {
  readonly providers: readonly { readonly name: string }[];
  readonly defaultOutputTokens: number;
  readonly maxOutputTokens: number;
}

function checkAcross(config: Cross, context: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [index, provider] of config.providers.entries()) {
    if (seen.has(provider.name)) {
      context.addIssue({
        code: 'custom',
        path: ['providers', index, 'name'],
        message: 'a name that no other provider has',
      });
    }
    seen.add(provider.name);
  }
  if (config.defaultOutputTokens > config.maxOutputTokens) {
    context.addIssue({
      code: 'custom',
      path: ['defaultOutputTokens'],
      message: `≤ maxOutputTokens (${config.maxOutputTokens})`,
    });
  }
}

/** Configuration of one gateway process; every default is resolved once, here. Spans in ms. */
export const gatewayConfigSchema = z.strictObject(fields).superRefine(checkAcross);

/** Every field present. */
export type GatewayConfig = z.output<typeof gatewayConfigSchema>;
/** As a user writes it: only what differs from the defaults. */
export type GatewayConfigInput = z.input<typeof gatewayConfigSchema>;
export type ProviderConfig = z.output<typeof providerConfigSchema>;
export type TimeoutsConfig = z.output<typeof timeoutsSchema>;
export type DialogConfig = GatewayConfig['dialog'];

/** Validates a configuration and fills in its defaults; INVALID_CONFIG lists every problem. */
export const resolveGatewayConfig = (input: unknown, what = 'the gateway configuration') =>
  parseWith(
    gatewayConfigSchema as z.ZodType<GatewayConfig>,
    input,
    'INVALID_CONFIG',
    what,
  ) as Result<GatewayConfig>;
