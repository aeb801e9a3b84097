import { fileURLToPath } from 'node:url';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { TurnRequest } from './driver.ts';

/** What a message of the stream says, as proto-loader decodes it: exactly one of the four is there. */
export interface StreamMessage {
  readonly prompt_info?: { readonly num_prompt_tokens: number } | null;
  readonly chunk?: { readonly text: string; readonly num_tokens: number } | null;
  readonly finish_info?: {
    readonly num_output_tokens: number;
    readonly usage?: {
      readonly prompt_tokens: number;
      readonly completion_tokens: number;
      readonly cached_prompt_tokens: number;
    } | null;
    readonly timings?: { readonly queue_wait_ms: number } | null;
  } | null;
  readonly error?: { readonly code: string; readonly message: string } | null;
}

/** The interface as data, shipped beside the server that has it: read, not imported. */
const PROTO = fileURLToPath(new URL('../../runtime/inference/proto/inference.proto', import.meta.url));

function methodsOf(service: string): ServiceDefinition {
  const definition = loadSync(PROTO, {
    keepCase: true,
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  return definition[`busyhour.inference.v1.${service}`] as ServiceDefinition;
}

function methodOf(service: string, name: string) {
  const method = methodsOf(service)[name];
  if (method === undefined) throw new Error(`${PROTO} has no ${service}.${name}`);
  return method;
}

/** How to call one method: its path, and its messages to bytes and back. */
export interface GrpcMethod<Answer> {
  readonly path: string;
  readonly serialize: (value: object) => Buffer;
  readonly deserialize: (bytes: Buffer) => Answer;
}

/** Looks a method up in the shipped interface. */
export function loadMethod<Answer>(service: 'Inference' | 'Control', name: string): GrpcMethod<Answer> {
  const { path, requestSerialize, responseDeserialize } = methodOf(service, name);
  return { path, serialize: requestSerialize, deserialize: responseDeserialize as (bytes: Buffer) => Answer };
}

/** The request of a turn; the key is the interaction, so that its growing history can be kept by the server. */
export const generateRequest = (request: TurnRequest): object => ({
  request_id: '',
  chat: { messages: request.messages },
  max_output_tokens: request.maxOutputTokens,
  ignore_eos: request.exactOutputTokens,
  cache_key: request.interactionId,
});
