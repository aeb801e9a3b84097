import { sFromMs } from '../../vocabulary/units.ts';
import type { AttemptEnd, AttemptStart, ChainObserver } from '../llm/chain.ts';
import { activeSpan, type Span, type SpanAttributes, type Tracing } from './spans.ts';
import { parseTraceparent } from './trace-context.ts';

const keyOf = ({ requestId, provider, attempt }: AttemptStart): string =>
  `${requestId} ${attempt} ${provider}`;

const startAttributes = (start: AttemptStart): SpanAttributes => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': start.providerKind,
  'gen_ai.system': start.providerKind,
  'busyhour.provider': start.provider,
  'busyhour.tenant': start.tenant,
  'busyhour.attempt': start.attempt,
  'gen_ai.request.max_tokens': start.maxOutputTokens,
  'gen_ai.request.temperature': start.temperature,
});

const endAttributes = ({ model, spent, finishReason }: AttemptEnd): SpanAttributes => ({
  'gen_ai.request.model': model,
  'gen_ai.response.model': model,
  'gen_ai.usage.input_tokens': spent.inputTokens,
  'gen_ai.usage.cache_read.input_tokens': spent.cachedInputTokens,
  'gen_ai.usage.output_tokens': spent.outputTokens,
  'busyhour.cost_usd': spent.costUsd,
  ...(finishReason === undefined ? {} : { 'gen_ai.response.finish_reasons': [finishReason] }),
});

interface Running {
  readonly span: Span;
  readonly startedAtUnixMs: number;
}

const unixMs = (): number => performance.timeOrigin + performance.now();

/** A client span for each attempt at a provider, whose context the provider sends on. */
export function traceChain(tracing: Tracing, inner: ChainObserver): ChainObserver {
  const running = new Map<string, Running>();
  return {
    attemptStarted(start) {
      const startedAtUnixMs = unixMs();
      const span = tracing.startSpan(`chat ${start.provider}`, {
        kind: 'client',
        startedAtUnixMs,
        parent: activeSpan()?.context ?? parseTraceparent(start.traceparent),
        attributes: startAttributes(start),
      });
      running.set(keyOf(start), { span, startedAtUnixMs });
      inner.attemptStarted?.(start);
      return { traceparent: span.traceparent };
    },
    attemptEnded(end) {
      inner.attemptEnded(end);
      const attempt = running.get(keyOf(end));
      if (attempt === undefined) return;
      running.delete(keyOf(end));
      endAttempt(attempt, end);
    },
  };
}

function endAttempt({ span, startedAtUnixMs }: Running, end: AttemptEnd): void {
  span.set(endAttributes(end));
  if (end.firstTokenMs !== undefined) {
    span.set({ 'gen_ai.response.time_to_first_chunk': sFromMs(end.firstTokenMs) });
    span.event('gen_ai.first_chunk', startedAtUnixMs + end.firstTokenMs);
  }
  if (end.result !== 'ok') span.fail(end.result);
  span.end(unixMs());
}
