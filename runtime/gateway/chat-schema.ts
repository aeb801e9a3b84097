import { z } from 'zod';
import { wireTimingsSchema } from '../../vocabulary/readiness.ts';
import type { CompletionMessage, CompletionRequest } from '../llm/provider.ts';

const textPart = z.strictObject({ type: z.literal('text'), text: z.string() });
const content = z.union([z.string(), z.array(textPart).min(1).max(1000)]);

/** What clients leave empty in an answer that they send back. */
const emptyAnswerParts = {
  refusal: z.null().optional(),
  audio: z.null().optional(),
  annotations: z.tuple([]).nullish(),
  /** Of the official client's stream helper, where no format was asked for. */
  parsed: z.null().optional(),
  tool_calls: z.tuple([]).nullish(),
  function_call: z.null().optional(),
};

/** Messages as this gateway or OpenAI's own client writes them; tool and image parts are refused. */
const messageSchema = z.discriminatedUnion('role', [
  z.strictObject({ role: z.enum(['system', 'developer', 'user']), content }),
  z.strictObject({ role: z.literal('assistant'), content, ...emptyAnswerParts }),
]);

const shortText = z.string().min(1).max(256);
const count = z.int().min(1);

/** Fields whose only accepted values are those that change nothing here. Clients send them with their defaults. */
const neutralFields = {
  n: z.literal(1).nullish(),
  logprobs: z.literal(false).nullish(),
  top_logprobs: z.literal(0).nullish(),
  logit_bias: z
    .record(z.string(), z.unknown())
    .refine((bias) => Object.keys(bias).length === 0, 'no biases')
    // A refinement has no JSON Schema of its own: the document says it in these words.
    .meta({ maxProperties: 0 })
    .nullish(),
  presence_penalty: z.literal(0).nullish(),
  frequency_penalty: z.literal(0).nullish(),
  tools: z.tuple([]).nullish(),
  tool_choice: z.literal(['none', 'auto']).nullish(),
  /** Says how tools are called, and there are none. */
  parallel_tool_calls: z.boolean().nullish(),
  functions: z.tuple([]).nullish(),
  function_call: z.literal(['none', 'auto']).nullish(),
  response_format: z.strictObject({ type: z.literal('text') }).nullish(),
  modalities: z.tuple([z.literal('text')]).nullish(),
  audio: z.null().optional(),
  prediction: z.null().optional(),
  reasoning_effort: z.null().optional(),
  verbosity: z.literal('medium').nullish(),
  service_tier: z.literal(['auto', 'default']).nullish(),
  store: z.literal(false).nullish(),
  /** Labels of stored completions; nothing is stored. */
  metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
};

/**
 * Fields of a chat completion that are understood. Those that OpenAI's API knows and this gateway does not are
 * accepted with the value that changes nothing, and refused otherwise: never ignored.
 */
export const chatRequestSchema = z.strictObject({
  model: z.string().max(256).nullish(),
  messages: z.array(messageSchema).min(1).max(10_000),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({
      include_usage: z.boolean().nullish(),
      /** Padding against guessing texts from packet sizes, which this gateway does not add. */
      include_obfuscation: z.literal(false).nullish(),
    })
    .nullish(),
  max_tokens: count.nullish(),
  max_completion_tokens: count.nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  seed: z.int().nullish(),
  stop: z.union([shortText, z.array(shortText).max(16)]).nullish(),
  user: shortText.nullish(),
  /** OpenAI's newer name for `user`. */
  safety_identifier: shortText.nullish(),
  /** Extension: generate exactly max_tokens, for measuring. */
  ignore_eos: z.boolean().optional(),
  /** Extension: requests with one key share a growing prefix. OpenAI's name for it is the other one. */
  cache_key: shortText.optional(),
  prompt_cache_key: shortText.nullish(),
  ...neutralFields,
});
export type ChatRequest = z.infer<typeof chatRequestSchema>;

const usageSchema = z.object({
  prompt_tokens: z.int().nonnegative(),
  completion_tokens: z.int().nonnegative(),
  total_tokens: z.int().nonnegative(),
  prompt_tokens_details: z.object({ cached_tokens: z.int().nonnegative() }),
});

/** Body of a completion that is not streamed. `timings` and `outcome` are extensions. */
export const chatResponseSchema = z.object({
  id: z.string(),
  object: z.literal('chat.completion'),
  created: z.int(),
  model: z.string(),
  choices: z.array(
    z.object({
      index: z.literal(0),
      message: z.object({ role: z.literal('assistant'), content: z.string(), refusal: z.null() }),
      logprobs: z.null(),
      finish_reason: z.enum(['stop', 'length']),
    }),
  ),
  usage: usageSchema,
  timings: wireTimingsSchema.optional(),
  /** `failed_over`: an earlier provider of the chain did not answer. */
  outcome: z.enum(['complete', 'failed_over']),
});

export const modelSchema = z.object({
  id: z.string(),
  object: z.literal('model'),
  created: z.int(),
  owned_by: z.string(),
});
export const modelsResponseSchema = z.object({ object: z.literal('list'), data: z.array(modelSchema) });

export interface OutputTokenLimits {
  readonly defaultOutputTokens: number;
  readonly maxOutputTokens: number;
}

type WireMessage = ChatRequest['messages'][number];

const textOf = (content: WireMessage['content']): string =>
  typeof content === 'string' ? content : content.map((part) => part.text).join('');

const messageFrom = (message: WireMessage): CompletionMessage => ({
  role: message.role === 'developer' ? 'system' : message.role,
  content: textOf(message.content),
});

const SEED_MODULUS = 2 ** 32;
/** Engines take 32 bits; OpenAI allows 64. Equal seeds stay equal. */
const seedFrom = (seed: number): number => ((seed % SEED_MODULUS) + SEED_MODULUS) % SEED_MODULUS;

function stopFrom(stop: ChatRequest['stop']): readonly string[] {
  if (stop === undefined || stop === null) return [];
  return typeof stop === 'string' ? [stop] : stop;
}

/** The completion that a validated body asks for. Temperature and top_p default to 1, as OpenAI's do. */
export function completionFromChat(
  body: ChatRequest,
  requestId: string,
  limits: OutputTokenLimits,
): CompletionRequest {
  const cacheKey =
    body.cache_key ?? body.prompt_cache_key ?? body.user ?? body.safety_identifier ?? undefined;
  const asked = body.max_completion_tokens ?? body.max_tokens ?? limits.defaultOutputTokens;
  return {
    requestId,
    messages: body.messages.map(messageFrom),
    maxOutputTokens: Math.min(asked, limits.maxOutputTokens),
    temperature: body.temperature ?? 1,
    topP: body.top_p ?? 1,
    stop: stopFrom(body.stop),
    ignoreEos: body.ignore_eos ?? false,
    tenant: 'default',
    ...(body.seed === undefined || body.seed === null ? {} : { seed: seedFrom(body.seed) }),
    ...(cacheKey === undefined ? {} : { cacheKey }),
  };
}
