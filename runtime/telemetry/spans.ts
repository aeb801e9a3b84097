import { AsyncLocalStorage } from 'node:async_hooks';
import type { TraceContext } from './trace-context.ts';

/** What a span says; never message text, keys or ids of customers. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | readonly string[]>>;
export type SpanKind = 'internal' | 'server' | 'client';

/** A piece of work in a trace. Every method is safe after `end`. */
export interface Span {
  readonly context: TraceContext;
  /** What a callee is told: this span as its parent. */
  readonly traceparent: string;
  set(attributes: SpanAttributes): void;
  /** Something that happened at one instant; now when `atUnixMs` is absent. */
  event(name: string, atUnixMs?: number): void;
  /** Marks the work as failed, by a code of a closed list. */
  fail(errorType: string): void;
  /** Ends now when `atUnixMs` is absent. */
  end(atUnixMs?: number): void;
}

export interface SpanStart {
  readonly kind?: SpanKind;
  /** Absent: a new trace begins. */
  readonly parent?: TraceContext | undefined;
  readonly attributes?: SpanAttributes;
  /** Now when absent. */
  readonly startedAtUnixMs?: number;
}

/** Makes spans and sends them to a receiver. A receiver that fails harms no work. */
export interface Tracing {
  startSpan(name: string, start: SpanStart): Span;
  /** Sends what waits, within the given time, and stops. Idempotent; never rejects. */
  close(): Promise<void>;
}

interface ActiveSpan {
  readonly tracing: Tracing;
  readonly span: Span;
}

/**
 * Which span the running code belongs to. Entered only by requests of a gateway that traces; for all others reading it
 * costs about 10 ns (measure in docs/telemetry.md), which is less than one more argument through every layer.
 */
const active = new AsyncLocalStorage<ActiveSpan>();

/** Runs work so that spans begun in it are children of this one. */
export const runInSpan = <T>(tracing: Tracing, span: Span, work: () => T): T =>
  active.run({ tracing, span }, work);

/** The span that the running code belongs to; undefined outside a trace. */
export const activeSpan = (): Span | undefined => active.getStore()?.span;

const errorTypeOf = (error: unknown): string => {
  if (error instanceof Error && 'fault' in error) {
    const { fault } = error as { readonly fault?: { readonly code?: unknown } };
    if (typeof fault?.code === 'string') return fault.code;
  }
  return error instanceof Error ? error.name : 'Error';
};

/** Runs work as a child span of the active one; outside a trace it only runs it. */
export function withSpan<T>(name: string, attributes: SpanAttributes, work: () => Promise<T>): Promise<T> {
  const parent = active.getStore();
  if (parent === undefined) return work();
  const span = parent.tracing.startSpan(name, { parent: parent.span.context, attributes });
  return active.run({ tracing: parent.tracing, span }, () => endWith(span, work));
}

async function endWith<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    span.fail(errorTypeOf(error));
    throw error;
  } finally {
    span.end();
  }
}
