import { z } from 'zod';
import { BYTES_PER_GIB, BYTES_PER_MIB } from '../../vocabulary/units.ts';
import { environmentName, shortName, spanMs } from './fields.ts';
import { clientTlsSchema } from './tls.ts';

/** Limits of one attempt at one provider, ms. */
export const timeoutsSchema = z.strictObject({
  /** Until connected; also the limit of a readiness probe. */
  connectMs: spanMs.default(2000),
  /** From asking a provider to its first token. */
  firstTokenMs: spanMs.default(30_000),
  /** Between two tokens, and between two reads of a client that reads slowly. */
  idleMs: spanMs.default(15_000),
  /** From asking a provider to the end of its answer; retries must begin within it too. */
  totalMs: spanMs.default(120_000),
});

const ownTimeoutsSchema = z.strictObject({
  connectMs: spanMs.optional(),
  firstTokenMs: spanMs.optional(),
  idleMs: spanMs.optional(),
  totalMs: spanMs.optional(),
});

const usdPerMTok = z.number().min(0).max(1_000_000);
const count = z.int().min(1).max(1_000_000_000);

const priceSchema = z.union(
  [
    z.strictObject({
      inputUsdPerMTok: usdPerMTok,
      cachedInputUsdPerMTok: usdPerMTok.optional(),
      outputUsdPerMTok: usdPerMTok,
      cacheWriteUsdPerMTok: usdPerMTok.optional(),
    }),
    /** Entry of llm-prices in the price catalogue that plans use too. */
    z.strictObject({ catalogue: z.string().min(1) }),
  ],
  { error: '{ inputUsdPerMTok, cachedInputUsdPerMTok, outputUsdPerMTok } or { catalogue: <entry id> }' },
);

const queueSchema = z.strictObject({
  /** Requests at the provider at once; absent: as many as come. */
  maxConcurrent: count.optional(),
  /** Requests that wait for a place. */
  maxQueued: z.int().min(0).max(100_000).default(64),
  maxWaitMs: z.int().min(0).max(3_600_000).default(2000),
});

const limitsSchema = z.strictObject({
  concurrent: count.optional(),
  requestsPerMin: count.optional(),
  /** Input and output together. */
  tokensPerMin: count.optional(),
});

/** What every provider may have, whatever its kind. */
const common = {
  name: shortName,
  price: priceSchema.optional(),
  timeouts: ownTimeoutsSchema.optional(),
  queue: queueSchema.optional(),
  limits: limitsSchema.optional(),
  /** A second attempt before the first token; without afterMs after the provider's 95th percentile. */
  hedge: z.strictObject({ afterMs: spanMs.optional() }).optional(),
};

const MAX_PORT = 65_535;
const isAddress = (text: string): boolean => {
  const port = /^[^\s/]+:(\d{1,5})$/.exec(text)?.[1];
  return port !== undefined && Number(port) >= 1 && Number(port) <= MAX_PORT;
};
const address = z.string().refine(isAddress, 'host:port, the port from 1 to 65535');

export const providerConfigSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('grpc'),
    ...common,
    /** host:port of an inference server, or those of several that serve the same model. */
    address: z.union([address, z.array(address).min(1).max(64)]),
    /** TLS to it, and with a certificate mutual TLS; plain without it. */
    tls: clientTlsSchema.optional(),
  }),
  z.strictObject({
    kind: z.literal('openai'),
    ...common,
    /** As the OpenAI clients take it, with the version: https://host/v1. */
    baseUrl: z.url({ protocol: /^https?$/ }),
    /** Asked for at that server; when absent the first one that it lists. */
    model: z.string().min(1).optional(),
    /** Environment variable that holds the key. Keys themselves are not configuration. */
    apiKeyEnv: environmentName.optional(),
    /** Whether cache keys are sent as prompt_cache_key; some servers refuse fields that they do not know. */
    promptCacheKey: z.boolean().default(true),
  }),
  z.strictObject({
    kind: z.literal('anthropic'),
    ...common,
    /** Without the version. */
    baseUrl: z.url({ protocol: /^https?$/ }).default('https://api.anthropic.com'),
    model: z.string().min(1),
    apiKeyEnv: environmentName.optional(),
    apiVersion: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}$/, 'a date such as 2023-06-01')
      .default('2023-06-01'),
  }),
  z.strictObject({ kind: z.literal('keyword'), name: shortName }),
]);

const retriesSchema = z.strictObject({
  /** Attempts of one request at providers outside, over the whole chain; 1 asks nobody twice. */
  maxAttempts: z.int().min(1).max(100).default(4),
  /** Waits are drawn between 0 and this, doubled with each retry. */
  baseMs: spanMs.default(100),
  maxMs: spanMs.default(2000),
  /** Retries, fail-overs and hedges together, as a share of requests. */
  budgetRatio: z.number().min(0).max(10).default(0.1),
  /** As many per second are allowed in any case. */
  budgetMinPerS: z.number().min(0).max(1000).default(1),
});

const ratio = z.number().gt(0).max(1);

const breakerSchema = z.strictObject({
  maxFailures: z.int().min(1).max(10_000).default(5),
  failureRatio: ratio.default(0.5),
  windowMs: spanMs.default(10_000),
  minRequests: z.int().min(1).max(1_000_000).default(20),
  openMs: spanMs.default(5000),
  maxOpenMs: spanMs.default(60_000),
  probes: z.int().min(1).max(1000).default(1),
});

const cacheSchema = z.strictObject({
  maxEntries: z.int().min(1).max(10_000_000).default(10_000),
  maxBytes: z
    .int()
    .min(1024)
    .max(64 * BYTES_PER_GIB)
    .default(64 * BYTES_PER_MIB),
  ttlMs: z.int().min(1).max(604_800_000).default(300_000),
});

const egressSchema = z.strictObject({
  /** Host names as they stand in URLs and addresses; `*.` in front allows every name below. */
  allowedHosts: z.array(z.string().min(1)).max(1000),
});

export type ProviderConfig = z.output<typeof providerConfigSchema>;
export type TimeoutsConfig = z.output<typeof timeoutsSchema>;
export type PriceConfig = z.output<typeof priceSchema>;

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
  retries: retriesSchema.prefault({}),
  breaker: breakerSchema.prefault({}),
  /** Exact cache of whole answers, per tenant; absent: off. */
  cache: cacheSchema.optional(),
  /** Absent: providers may be anywhere. */
  egress: egressSchema.optional(),
};

/** The inference servers of a provider, in the order in which they were written. */
export const addressesOf = ({ address }: { readonly address: string | readonly string[] }) =>
  typeof address === 'string' ? [address] : [...address];

/** The hosts that a provider calls; none for one that calls nobody. */
function hostsOf(provider: ProviderConfig): string[] {
  if (provider.kind === 'keyword') return [];
  const urls =
    provider.kind === 'grpc' ? addressesOf(provider).map((text) => `grpc://${text}`) : [provider.baseUrl];
  return urls.map((text) =>
    URL.canParse(text) ? new URL(text).hostname.toLowerCase().replace(/^\[|\]$/g, '') : text,
  );
}

function isAllowed(host: string, allowed: readonly string[]): boolean {
  return allowed.some((entry) => {
    const name = entry.toLowerCase();
    return name.startsWith('*.') ? host.endsWith(name.slice(1)) : host === name;
  });
}

interface LlmConfig {
  readonly providers: readonly ProviderConfig[];
  readonly egress?: z.output<typeof egressSchema> | undefined;
}

/** Checks that no schema of a single field can make: each provider is where traffic may go. */
export function checkEgress(config: LlmConfig, context: z.RefinementCtx): void {
  const { egress } = config;
  if (egress === undefined) return;
  for (const [index, provider] of config.providers.entries()) {
    for (const host of hostsOf(provider).filter((name) => !isAllowed(name, egress.allowedHosts))) {
      context.addIssue({
        code: 'custom',
        path: ['providers', index, provider.kind === 'grpc' ? 'address' : 'baseUrl'],
        message: `a host of egress.allowedHosts (${egress.allowedHosts.join(', ') || 'none'}), not ${host}`,
      });
    }
  }
}
