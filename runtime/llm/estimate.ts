import type { CompletionRequest } from './provider.ts';

/** Role markers and separators that chat templates put around each message, and the opening of the answer. */
const TOKENS_PER_MESSAGE = 8;
/**
 * Text that people write has at least two bytes of UTF-8 per token in every tokenizer in use (English about four,
 * Chinese and Japanese two to three): a ceiling for limits, not a guess of the mean.
 */
const MIN_BYTES_PER_TOKEN = 2;

/** The most tokens that a prompt of whatever bytes has: no tokenizer in use makes more than one of a byte. */
export function maxPromptTokens(request: CompletionRequest): number {
  let bytes = 0;
  for (const message of request.messages) bytes += Buffer.byteLength(message.content);
  return bytes + TOKENS_PER_MESSAGE * (request.messages.length + 1);
}

/** The most tokens that a prompt of ordinary text has. */
export function estimatePromptTokens(request: CompletionRequest): number {
  let bytes = 0;
  for (const message of request.messages) bytes += Buffer.byteLength(message.content);
  return Math.ceil(bytes / MIN_BYTES_PER_TOKEN) + TOKENS_PER_MESSAGE * (request.messages.length + 1);
}

/** Mean of English prose under the tokenizers in use. */
const USUAL_BYTES_PER_TOKEN = 4;

/** What a prompt probably came to, where the far end broke off before it said so. */
export function guessPromptTokens(request: CompletionRequest): number {
  let bytes = 0;
  for (const message of request.messages) bytes += Buffer.byteLength(message.content);
  return Math.ceil(bytes / USUAL_BYTES_PER_TOKEN);
}
