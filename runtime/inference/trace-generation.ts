import type { Metadata } from '@grpc/grpc-js';
import type { Span, Tracing } from '../telemetry/spans.ts';
import { parseTraceparent } from '../telemetry/trace-context.ts';
import type { Engine, GenerateEvent, GenerateRequest, GenerateTimings } from './contract.ts';

type Finish = Extract<GenerateEvent, { kind: 'finish' }>;

export interface TracedCall {
  readonly tracing: Tracing;
  readonly engine: Engine;
  readonly request: GenerateRequest;
  readonly metadata: Metadata;
  /** GenerateStream or Generate. */
  readonly method: string;
}

const unixMs = (): number => performance.timeOrigin + performance.now();

function startCallSpan(
  { tracing, engine, request, metadata, method }: TracedCall,
  startedAtUnixMs: number,
): Span {
  const { kind, model, device, simulated } = engine.description;
  const service = 'busyhour.inference.v1.Inference';
  return tracing.startSpan(`${service}/${method}`, {
    kind: 'server',
    startedAtUnixMs,
    parent: parseTraceparent(metadata.get('traceparent')[0]),
    attributes: {
      'rpc.system': 'grpc',
      'rpc.service': service,
      'rpc.method': method,
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': model,
      'gen_ai.request.max_tokens': request.maxOutputTokens,
      'gen_ai.request.temperature': request.temperature,
      'busyhour.request.id': request.requestId,
      'busyhour.engine': kind,
      'busyhour.engine.device': device,
      'busyhour.engine.simulated': simulated,
    },
  });
}

const STAGES: readonly (readonly [name: string, spanMs: (timings: GenerateTimings) => number])[] = [
  ['queue', (timings) => timings.queueWaitMs],
  ['prefill', (timings) => timings.prefillMs],
  ['decode', (timings) => timings.decodeMs],
];

/** The engine's own timings, one after the other from the start of the call; none ends after the call does. */
function addStages({ tracing, engine }: TracedCall, call: Span, startedAtUnixMs: number, end: Finish): void {
  const endedAtUnixMs = unixMs();
  let atUnixMs = startedAtUnixMs;
  for (const [name, spanMs] of STAGES) {
    const attributes = {
      'busyhour.engine': engine.description.kind,
      'busyhour.engine.simulated': engine.description.simulated,
    };
    const stage = tracing.startSpan(`engine ${name}`, {
      parent: call.context,
      attributes,
      startedAtUnixMs: atUnixMs,
    });
    atUnixMs = Math.min(endedAtUnixMs, atUnixMs + spanMs(end.timings));
    stage.end(atUnixMs);
  }
}

function finish(traced: TracedCall, span: Span, startedAtUnixMs: number, event: Finish): void {
  span.set({
    'gen_ai.usage.output_tokens': event.outputTokens,
    'gen_ai.usage.cache_read.input_tokens': event.timings.cachedPromptTokens,
    'gen_ai.response.finish_reasons': [event.reason],
    'busyhour.engine.batch_sequences': event.timings.batchSequences,
  });
  // An aborted request has no timings of its own.
  if (event.reason === 'abort') span.set({ 'error.type': 'caller_disconnected' });
  else addStages(traced, span, startedAtUnixMs, event);
}

/** Passes the events of one call on, and makes of them a span with the engine's stages as its children. */
export async function* traceGeneration(
  traced: TracedCall,
  events: AsyncIterable<GenerateEvent>,
): AsyncIterable<GenerateEvent> {
  const startedAtUnixMs = unixMs();
  const span = startCallSpan(traced, startedAtUnixMs);
  let hasFirst = false;
  try {
    for await (const event of events) {
      if (event.kind === 'prompt') span.set({ 'gen_ai.usage.input_tokens': event.promptTokens });
      else if (event.kind === 'chunk') {
        if (!hasFirst) span.event('gen_ai.first_chunk', unixMs());
        hasFirst = true;
      } else if (event.kind === 'finish') finish(traced, span, startedAtUnixMs, event);
      else span.fail(event.code.toLowerCase());
      yield event;
    }
  } finally {
    span.end(unixMs());
  }
}
