import type { EngineDescription } from '../../vocabulary/readiness.ts';
import {
  ENGINE_ERRORS,
  type EngineErrorCode,
  type EngineLoad,
  type GenerateEvent,
  type GenerateInput,
  type GenerateRequest,
  type GenerateTimings,
} from './contract.ts';
import * as wire from './generated/inference.ts';

type Finish = Extract<GenerateEvent, { kind: 'finish' }>;

const REASON_TO_WIRE = {
  stop: wire.FinishReason.STOP,
  length: wire.FinishReason.LENGTH,
  abort: wire.FinishReason.ABORT,
} as const;

const REASON_FROM_WIRE: Readonly<Record<wire.FinishReason, Finish['reason']>> = {
  FINISH_REASON_UNSPECIFIED: 'abort',
  FINISH_REASON_STOP: 'stop',
  FINISH_REASON_LENGTH: 'length',
  FINISH_REASON_ABORT: 'abort',
};

export const NO_TIMINGS: GenerateTimings = {
  queueWaitMs: 0,
  prefillMs: 0,
  decodeMs: 0,
  batchSequences: 0,
  cachedPromptTokens: 0,
};

export function finishToWire(event: Finish, promptTokens: number): wire.FinishInfo {
  const { cachedPromptTokens } = event.timings;
  return {
    numOutputTokens: event.outputTokens,
    finishReason: REASON_TO_WIRE[event.reason],
    usage: { promptTokens, completionTokens: event.outputTokens, cachedPromptTokens },
    timings: event.timings,
  };
}

export const errorToWire = (code: EngineErrorCode, message: string): wire.ErrorInfo => ({
  code,
  message,
  retryable: ENGINE_ERRORS[code].retryable,
});

/** `promptTokens` is what the prompt event said; the finish message repeats it as usage. */
export function eventToWire(event: GenerateEvent, promptTokens: number): wire.GenerateStreamResponse {
  switch (event.kind) {
    case 'chunk': {
      const { text, tokenIds } = event;
      return { event: { $case: 'chunk', value: { text, tokenIds, numTokens: tokenIds.length } } };
    }
    case 'prompt':
      return { event: { $case: 'promptInfo', value: { numPromptTokens: event.promptTokens } } };
    case 'finish':
      return { event: { $case: 'finishInfo', value: finishToWire(event, promptTokens) } };
    case 'error':
      return { event: { $case: 'error', value: errorToWire(event.code, event.message) } };
  }
}

/** An error code this release does not know counts as ENGINE_FAILED. */
const errorCodeFrom = (code: string): EngineErrorCode =>
  Object.hasOwn(ENGINE_ERRORS, code) ? (code as EngineErrorCode) : 'ENGINE_FAILED';

/** Undefined for a message that carries no event this release knows. */
export function eventFromWire(message: wire.GenerateStreamResponse): GenerateEvent | undefined {
  const event = message.event;
  switch (event?.$case) {
    case 'chunk':
      return { kind: 'chunk', text: event.value.text, tokenIds: event.value.tokenIds };
    case 'promptInfo':
      return { kind: 'prompt', promptTokens: event.value.numPromptTokens };
    case 'finishInfo': {
      const { numOutputTokens, finishReason, timings } = event.value;
      const reason = REASON_FROM_WIRE[finishReason];
      return { kind: 'finish', reason, outputTokens: numOutputTokens, timings: timings ?? NO_TIMINGS };
    }
    case 'error':
      return { kind: 'error', code: errorCodeFrom(event.value.code), message: event.value.message };
    case undefined:
      return undefined;
  }
}

function inputToWire(input: GenerateInput): wire.GenerateRequest['input'] {
  switch (input.kind) {
    case 'text':
      return { $case: 'text', value: input.text };
    case 'tokens':
      return { $case: 'tokenIds', value: { ids: input.tokenIds } };
    case 'chat':
      return { $case: 'chat', value: { messages: input.messages } };
  }
}

export const requestToWire = (request: GenerateRequest): wire.GenerateRequest => ({
  requestId: request.requestId,
  input: inputToWire(request.input),
  maxOutputTokens: request.maxOutputTokens,
  temperature: request.temperature,
  topP: request.topP,
  seed: request.seed,
  stop: request.stop,
  ignoreEos: request.ignoreEos,
  cacheKey: request.cacheKey ?? '',
});

export function descriptionFromWire(
  server: wire.GetServerInfoResponse,
  model: wire.GetModelInfoResponse,
): EngineDescription {
  const kinds = ['llama', 'simulated', 'remote'] as const;
  return {
    kind: kinds.find((kind) => kind === server.engineKind) ?? 'unknown',
    simulated: server.simulated,
    model: model.model,
    device: server.device,
    version: server.engineVersion,
    contextTokens: model.contextTokens,
    maxSequences: model.maxSequences,
    kvCapacityTokens: model.kvCapacityTokens,
  };
}

export const loadFromWire = (load: wire.GetLoadResponse): EngineLoad => ({ ...load });
