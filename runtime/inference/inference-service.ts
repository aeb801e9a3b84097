import { once } from 'node:events';
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  type ServerUnaryCall,
  type ServerWritableStream,
  status,
} from '@grpc/grpc-js';
import { OpenMap } from '../../vocabulary/open-map.ts';
import type { Tracing } from '../telemetry/spans.ts';
import type { Engine, GenerateEvent, GenerateRequest } from './contract.ts';
import type {
  GenerateResponse,
  GenerateStreamResponse,
  InferenceServer,
  GenerateRequest as WireRequest,
} from './generated/inference.ts';
import type { ServerMetrics } from './metrics.ts';
import { traceGeneration } from './trace-generation.ts';
import { requestFromWire } from './validation.ts';
import { errorToWire, eventToWire, finishToWire } from './wire.ts';

/** Requests that this server is serving, so that Control.Abort can name them. */
export class RunningCalls {
  readonly #controllers = new OpenMap<string, Set<AbortController>>();

  add(requestId: string, controller: AbortController): void {
    const set = this.#controllers.get(requestId) ?? new Set();
    set.add(controller);
    this.#controllers.set(requestId, set);
  }

  remove(requestId: string, controller: AbortController): void {
    const set = this.#controllers.get(requestId);
    set?.delete(controller);
    if (set?.size === 0) this.#controllers.delete(requestId);
  }

  /** False for an id that is not running here. */
  abort(requestId: string): boolean {
    const set = this.#controllers.get(requestId);
    for (const controller of set ?? []) controller.abort();
    return set !== undefined;
  }
}

export interface ServiceParts {
  readonly engine: Engine;
  readonly metrics: ServerMetrics;
  readonly calls: RunningCalls;
  /** Absent where no receiver of spans is configured. */
  readonly tracing?: Tracing | undefined;
  readonly onError: (error: unknown, requestId: string) => void;
}

type Call = ServerUnaryCall<WireRequest, GenerateResponse> | StreamCall;
type StreamCall = ServerWritableStream<WireRequest, GenerateStreamResponse>;

/** The engine's events for one call; cancellation, deadline and Control.Abort reach the engine. Never throws. */
async function* eventsOf(
  parts: ServiceParts,
  call: Call,
  request: GenerateRequest,
): AsyncIterable<GenerateEvent> {
  const controller = new AbortController();
  const cancel = (): void => controller.abort();
  call.on('cancelled', cancel);
  if (call.cancelled) cancel();
  parts.calls.add(request.requestId, controller);
  try {
    for await (const event of parts.engine.generate(request, controller.signal)) {
      observe(parts.metrics, event);
      yield event;
    }
  } catch (error) {
    parts.onError(error, request.requestId);
    const event = { kind: 'error', code: 'ENGINE_FAILED', message: messageOf(error) } as const;
    parts.metrics.observe(event);
    yield event;
  } finally {
    call.off('cancelled', cancel);
    parts.calls.remove(request.requestId, controller);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function observe(metrics: ServerMetrics, event: GenerateEvent): void {
  if (event.kind === 'chunk') metrics.countOutputTokens(event.tokenIds.length);
  else if (event.kind !== 'prompt') metrics.observe(event);
}

/** Waits for the client to read on; ends at once when the call is over. */
async function drained(call: StreamCall): Promise<void> {
  const over = new AbortController();
  const cancel = (): void => over.abort();
  call.once('cancelled', cancel);
  call.once('close', cancel);
  try {
    if (!call.cancelled) await once(call, 'drain', { signal: over.signal });
  } catch (error) {
    if (!over.signal.aborted) throw error;
  } finally {
    call.off('cancelled', cancel);
    call.off('close', cancel);
  }
}

/** The same events, with a span of the call where spans are wanted. */
function tracedEventsOf(
  parts: ServiceParts,
  call: Call,
  request: GenerateRequest,
  method: string,
): AsyncIterable<GenerateEvent> {
  const events = eventsOf(parts, call, request);
  const { tracing, engine } = parts;
  if (tracing === undefined) return events;
  return traceGeneration({ tracing, engine, request, metadata: call.metadata, method }, events);
}

async function relay(parts: ServiceParts, call: StreamCall, request: GenerateRequest): Promise<void> {
  let promptTokens = 0;
  for await (const event of tracedEventsOf(parts, call, request, 'GenerateStream')) {
    if (call.cancelled) continue;
    if (event.kind === 'prompt') promptTokens = event.promptTokens;
    if (!call.write(eventToWire(event, promptTokens))) await drained(call);
  }
  call.end();
}

async function collect(
  parts: ServiceParts,
  call: ServerUnaryCall<WireRequest, GenerateResponse>,
  request: GenerateRequest,
): Promise<GenerateResponse> {
  let promptTokens = 0;
  let terminal: GenerateResponse['terminal'];
  const texts: string[] = [];
  const tokenIds: number[] = [];
  for await (const event of tracedEventsOf(parts, call, request, 'Generate')) {
    if (event.kind === 'prompt') promptTokens = event.promptTokens;
    else if (event.kind === 'chunk') {
      texts.push(event.text);
      tokenIds.push(...event.tokenIds);
    } else if (event.kind === 'finish') {
      terminal = { $case: 'finishInfo', value: finishToWire(event, promptTokens) };
    } else terminal = { $case: 'error', value: errorToWire(event.code, event.message) };
  }
  const promptInfo = { numPromptTokens: promptTokens };
  return { requestId: request.requestId, promptInfo, text: texts.join(''), tokenIds, terminal };
}

/** Handlers of busyhour.inference.v1.Inference. */
export function createInferenceService(parts: ServiceParts): InferenceServer {
  const generate: handleUnaryCall<WireRequest, GenerateResponse> = (call, callback) => {
    const request = requestFromWire(call.request);
    if (request.kind === 'failed') {
      callback({ code: status.INVALID_ARGUMENT, details: request.failure.message });
      return;
    }
    collect(parts, call, request.value).then(
      (response) => callback(null, response),
      (error: unknown) => callback({ code: status.INTERNAL, details: messageOf(error) }),
    );
  };
  const generateStream: handleServerStreamingCall<WireRequest, GenerateStreamResponse> = (call) => {
    const request = requestFromWire(call.request);
    if (request.kind === 'failed') {
      call.emit('error', { code: status.INVALID_ARGUMENT, details: request.failure.message });
      return;
    }
    relay(parts, call, request.value).catch((error: unknown) => {
      parts.onError(error, request.value.requestId);
      call.emit('error', { code: status.INTERNAL, details: messageOf(error) });
    });
  };
  return { generate, generateStream };
}
